"""What all measurements share: workspaces, servers that are warm, a browser, and how large everything is."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import store_maker
from benchmarks.screen.tab import Tab
from benchmarks.server import processor_time, wants_processor
from benchmarks.side_by_side import median, percentile, read, say
from core.runs.lab import Lab
from core.runs.store import Run
from tests.browser import serving

FEW = 20  # steps of a run that is only listed
NEWEST = 4  # runs that Compare draws when nobody has chosen
PATIENCE = 300.0  # seconds until a server that does not get warm is an error
Row = tuple[str, str, str]  # what, measured, asked


@dataclass(frozen=True)
class Size:
    """How much there is, and how often each thing is measured."""

    runs: int = 200
    steps: int = 2000  # of each run
    crowd: int = 1000  # runs in the workspace of the Compare page's rows
    overlaid: int = 20
    long: int = 10_000  # steps of an overlaid run
    behind: int = 20_000  # steps that a watched run has behind it
    servers: int = 3
    starts: int = 5
    rounds: int = 20  # through all pages
    moves: int = 100
    ticks: int = 60
    lists: int = 10
    strokes: int = 20
    models: int = 5
    leaves: int = 20
    patient: bool = True  # whether it waits until processes that import beside the pages have finished


TINY = Size(
    runs=3, steps=60, crowd=8, overlaid=2, long=120, behind=300, servers=1, starts=1, rounds=1, moves=2, ticks=3,
    lists=1, strokes=2, models=2, leaves=2, patient=False,
)  # fmt: skip


class Stage:
    """Made once; each workspace and its server when somebody first asks for it."""

    def __init__(self, size: Size, browser: Any, folder: Path, ends: ExitStack) -> None:
        self.size, self.browser, self.folder, self.ends = size, browser, folder, ends
        named = os.environ.get("EPOCHLAB_DATA")
        self.data = Path(named).expanduser().resolve() if named else None
        self.addresses: dict[Path, str] = {}

    @cached_property
    def filled(self) -> tuple[Lab, list[Run]]:
        lab = store_maker.new_lab(self.folder / "lab", self.data)
        readers = store_maker.trained(lab, self.size.models)
        store_maker.fill(lab, self.size.runs, self.size.steps)
        return lab, readers

    @property
    def lab(self) -> Lab:
        """A workspace with many runs."""
        return self.filled[0]

    @property
    def readers(self) -> list[Run]:
        """Its few runs that can answer."""
        return self.filled[1]

    @cached_property
    def crowded(self) -> tuple[Lab, list[Run]]:
        lab, size = store_maker.new_lab(self.folder / "crowd", self.data), self.size
        long = store_maker.fill(lab, size.overlaid, size.long)
        store_maker.fill(lab, size.crowd - size.overlaid - NEWEST, FEW)
        store_maker.fill(lab, NEWEST, size.steps)
        return lab, long

    @property
    def crowd(self) -> Lab:
        """A workspace with very many runs."""
        return self.crowded[0]

    @property
    def long(self) -> list[Run]:
        """Its oldest runs, which have many steps."""
        return self.crowded[1]

    def tab(self, lab: Lab) -> Tab:
        """A new tab on the warm server of a workspace."""
        return Tab(self.browser, self.address(lab))

    def address(self, lab: Lab) -> str:
        """That of a workspace's server, which has torch and a spare worker."""
        home = lab.workspace.home
        if home not in self.addresses:
            server = self.ends.enter_context(self.server(lab))
            with Tab(self.browser, server.address) as first:  # its visit is what makes the server begin
                first.visit("", "bench.titled('Home')")
                pid = server.process.pid
                if self.size.patient:
                    until(lambda: has_torch(pid) and calm([pid]), "the server did not load torch")
                self.get_spare(lab)
            self.addresses[home] = server.address
        return self.addresses[home]

    def get_spare(self, lab: Lab) -> None:
        """Have a worker ready for the next run."""
        if self.size.patient:
            spare(lab)

    def server(self, lab: Lab) -> Any:
        return serving.serving(lab.workspace.home, self.data, time_steps=True)

    def bare_server(self) -> Any:
        """Streamlit itself, with a page of one title."""
        folder = self.folder / "bare"
        folder.mkdir(exist_ok=True)
        (folder / "app.py").write_text("import streamlit as st\n\nst.title('Bare')\n")
        return serving.serving(folder, app=folder / "app.py", time_steps=True)


@contextmanager
def stage(size: Size) -> Iterator[Stage]:
    """A browser and an empty folder; both go with everything that was started."""
    from playwright.sync_api import sync_playwright

    found = serving.chromium()
    assert found, f"no browser: none of {', '.join(serving.NAMES)} is on the PATH"
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        sync_playwright() as play,
        ExitStack() as ends,
    ):
        browser = play.chromium.launch(executable_path=found, args=serving.ARGS)
        ends.callback(browser.close)
        yield Stage(size, browser, Path(folder).resolve(), ends)


# Processes


def has_torch(pid: int) -> bool:
    return "libtorch" in read(f"/proc/{pid}/maps")


def spare(lab: Lab) -> None:
    """Wait until a spare worker has loaded all that it needs and does nothing but look for work."""

    def there() -> bool:
        pids = serving.workers(lab.workspace.home)
        return len(pids) == 1 and has_torch(pids[0]) and calm(pids)

    until(there, "there is no spare worker")


def calm(pids: Sequence[int]) -> bool:
    """Whether these processes use little of half a second, and want no more of it: on a busy machine, a worker that has
    to give way uses as little while it still loads."""
    before, runnable = sum(map(processor_time, pids)), 0
    for _ in range(10):
        time.sleep(0.05)
        runnable += any(map(wants_processor, pids))
    return sum(map(processor_time, pids)) - before < 0.1 and runnable <= 3


def until(there: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end, f"{otherwise} within {PATIENCE:.0f} s"
        time.sleep(0.1)


# Rows


def typical(values: Sequence[float]) -> str:
    """The median of some times, and the longest."""
    return f"{words(median(values))} (longest {words(max(values))})"


def nearly_all(values: Sequence[float]) -> str:
    """The time that 95 of 100 keep to, and the median."""
    return f"{words(percentile(values, 0.95))} (median {words(median(values))})"


def words(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def told(what: str, tab: Tab, seconds: float) -> float:
    """Say a single time as it comes, and how much of it passed before the browser had told the server."""
    share = "" if tab.browsers_share is None else f", of which {words(tab.browsers_share)} before the server heard"
    say(f"{what}: {words(seconds)}{share}")
    return seconds
