"""How far a long piece of work has come."""

import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass

from core.locale import _, translate

REPORT_INTERVAL_S = 0.05  # seconds between two reports: enough for a smooth bar, too few to slow the work
IDLE_INTERVAL_S = 0.5  # seconds between two reports that say the same: a sign of life


@dataclass(frozen=True)
class PrepareProgress:
    """One report. `stage` is in words ("reading images"); `unit` is "bytes" or "images"; a total of 0 is unknown."""

    stage: str
    done: int
    total: int
    unit: str

    @property
    def words(self) -> str:
        """`reading images: 1 200 of 60 000`, in the reader's language."""
        stage = translate(self.stage)
        if self.total and self.unit == "bytes":
            done, total = self.done / 1e6, self.total / 1e6
            return _("{stage}: {done:.1f} of {total:.1f} MB", stage=stage, done=done, total=total)
        if self.total:
            return _("{stage}: {done:count} of {total:count}", stage=stage, done=self.done, total=self.total)
        return stage


def paced(reports: Iterable[PrepareProgress]) -> Generator[PrepareProgress, None, None]:
    """The same reports, at most 20 a second, fewer where nothing changes; the last of a stage is always passed on."""
    last, held, since = None, None, 0.0
    for report in reports:
        if held and last and held.stage != report.stage:
            yield held
            last, held = held, None
        now = time.monotonic()
        if (
            last is None
            or last.stage != report.stage
            or now - since >= (REPORT_INTERVAL_S if report != last else IDLE_INTERVAL_S)
        ):
            last, held, since = report, None, now
            yield report
        else:
            held = report if report != last else None
    if held:
        yield held
