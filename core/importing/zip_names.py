"""The names in a ZIP. They should be UTF-8 and say so; many programs write what their system's language uses, unsaid.

macOS's Finder writes UTF-8 without the sign for it, Windows the code page of its language: 437 or 850 in the west, 866
in Russian, 932 in Japanese, 936 (GBK) in Chinese.
"""

import struct
import unicodedata
from collections.abc import Callable, Sequence
from zipfile import ZipInfo

UTF8_FLAG = 0x800
UNICODE_PATH = 0x7075  # Info-ZIP's extra field with the name in UTF-8
MIN_PLAUSIBILITY = 0.3  # below it no code page fits, and the ZIP's own (437) stays


def file_names(members: Sequence[ZipInfo]) -> list[str]:
    """Each member's name as its writer meant it."""
    unsaid = [one.orig_filename.encode("cp437") for one in members if not _is_said(one)]
    page = code_page(unsaid)
    names = []
    for one in members:
        if _is_said(one):
            names.append(one.filename)
        else:
            names.append(_unicode_path(one) or one.orig_filename.encode("cp437").decode(page))
    return names


def code_page(names: Sequence[bytes]) -> str:
    """The encoding in which names read best as words; all have the same one.

    charset-normalizer (3.5) was tried: of names as short as these it takes Chinese and Russian for Korean.
    """
    text = b"\n".join(names)
    for sure in ("ascii", "utf-8"):
        if _decoded(text, sure) is not None:
            return sure
    fits = {page: words for page in PLAUSIBLE if (words := _decoded(text, page)) is not None}
    scores = {page: _plausibility(words, page) for page, words in fits.items()}
    best = max(scores, key=lambda page: scores[page], default="cp437")
    return best if scores.get(best, 0) >= MIN_PLAUSIBILITY else "cp437"


def _is_said(member: ZipInfo) -> bool:
    return bool(member.flag_bits & UTF8_FLAG) or member.orig_filename.isascii()


def _decoded(text: bytes, encoding: str) -> str | None:
    try:
        return text.decode(encoding)
    except UnicodeDecodeError:
        return None


def _plausibility(text: str, page: str) -> float:
    """How much of what is not ASCII reads as words, 0–1, counted in bytes."""
    score = total = 0.0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character.isascii():
            continue
        size = len(character.encode(page))
        total += size
        score += size * PLAUSIBLE[page](before, character, after)
    return score / total if total else 0.0


def _latin(before: str, character: str, after: str) -> float:
    """Accented letters stand alone between plain ones, and no capital follows a small letter."""
    if not unicodedata.name(character, "").startswith("LATIN"):
        return 0
    if character.islower() and after.isupper():
        return 0.2
    return 0.5 if not before.isascii() or not after.isascii() else 0.95


def _beside_latin(before: str, after: str) -> bool:
    return any(one.isascii() and one.isalpha() for one in (before, after))


def _russian(before: str, character: str, after: str) -> float:
    if not "Ё" <= character <= "ё":
        return 0
    return 0.2 if _beside_latin(before, after) else 1


def _japanese(before: str, character: str, after: str) -> float:
    if "ぁ" <= character <= "ヶ" or character == "ー":
        share = 1.0
    elif b"\x88\x9f" <= character.encode("cp932") < b"\x98\x9f":  # the kanji of daily life
        share = 0.9
    else:
        share = 0
    return share * (0.3 if _beside_latin(before, after) else 1)


def _chinese(before: str, character: str, after: str) -> float:
    code = character.encode("gbk")
    share = 0.0
    if len(code) == 2 and min(code) >= 0xA1:
        share = 1.0 if 0xB0 <= code[0] <= 0xD7 else 0.4 if 0xD8 <= code[0] <= 0xF7 else 0.0  # common, and rarer
    return share * (0.3 if _beside_latin(before, after) else 1)


# Code page → how well a character suits it between its neighbours, 0–1; of equals the first one is taken.
PLAUSIBLE: dict[str, Callable[[str, str, str], float]] = {
    "cp437": _latin,
    "cp850": _latin,
    "cp866": _russian,
    "gbk": _chinese,
    "cp932": _japanese,
}


def _unicode_path(member: ZipInfo) -> str | None:
    """The name in Info-ZIP's extra field, if there is one and it can be read."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == UNICODE_PATH and size > 5 and extra[4] == 1:
            return _decoded(extra[9 : 4 + size], "utf-8")
        extra = extra[4 + size :]
    return None
