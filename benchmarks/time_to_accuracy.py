"""Time to an accuracy: the tutorials' loop against our fast recipes, hyperparameters free, evaluation included.

    python -m benchmarks.time_to_accuracy --cifar cifar10-images.zip

Both sides measure on the test set after every epoch; what counts is the moment at which such a measurement first
reaches the accuracy. The clock starts with the data of the first training step (Epochlab's measurement of the untrained
model is on it, too) and leaves out what both do before: starting Python and opening the data.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import ROOT, machine, say, table


@dataclass(frozen=True)
class Race:
    """A tutorial's recipe and ours on the same data, and accuracies to reach: the first is that of the comparison."""

    tutorial: str
    ours: str
    targets: tuple[float, ...]
    asked: str = ""
    most: int = 12  # epochs after which the tutorial is given up


RACES = (
    Race("mnist-cnn", "mnist-fast", (0.99, 0.995), asked="10"),
    Race("cifar10-cnn", "cifar10-fast", (0.57, 0.8, 0.9), asked="5"),
    Race("fashion-cnn", "fashion-fast", (0.88, 0.9, 0.91)),
)


@dataclass(frozen=True)
class Point:
    """The test accuracy of a measurement, and the seconds until it was there."""

    seconds: float
    accuracy: float


def tutorial(race: Race, path: Path | None, limit: int | None) -> list[Point]:
    """Until the comparison's accuracy is reached, or given up."""
    points: list[Point] = []
    seconds = 0.0
    options = ["--epochs", str(race.most), *(["--path", str(path)] if path else [])]
    options += ["--limit", str(limit)] if limit else []
    for line in lines("benchmarks.tutorial_loop", race.tutorial, *options):
        seconds += line["train_seconds"] + line["test_seconds"]
        points.append(Point(seconds, line["test_accuracy"]))
        if line["test_accuracy"] >= race.targets[0]:
            break
    return points


def ours(race: Race, path: Path | None, limit: int | None) -> list[Point]:
    """To the end of the recipe. Nothing is held out, so that the test set is measured after every epoch."""
    options = ["--set", "data.validation=0"]
    options += ["--set", "data.name=folder", "--set", f"data.path={json.dumps(str(path))}"] if path else []
    options += ["--set", f"data.limit={limit}"] if limit else []
    every = lines("core", "train", "--recipe", race.ours, "--json", *options)
    return [Point(line["seconds"], line["test_accuracy"]) for line in every if line.get("epoch")]


def lines(*arguments: str) -> Iterator[dict[str, Any]]:
    """The JSON lines of a command as they come; the command is ended when the caller stops reading."""
    process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            say(line.strip())
            yield json.loads(line)
        if process.wait():
            raise SystemExit(f"{' '.join(arguments)} failed")
    finally:
        process.kill()
        process.wait()


def reached(points: list[Point], target: float) -> float | None:
    return next((point.seconds for point in points if point.accuracy >= target), None)


def written(seconds: float | None) -> str:
    return "not reached" if seconds is None else f"{seconds:.1f} s"


def rows(race: Race, path: Path | None, limit: int | None) -> list[list[str]]:
    mine, theirs = ours(race, path, limit), tutorial(race, path, limit)
    found = []
    for target in race.targets:
        first = target == race.targets[0]
        a, b = reached(theirs, target), reached(mine, target)
        gave_up = f"not in {theirs[-1].seconds:.0f} s"
        found.append([
            f"{100 * target:g} %",
            f"`{race.tutorial}`: {gave_up if a is None else written(a)}" if first else "",
            f"`{race.ours}`: {written(b)}",
            f"**{(a or theirs[-1].seconds) / b:.1f}{'' if a else ' or more'}**" if first and b else "",
            race.asked if first else "",
            " ".join(f"{point.seconds:.0f} s {100 * point.accuracy:.2f} %," for point in mine)[:-1] if first else "",
        ])  # fmt: skip
    return found


HEADINGS = ("test accuracy", "tutorial's loop", "Epochlab", "times sooner", "asked", "Epochlab's whole curve")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", choices=[race.ours for race in RACES])
    parser.add_argument("--cifar", type=Path, help="CIFAR-10 as an image folder or a ZIP of one; else Epochlab's copy")
    parser.add_argument("--tiny", action="store_true", help="40 training images: does it still run?")
    args = parser.parse_args()
    limit = 40 if args.tiny else None
    found = []
    for race in RACES:
        if not args.recipes or race.ours in args.recipes:
            path = args.cifar.resolve() if args.cifar and race.ours == "cifar10-fast" else None
            found += rows(race, path, limit)
    print(table(HEADINGS, found))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
