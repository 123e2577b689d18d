"""A language that nobody speaks: each message in brackets, accented and about 40 % longer, its places as they were.
What stands outside brackets has not gone through gettext, and what breaks a layout would break it in German, too."""

import gettext
import re
from functools import cache

OPEN, CLOSE = "⟦", "⟧"
CODE = "qps"  # reserved for private use, so no real language ever has it
LETTERS = str.maketrans("aeiouyAEIOUYcnszCNSZ", "àéîöûÿÀÉÎÖÛŸçñšžÇÑŠŽ")
# What a message keeps: places, those of plotly and tqdm among them, markup, addresses, names in backticks.
KEPT = re.compile(r"(%?\{[^{}]*\}|%\(\w+\)s|%%|`[^`]*`|<[^<>]*>|https?://\S+|:material/\w+:|:[a-z-]+\[|\]\([^)]*\))")


def longer(text: str) -> str:
    """`Epochs` → `Éépööchs`: every vowel twice."""
    return re.sub("[aeiouyAEIOUY]", lambda vowel: vowel.group() + vowel.group().lower(), text).translate(LETTERS)


@cache
def translated(text: str) -> str:
    parts = KEPT.split(text)  # what is kept stands at odd places
    body = "".join(part if place % 2 else longer(part) for place, part in enumerate(parts))
    return f"{OPEN}{body}{CLOSE}"


class Pseudo(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return translated(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return translated(msgid1 if n == 1 else msgid2)


def outside(text: str) -> str:
    """What is left of a text without what stands in brackets, nested ones included."""
    left, depth = [], 0
    for letter in text:
        depth += letter == OPEN
        if not depth:
            left.append(letter)
        depth -= letter == CLOSE and depth > 0
    assert not depth, text  # a message that was cut off would hide what follows
    return "".join(left)


def bare_words(text: str) -> list[str]:
    """The words of two letters or more outside brackets, and those inside that no translation has touched: values
    that are words themselves."""
    inside = re.findall(r"(?<![^\W\d_])[A-Za-z]*[aeiouyAEIOUY][A-Za-z]*(?![^\W\d_])", text)
    return re.findall(r"[^\W\d_]{2,}", outside(text)) + [word for word in inside if len(word) > 1]
