"""Many people at once: how long a page takes while twenty people use pages, two hundred tabs stay open and a run
trains; and how much of the server's memory a visit keeps.

    python -m benchmarks.people [--tiny] [--seconds 60] [--recipe mnist-cnn]
"""

import argparse
import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from benchmarks.client import Tab
from benchmarks.server import resident, rested, started, tracebacks, workspace
from benchmarks.side_by_side import command, machine, median, percentile, say, table
from benchmarks.store_maker import trained
from core import recipes
from core.datasets.source import DataSource
from core.prepared import prepare
from core.runs.lab import Lab
from core.runs.store import Run
from tests.browser.serving import Server, serving

PAGES = {
    "Home": ("", ""),
    "Data": ("Data", ""),
    "Train": ("Train", "view=new"),
    "Compare": ("Compare", ""),
    "Predict": ("Predict", ""),
}
AT_ONCE = 4  # tabs that are opened at the same time
LONG = 1000  # epochs of the run that trains meanwhile: more than there is time for


@dataclass(frozen=True)
class Crowd:
    """How much of everything."""

    people: int = 20
    idle: int = 200
    warm_up: int = 200  # visits; more than the 128 gone sessions that Streamlit keeps for two minutes
    visits: int = 1000
    stride: int = 50  # visits between two readings of the memory
    every: float = 5.0  # seconds between two reruns of one person
    rest: float = 20.0  # seconds before the first and the last reading

    @staticmethod
    def tiny() -> "Crowd":
        return Crowd(people=5, idle=5, warm_up=5, visits=10, stride=5, every=1.0, rest=0.5)


@dataclass
class Seen:
    """What was measured while people looked."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {page: [] for page in PAGES})  # seconds
    memory: list[float] = field(default_factory=list)  # MB, once a second
    errors: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="only to see that it works")
    parser.add_argument("--seconds", type=float, default=60.0, help="for which people look")
    parser.add_argument("--recipe", default="mnist-cnn", help="what trains meanwhile; mnist needs EPOCHLAB_DATA")
    args = parser.parse_args()
    crowd, seconds, recipe = Crowd(), args.seconds, args.recipe
    if args.tiny:
        crowd, seconds, recipe = Crowd.tiny(), 2.0, "digits-quick"
    with workspace() as lab:
        say("two short runs, so that there is something to compare and to predict with")
        list(prepare.prepare(DataSource("digits"), lab.workspace))
        trained(lab, 2)
        with serving(lab.workspace.home, lab.workspace.data, time_steps=True) as server:
            asyncio.run(warm(server))
            run = started(submit(lab, recipe), lab)
            seen = asyncio.run(look(server, crowd, seconds))
            assert lab.run(run.id).state == "running", "the run ended before the people left"
            seen.errors += ["a traceback in the server's log"] * tracebacks(lab)
            lab.cancel(run.id)
        with serving(lab.workspace.home, lab.workspace.data, time_steps=True) as server:
            readings = asyncio.run(come_and_go(server, crowd))
    report(seen, readings, crowd, recipe)


def submit(lab: Lab, recipe: str) -> Run:
    config = recipes.recipe(recipe).config.replace({"training.epochs": LONG})
    command("core", "prepare", config.data.name)
    return lab.submit(config, recipe=recipe)


async def warm(server: Server) -> None:
    """Open every page once, so that no measured wait contains what the server imports then and after the first one."""
    say("the server imports what it needs")
    for page, query in PAGES.values():
        async with Tab(server.address, page, query) as tab:
            await tab.rerun()
            assert not tab.errors, tab.errors
    await rested(server)


async def look(server: Server, crowd: Crowd, seconds: float) -> Seen:
    """People rerun their page every few seconds, spread evenly over them; hidden tabs stay open."""
    seen, pages = Seen(), list(PAGES.items())
    async with AsyncExitStack() as stack:
        say(f"{crowd.idle} tabs are opened")
        tabs = [Tab(server.address, *pages[n % len(pages)][1], hidden=True) for n in range(crowd.idle)]
        await opened(tabs, stack)
        say(f"{crowd.people} people for {seconds:.0f} s")
        mine = [pages[n % len(pages)] for n in range(crowd.people)]
        persons = [Tab(server.address, *link) for _, link in mine]
        await opened(persons, stack)
        begin = time.monotonic()
        watching = asyncio.create_task(readings_of(server, seen.memory))
        await asyncio.gather(
            *(
                person(tab, seen.waits[name], begin + crowd.every * n / len(persons), begin + seconds, crowd.every)
                for n, (tab, (name, _)) in enumerate(zip(persons, mine, strict=True))
            )
        )
        watching.cancel()
    seen.errors = [error for tab in [*tabs, *persons] for error in tab.errors]
    return seen


async def opened(tabs: list[Tab], stack: AsyncExitStack) -> None:
    """Every tab shows its page; a few are opened at a time."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(tab: Tab) -> None:
        async with free:
            await stack.enter_async_context(tab)
            await tab.rerun()

    await asyncio.gather(*(one(tab) for tab in tabs))


