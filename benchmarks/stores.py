"""What each kind of database costs: what a worker writes and what a page reads, on SQLite and on PostgreSQL in turn.

    python -m benchmarks.stores [--tiny] [--times 300] [--postgres URL]

Without an address of an empty database, a PostgreSQL server of this computer is started in a temporary folder, as the
tests do. This folder's README.md says what each row measures.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.side_by_side import machine, median, percentile, say, table
from benchmarks.store_maker import fill
from core.files.paths import Workspace, file_url
from core.run_config import RunConfig
from core.runs.attempt import Attempt
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import EpochRow, StepRow
from core.training import checkpoint
from tests.postgres import shared_server

RUNS = 1000
STEPS = 100  # rows of a run
CHECKPOINT_BYTES = 1_200_000  # of an MLP on 28 × 28 pixels and its optimizer
METRICS = {"loss": 0.43, "accuracy": 0.87, "lr": 0.001, "images_per_second": 21_000.0, "gradient_norm": 1.7}
SCORES = {f"{part}_{name}": 0.43 for part in ("train", "val") for name in ("loss", "accuracy", "macro_f1")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="only to see that it works")
    parser.add_argument("--times", type=int, default=300, help="how often each thing is done")
    parser.add_argument("--postgres", metavar="URL", help="an empty database")
    args = parser.parse_args()
    runs, times = (10, 5) if args.tiny else (RUNS, args.times)
    with TemporaryDirectory() as folder, postgres(args.postgres, Path(folder)) as url:
        labs = {"SQLite": lab_in(Path(folder), "file", None), "PostgreSQL": lab_in(Path(folder), "server", url)}
        for name, lab in labs.items():
            say(f"{name}: {runs} runs")
            fill(lab, runs, STEPS)
        measured = {name: dict(jobs(lab)) for name, lab in labs.items()}
        rows = []
        for job in measured["SQLite"]:
            say(job)
            often = max(3, times // 30) if "runs" in job else times
            took = {name: timed(measured[name][job], often) for name in labs}
            ratio = median(took["PostgreSQL"]) / median(took["SQLite"])
            cells = [f"{median(found):.2f} ({percentile(found, 0.95):.2f})" for found in took.values()]
            rows.append((job.replace("runs", f"{runs:,} runs"), *cells, f"**{ratio:.2f}**"))
    print(table(("what", "SQLite, ms (p95)", "PostgreSQL, ms (p95)", "ratio"), rows), end="\n\n")
    print(machine())


@contextmanager
def postgres(url: str | None, folder: Path) -> Iterator[str]:
    """The address of an empty database."""
    if url:
        yield url
        return
    with shared_server(folder) as server:
        yield server.url()


def lab_in(folder: Path, name: str, url: str | None) -> Lab:
    home = folder / name
    home.mkdir()
    url = url or file_url(home / "epochlab.db")
    return Lab(Workspace(home, home / "data", url), SqlStore(url))


def timed(job: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each time."""
    job()
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        job()
        took.append(1000 * (time.perf_counter() - begun))
    return took


def jobs(lab: Lab) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is done to a store, by name."""
    store, numbers = lab.store, count(1)
    run = store.add(RunConfig(), "measured", state="paused")
    store.move(run.id, "running", only_from=["paused"], place=lab.workspace.place)
    run = store.get(run.id)
    attempt, folder = Attempt(run, store), lab.workspace.run(run.id)
    folder.mkdir(parents=True)
    values = {"weights": torch.zeros(CHECKPOINT_BYTES // 4)}
    last = [0]

    def step() -> None:
        last[0] = number = next(numbers)
        row = StepRow(number, number / 100, METRICS, number / 10)
        attempt.report([row], stage="epoch 1 of 9", progress=0.1, seconds=number / 10)

    def epoch() -> None:
        checkpoint.save(values, checkpoint.checkpoint_path(folder, checkpoint.LAST))
        number = next(numbers)
        attempt.report(epoch=EpochRow(number, number, SCORES, number / 10), progress=0.1, seconds=number / 10)

    def tick() -> None:
        """As a page that watches a run: its row, what is new, and who waits."""
        store.get(run.id)
        store.steps(run.id, last[0] - 1)
        store.epochs(run.id)
        store.queue()

    def unread() -> None:
        """As the first page of a server."""
        SqlStore(store.url).all()

    def compared() -> None:
        """As Compare with five runs chosen."""
        for one in store.all()[:5]:
            store.epochs(one.id)
            store.steps(one.id)

    yield "a report of a step", step
    yield "an epoch with its checkpoint", epoch
    yield "the tick of a page", tick
    yield "runs read for the first time", unread
    yield "Compare with runs", compared


if __name__ == "__main__":
    main()
