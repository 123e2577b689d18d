"""How far a long piece of work has come."""

import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass

INTERVAL = 0.05  # seconds between two reports: enough for a smooth bar, too few to slow the work


@dataclass(frozen=True)
class Progress:
    """One report. `stage` is in words ("reading images"); `unit` is "bytes" or "images"; a total of 0 is unknown."""

    stage: str
    done: int
    total: int
    unit: str


def paced(reports: Iterable[Progress]) -> Generator[Progress, None, None]:
    """The same reports, at most 20 a second; the first and the last of a stage always come through."""
    stage, due, held = None, 0.0, None
    for report in reports:
        now = time.monotonic()
        if report.stage != stage:
            if held:
                yield held
            stage, due = report.stage, 0.0
        held = report
        if now >= due:
            yield report
            due, held = now + INTERVAL, None
    if held:
        yield held
