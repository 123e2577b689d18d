"""Makes words from people, such as names of runs and classes, notes and paths, safe to show anywhere."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import count
from typing import Any, TypeVar
from unicodedata import category, normalize

Key = TypeVar("Key", bound=Hashable)

# Control characters, halves of characters, and marks that turn the direction of everything after them.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
BREAKS = re.compile("\r\n|[\t-\r\u2028\u2029]")
REPLACED = "\N{REPLACEMENT CHARACTER}"
CUT = "…"
JOIN = "\N{WORD JOINER}"  # invisible; separates what would be read as one sign
NO_NAME = "(no name)"
# Fillers and variation selectors: letters, signs and marks in Unicode, but invisible.
EMPTY = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
NOT_IN_FILE_NAMES = re.compile(r'[<>:"/\\|?*]')  # on some system at least
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows takes such names for these
MAX_LISTED, MAX_LISTED_CHARS = 8, 60  # names that a sentence repeats, and characters of each
MAX_FOLDER_NAME_BYTES = 200  # bytes; no system takes more than 255
FORMULA_SIGNS = ("=", "+", "-", "@")  # of what a spreadsheet takes for a formula
MAX_MARKS_PER_LETTER = 4  # accents on one letter; everyday writing has no more, and hundreds paint over the page


def one_line(text: str, most: int | None = None) -> str:
    """`text` as one line of what can be seen, no longer than `most` characters; empty if nothing can be seen."""
    line = re.sub(UNSEEN, REPLACED, re.sub(BREAKS, " ", text)).strip()
    if not line.isascii():
        line = "" if all(map(blank, line)) else unstacked(line)
    return line if most is None or len(line) <= most else line[: most - 1].rstrip() + CUT


def blank(character: str) -> bool:
    """Whether a character is invisible: spaces, and characters that only say how others are to be written."""
    return category(character) in ("Zs", "Cf") or EMPTY.match(character) is not None


def unstacked(line: str) -> str:
    """The same with no more than `MAX_MARKS_PER_LETTER` marks on a letter."""
    kept, marks = [], 0
    for character in line:
        kind = category(character)
        if kind in ("Mn", "Me"):
            marks += 1
        elif kind != "Cf":  # what only joins does not end a letter
            marks = 0
        if marks <= MAX_MARKS_PER_LETTER:
            kept.append(character)
    return "".join(kept)


def listed(names: Sequence[str]) -> str:
    """The first few of them, for a sentence."""
    few = ", ".join(one_line(name, MAX_LISTED_CHARS) for name in names[:MAX_LISTED])
    return few + (", …" if len(names) > MAX_LISTED else "")


def lines(text: str, most: int) -> str:
    """The same for a text of several lines, which keeps them."""
    kept = "\n".join(one_line(line) for line in text[: 2 * most].splitlines()).strip()
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + CUT


def folder_name(name: str) -> str:
    """What the folder of something with this name is called, on any system: `T-shirt_top` for `T-shirt/top`. "" for a
    name without a visible character."""
    line = re.sub(NOT_IN_FILE_NAMES, "_", one_line(name))
    line = re.sub(r"^\.+", lambda dots: "_" * len(dots[0]), line.rstrip(". ") or "_" * len(line))
    line = line.encode()[:MAX_FOLDER_NAME_BYTES].decode(errors="ignore").rstrip(". ")
    return f"{line}_" if DEVICES.fullmatch(line) else line


def distinct(names: Sequence[str], most: int) -> list[str]:
    """`one_line` of each, with a number after those that would otherwise equal an earlier one."""
    found: dict[str, None] = {}
    numbers: dict[str, int] = {}  # line → the last number that was added to it
    room = len(f" {len(names)}")  # no number is larger
    for name in names:
        line = one_line(name, most) or NO_NAME
        if line in found:
            start = one_line(name, most - room) or NO_NAME
            numbers[start] = next(n for n in count(numbers.get(start, 2)) if f"{start} {n}" not in found)
            line = f"{start} {numbers[start]}"
        found[line] = None
    return list(found)


def disambiguate(titles: Mapping[Key, str], more: Callable[[Key], str]) -> dict[Key, str]:
    """Each title, with `more` of its key in brackets after those that read the same: a browser identifies a choice by
    its words alone."""
    times = Counter(titles.values())
    return {key: title if times[title] == 1 else f"{title} ({more(key)})" for key, title in titles.items()}


def escape_formula(cell: Any) -> Any:
    """Words on one line, with an apostrophe before what would be a formula; numbers are left alone."""
    if isinstance(cell, list | tuple):
        cell = ", ".join(map(str, cell))
    if not isinstance(cell, str):
        return cell
    words = one_line(cell)
    # Some spreadsheets read a full-width sign as the sign, and skip invisible characters before it.
    read = "".join(character for character in normalize("NFKC", words) if not blank(character))
    return f"'{words}" if read.startswith(FORMULA_SIGNS) else words


def without_escape(cell: str) -> str:
    """The words as they were before `escape_formula`."""
    return cell[1:] if cell[:1] == "'" and escape_formula(cell[1:]) == cell else cell
