"""Reading the tables that benchmarks print."""

import re

Row = dict[str, str]


def tables(printed: str) -> list[list[Row]]:
    """Every Markdown table of a text: a dict a row, from heading to cell."""
    found: list[list[Row]] = []
    for block in re.findall(r"(?:^\|.*\|\n)+", printed, re.MULTILINE):
        headings, _, *rows = ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in block.splitlines())
        assert all(len(row) <= len(headings) for row in rows), block
        found.append([dict(zip(headings, row, strict=False)) for row in rows])
    return found


def number(cell: str) -> float:
    """The number that a cell begins with."""
    found = re.match(r"-?[\d,]+(\.\d+)?", cell)
    assert found, f"{cell!r} does not begin with a number"
    return float(found[0].replace(",", ""))
