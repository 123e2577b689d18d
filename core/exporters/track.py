"""Runs written for a tracker: afterwards, or while they train, which they do not notice: it watches the store."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import Problem, reason
from core.exporters.measured import Feed
from core.exporters.trackers.spec import Session, TrackerSpec
from core.insight.branches import branch_epochs
from core.runs.lab import Lab
from core.runs.store import Run

POLL_S = 1.0  # seconds between two looks at the store


def track(
    runs: Sequence[Run],
    lab: Lab,
    tracker: TrackerSpec,
    to: str,
    told: Callable[[Feed, Session], None],
    *,
    follow: bool = False,
) -> None:
    """Write all that the runs have measured; with `follow` also what is new, until none of them waits or trains. Of
    runs that have a beginning in common only the first has it, as on the charts. `told` hears of each run when its
    first numbers are there.

    `Problem` where packages are missing, nothing was measured, or the place takes nothing."""
    if lacking := tracker.extra.lacking(tracker.title):
        raise lacking
    begin = branch_epochs(runs)
    feeds = [Feed(run, lab, begin[run.id]) for run in runs]
    first = [feed.new() for feed in feeds]
    for feed, (points, _answers) in zip(feeds, first, strict=True):
        if not points and not follow:
            raise Problem("{name:name} has not measured anything yet. Train it first.", name=feed.run.name)
    sessions: list[tuple[Feed, Session]] = []
    with writing(tracker, to):
        try:
            for feed, news in zip(feeds, first, strict=True):
                session = tracker.begin(feed.run, to)
                sessions.append((feed, session))
                session.add(*news)
                told(feed, session)
            while follow and any(feed.run.active for feed, _session in sessions):
                time.sleep(POLL_S)
                for feed, session in sessions:
                    session.add(*feed.new())
        finally:
            for feed, session in sessions:
                session.close(feed.run)


def zipped(run: Run, lab: Lab, tracker: TrackerSpec) -> bytes:
    """The folder of one run as a ZIP."""
    content = io.BytesIO()
    with TemporaryDirectory() as folder:
        track([run], lab, tracker, folder, lambda feed, session: None)
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).rglob("*")):
                archive.write(path, path.relative_to(folder))
    return content.getvalue()


@contextmanager
def writing(tracker: TrackerSpec, to: str) -> Iterator[None]:
    """What the packages of others raise, in a sentence."""
    try:
        yield
    except (Problem, BrokenPipeError):
        raise
    except Exception as error:
        raise Problem(
            "{title} cannot be written to {place} ({reason}). Choose another place, or mend that one.",
            title=tracker.title,
            place=to,
            reason=reason(error),
        ) from error
