"""Words that people gave, as names of runs and classes, notes and paths, made fit to be shown anywhere."""

import re
from collections.abc import Sequence

# Control characters, halves of characters, and marks that turn the direction of everything after them.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
BREAKS = re.compile("\r\n|[\t-\r\u2028\u2029]")
REPLACED = "\N{REPLACEMENT CHARACTER}"
CUT = "…"


def one_line(text: str, most: int | None = None) -> str:
    """`text` as one line without anything that cannot be seen, and no longer than `most` characters."""
    line = re.sub(UNSEEN, REPLACED, re.sub(BREAKS, " ", text)).strip()
    return line if most is None or len(line) <= most else line[: most - 1].rstrip() + CUT


def lines(text: str, most: int) -> str:
    """The same for a text of several lines, which keeps them."""
    kept = "\n".join(one_line(line) for line in text[: 2 * most].splitlines()).strip()
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + CUT


def distinct(names: Sequence[str], most: int) -> list[str]:
    """`one_line` of each, with a number behind those that would otherwise read as one before them."""
    found: dict[str, None] = {}
    for name in names:
        line, number = one_line(name, most), 2
        while line in found:
            line, number = f"{one_line(name, most - 4)} {number}", number + 1
        found[line] = None
    return list(found)