async def person(tab: Tab, waits: list[float], begin: float, until: float, every: float) -> None:
    """A rerun every `every` seconds from `begin` on; after a slow one the next comes at once."""
    due = begin
    while due < until:
        await asyncio.sleep(due - time.monotonic())
        waits.append(await tab.rerun())
        due = max(due + every, time.monotonic())


async def readings_of(server: Server, memory: list[float]) -> None:
    while True:
        memory.append(resident(server))
        await asyncio.sleep(1)


async def come_and_go(server: Server, crowd: Crowd) -> list[tuple[int, float]]:
    """(visits so far, MB) after the warm-up and then every few visits. A visit opens a page and leaves."""
    await warm(server)
    say(f"{crowd.warm_up} visits to warm up")
    await visit(server, 0, crowd.warm_up)
    readings = [(0, await is_stable(server, crowd.rest))]
    for so_far in range(0, crowd.visits, crowd.stride):
        say(f"visit {so_far} of {crowd.visits}")
        await visit(server, so_far, crowd.stride)
        last = so_far + crowd.stride >= crowd.visits
        readings.append((so_far + crowd.stride, await is_stable(server, crowd.rest if last else 1.0)))
    return readings


async def visit(server: Server, first: int, count: int) -> None:
    free, pages = asyncio.Semaphore(AT_ONCE), list(PAGES.values())

    async def one(number: int) -> None:
        async with free, Tab(server.address, *pages[number % len(pages)]) as tab:
            await tab.rerun()
            assert not tab.errors, tab.errors

    await asyncio.gather(*(one(number) for number in range(first, first + count)))


async def is_stable(server: Server, rest: float) -> float:
    """The lowest reading of a rest in which one visitor keeps rerunning Home: garbage is collected after a script."""
    lowest, until = float("inf"), time.monotonic() + rest
    async with Tab(server.address) as tab:
        while time.monotonic() < until:
            await tab.rerun()
            await asyncio.sleep(0.25)
            lowest = min(lowest, resident(server))
    return lowest


def report(seen: Seen, readings: list[tuple[int, float]], crowd: Crowd, recipe: str) -> None:
    everything = [wait for waits in seen.waits.values() for wait in waits]
    rows = [(page, *figures(waits)) for page, waits in {**seen.waits, "all": everything}.items()]
    print(table(("page", "reruns", "median", "95 of 100 within", "slowest"), rows), end="\n\n")
    (_, first), (visits, last) = readings[0], readings[-1]
    growth = (last - first) / visits
    slope = statistics.linear_regression(*zip(*readings, strict=True)).slope
    who = f"{crowd.people} people, {crowd.idle} open tabs, `{recipe}` trains"
    rows = [
        (f"a rerun, 95 of 100 within; {who}", f"{percentile(everything, 0.95):.2f} s", "≤ 1 s"),
        ("errors meanwhile", len(seen.errors), "0"),
        ("the server's resident memory meanwhile, at most", f"{max(seen.memory):.0f} MB", "≤ 1,000 MB"),
        (f"growth a visit over {visits:,} visits, last reading less first", f"{growth:.4f} MB", "≤ 0.05 MB"),
        (f"the same as the slope of a line through {len(readings)} readings", f"{slope:.4f} MB", ""),
    ]
    print(table(("what", "measured", "asked"), rows), end="\n\n")
    for error in sorted(set(seen.errors)):
        print(f"error, {seen.errors.count(error)} ×: {error}")
    print(machine())


def figures(waits: list[float]) -> tuple[object, ...]:
    return (len(waits), *(f"{of:.2f} s" for of in (median(waits), percentile(waits, 0.95), max(waits))))


if __name__ == "__main__":
    main()
