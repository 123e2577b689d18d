"""A chart that grows: blank frames, the zoom, and what the server sends at each tick."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import store_maker
from benchmarks.screen.stage import Row, Stage
from benchmarks.screen.tab import Tab
from benchmarks.screen.training import stop
from benchmarks.side_by_side import median, say
from core.recipes import recipe
from core.runs.lab import Lab
from core.runs.store import Run
from tests.browser.serving import CHART, RANGES, WATCH


def live(stage: Stage) -> list[Row]:
    """A run that has just begun, and one that has long been training."""
    lab = stage.lab
    stage.address(lab)
    stage.get_spare(lab)
    young = lab.submit(recipe("digits-quick").config.replace({"training.epochs": 1000}), "Young")
    rows = watched(stage, lab, young, "a run just begun")
    stop(lab, young)
    with played(lab, stage.size.behind) as old:
        return rows + watched(stage, lab, old, f"a run {stage.size.behind} steps old")


def watched(stage: Stage, lab: Lab, run: Run, which: str) -> list[Row]:
    """Look at a run's chart for some ticks: is it ever blank, does the zoom stay, what does the server send."""
    with stage.tab(lab) as tab:
        ticks = Ticks(tab)
        tab.visit(f"/Train?run={run.id}", "bench.lines() > 3", quiet=0)
        tab.page.evaluate(WATCH)
        zoom(tab)
        zoomed = tab.page.evaluate(RANGES)
        ticks.begin()
        while len(ticks.sizes) < stage.size.ticks:
            assert lab.run(run.id).active, f"{which} ended before it was measured"
            tab.page.wait_for_timeout(500)
        seen, kept = tab.page.evaluate("() => window.seen"), tab.page.evaluate(RANGES) == zoomed
    count, sizes = len(ticks.sizes), [size / 1000 for size in ticks.sizes]
    say(f"{which}: {count} ticks of {min(sizes):.1f} to {max(sizes):.1f} kB, {seen['frames']} frames")
    assert seen["frames"] > count, "the browser drew no frames"
    in_kb = f"{max(sizes):.1f} kB (median {median(sizes):.1f} kB)"
    return [
        (f"live chart of {which}: blank frames in {count} ticks", str(seen["blank"] + seen["gone"]), "0"),
        (f"live chart of {which}: zoom kept", "yes" if kept else "no", "yes"),
        (f"live chart of {which}: messages of the largest tick", in_kb, "≤ 100 kB"),
    ]


class Ticks:
    """Bytes that the server sends at each tick: the messages up to and with the one that says the script has run."""

    def __init__(self, tab: Tab) -> None:
        self.sizes: list[int] = []
        self.size: int | None = None  # of the tick that goes on; None until one has begun
        tab.page.on("websocket", lambda socket: socket.on("framereceived", self.take))

    def begin(self) -> None:
        """From the next tick on."""
        self.sizes, self.size = [], None

    def take(self, frame: bytes | str) -> None:
        content = frame.encode() if isinstance(frame, str) else frame
        if self.size is not None:
            self.size += len(content)
        if ForwardMsg.FromString(content).WhichOneof("type") == "script_finished":
            if self.size is not None:
                self.sizes.append(self.size)
            self.size = 0


def zoom(tab: Tab) -> None:
    """Draw a box with the mouse in the first panel."""
    plot, mouse = tab.page.locator(f"{CHART} .nsewdrag").first.bounding_box(), tab.page.mouse
    mouse.move(plot["x"] + plot["width"] * 0.3, plot["y"] + plot["height"] * 0.3)
    mouse.down()
    mouse.move(plot["x"] + plot["width"] * 0.6, plot["y"] + plot["height"] * 0.7, steps=8)
    mouse.up()
    tab.page.wait_for_function(f"() => document.querySelector('{CHART}').layout.xaxis.autorange === false")


@contextmanager
def played(lab: Lab, steps: int) -> Iterator[Run]:
    """A run with `steps` behind it that goes on; this process stands in for its worker."""
    config = recipe("digits-quick").config.replace({"training.epochs": 1000})
    run = lab.store.add(config, "Old", state="paused")
    per_epoch = 100
    rows = list(store_maker.step_rows(1, 1, steps, per_epoch))
    for start in range(0, steps, store_maker.LOT):
        lab.store.report(run.id, rows[start : start + store_maker.LOT])
    for epoch in range(steps // per_epoch + 1):
        lab.store.report(run.id, epoch=store_maker.epoch_row(1, epoch, epoch * per_epoch, config))
    lab.workspace.run(run.id).mkdir(parents=True)
    stopped = threading.Event()
    with FileLock(lab.files.lock(run.id), thread_local=False):
        lab.store.move(run.id, "running", only_from=["paused"])
        writer = threading.Thread(target=store_maker.grow, args=(lab, run, stopped, per_epoch), daemon=True)
        writer.start()
        try:
            yield run
        finally:
            stopped.set()
            writer.join()
            lab.store.move(run.id, "cancelled", only_from=["running"])
