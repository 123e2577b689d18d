"""What being watched costs a run: images a second of the same run unwatched, watched by two tabs, and as the bare `fit`
generator whose events are thrown away.

    python -m benchmarks.streaming [--tiny] [--times 5] [--recipe mnist-mlp]
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from benchmarks.client import Tab
from benchmarks.server import finished, rested, tracebacks, workspace
from benchmarks.side_by_side import alternate, command, machine, median, table
from core import recipes
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.store import Run
from tests.browser.serving import Server, serving

EPOCHS = {"mnist-mlp": 15, "digits-quick": 300}  # enough to train for half a minute or more
WATCHERS = 2


@dataclass(frozen=True)
class Trained:
    """One run: its speed, and what the watching tabs got of it."""

    speed: float  # training images a second, evaluation left out
    ticks: int = 0
    received: int = 0  # bytes
    seconds: float = 0.0  # watched


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="only to see that it works")
    parser.add_argument("--times", type=int, default=3, help="runs of each kind")
    parser.add_argument("--recipe", choices=EPOCHS, help="only this one; mnist needs EPOCHLAB_DATA")
    parser.add_argument("--epochs", type=int, help="instead of the usual number")
    parser.add_argument("--bare", action="store_true", help="train in this process and print the speed alone")
    args = parser.parse_args()
    names = [args.recipe] if args.recipe else ["digits-quick"] if args.tiny else list(EPOCHS)
    if args.bare:
        print(json.dumps(bare(names[0], args.epochs)))
        return
    times, rows = 1 if args.tiny else args.times, []
    with workspace() as lab, serving(lab.workspace.home, lab.workspace.data, time_steps=True) as server:
        asyncio.run(imported(server))
        for name in names:
            rows += compared(name, args.epochs or (20 if args.tiny else EPOCHS[name]), times, lab, server)
        assert not tracebacks(lab), (lab.workspace.home / "server.log").read_text()
    print(
        table(("recipe", "training", "images/s", "of unwatched", "of bare", "asked", "ticks of a tab"), rows),
        end="\n\n",
    )
    print(machine())


def compared(name: str, epochs: int, times: int, lab: Lab, server: Server) -> list[tuple[object, ...]]:
    """The rows of one recipe."""
    command("core", "prepare", recipes.recipe(name).config.data.name)
    through_worker(name, 1, lab, server)  # the server imports what its page needs
    sides: dict[str, Callable[[], Trained]] = {
        "unwatched": lambda: through_worker(name, epochs, lab, None),
        "watched": lambda: through_worker(name, epochs, lab, server),
        "bare": lambda: alone(name, epochs),
    }
    results = alternate(sides, times)
    speeds = {side: median([one.speed for one in runs]) for side, runs in results.items()}
    asked = {"unwatched": "≥ 95 % of bare", "watched": "≥ 97 % of unwatched, ≥ 95 % of bare", "bare": ""}
    rows = []
    for side, runs in results.items():
        shares = [f"{100 * speeds[side] / speeds[other]:.1f} %" for other in ("unwatched", "bare")]
        rows.append((name, side, f"{speeds[side]:,.0f}", *shares, asked[side], ticks_of(runs)))
    return rows


def ticks_of(runs: list[Trained]) -> str:
    """How often a watching tab got news of the run, and how much at once."""
    ticks = sum(one.ticks for one in runs)
    received, seconds = sum(one.received for one in runs), sum(one.seconds for one in runs)
    return f"{ticks / WATCHERS / seconds:.2f} a second, {received / ticks / 1e3:.1f} kB each" if ticks else ""


def through_worker(name: str, epochs: int, lab: Lab, server: Server | None) -> Trained:
    """Train as the Train page starts it, in a worker; with a server, two tabs look at the run from its beginning."""
    run = lab.submit(config_of(name, epochs), recipe=name)
    seen = Trained(0) if server is None else asyncio.run(watch(run, lab, server))
    end = finished(run, lab)
    assert end.summary
    return replace(seen, speed=end.summary["images_per_second"])


async def watch(run: Run, lab: Lab, server: Server) -> Trained:
    """Look at the run until it ends; its page ticks once a second."""
    tabs = [Tab(server.address, "Train", f"run={run.id}") for _ in range(WATCHERS)]
    async with AsyncExitStack() as stack:
        for tab in tabs:
            await stack.enter_async_context(tab)
        await asyncio.gather(*(tab.rerun() for tab in tabs))
        begun, ticks, received = time.monotonic(), sum(tab.ticks for tab in tabs), sum(tab.received for tab in tabs)
        while lab.run(run.id).active:
            await asyncio.sleep(1)
        seen = Trained(
            speed=0,
            ticks=sum(tab.ticks for tab in tabs) - ticks,
            received=sum(tab.received for tab in tabs) - received,
            seconds=time.monotonic() - begun,
        )
    errors = [error for tab in tabs for error in tab.errors]
    assert not errors, errors
    return seen


def alone(name: str, epochs: int) -> Trained:
    """The bare generator, in a process of its own."""
    arguments = ("--bare", "--recipe", name, "--epochs", str(epochs))
    return Trained(json.loads(command("benchmarks.streaming", *arguments)))


def bare(name: str, epochs: int) -> float:
    """The generator alone, its events thrown away; everything else as the worker has it."""
    from core.runs.worker import NICENESS
    from core.training.data import open_data
    from core.training.device import choose_device
    from core.training.events import Finished
    from core.training.fit import fit
    from core.training.state import new_state

    os.nice(NICENESS)
    config = config_of(name, epochs)
    device = choose_device(config.training.device)
    data = open_data(config, prepare.require(DataSource.of(config.data), Workspace.from_environment()), device)
    for event in fit(config, data, new_state(config, data, device)):
        if isinstance(event, Finished):
            return event.images_per_second
    raise AssertionError("fit ends with Finished")


def config_of(name: str, epochs: int) -> RunConfig:
    return recipes.recipe(name).config.replace({"training.epochs": epochs})


async def imported(server: Server) -> None:
    """Open a first page, and wait until the server has imported what it imports after it."""
    async with Tab(server.address) as tab:
        await tab.rerun()
        await rested(server)


if __name__ == "__main__":
    main()
