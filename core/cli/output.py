"""What the commands print: aligned columns for people, one JSON object a line for programs."""

import json
from argparse import Namespace
from typing import Any

from core.runs.store import Run


def emit(values: dict[str, Any]) -> None:
    """One JSON object on a line of its own."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


def table(rows: list[list[str]]) -> None:
    """Columns as wide as their widest entry; the last one runs free."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))


def brief(run: Run) -> dict[str, Any]:
    return {"run": run.id, "name": run.name, "state": run.state}


def say(run: Run, words: str, options: Namespace) -> None:
    if options.json:
        emit(brief(run))
    else:
        print(f"{run.name} ({run.id}) {words.format(id=run.id)}")
