"""Training side by side: the tutorials' loop against `python -m core train`, the same work, in turn.

    python -m benchmarks.training --cifar cifar10-images.zip --photos hymenoptera.zip

MNIST and Fashion-MNIST are taken from where Epochlab finds them; CIFAR-10 and photographs are image folders or ZIPs.
Every turn is a process of its own with its own seed, two epochs. Images a second are those of the training epochs
alone; on Epochlab's side the step metrics, the store and the checkpoints are in them. Evaluation has columns of
its own. A second table says what share of the processor's speed that is (`benchmarks.possible`).
"""

import argparse
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import possible
from benchmarks.side_by_side import alternate, command, machine, median, table

EPOCHS = 2


@dataclass(frozen=True)
class Work:
    """What one recipe trains on: so many images (None: all), from `--cifar`, `--photos` or a built-in set."""

    recipe: str
    asked: str
    limit: int | None = None
    folder: str = ""


WORK = (
    Work("mnist-mlp", "2.4"),
    Work("fashion-cnn", "2.0"),
    Work("mnist-cnn", "3.6", limit=20_000),
    Work("cifar10-cnn", "1.6", limit=20_000, folder="cifar"),
    Work("folder-resnet18", "2.8", folder="photos"),
)


@dataclass(frozen=True)
class Turn:
    """One training: training and evaluation in images a second, accuracy after the last epoch."""

    training: float
    evaluation: float
    train_accuracy: float
    test_accuracy: float


def tutorial(work: Work, path: Path | None, epochs: int, limit: int | None) -> Callable[[int], Turn]:
    def run(seed: int) -> Turn:
        options = ["--epochs", str(epochs), "--seed", str(seed)]
        options += ["--limit", str(limit)] if limit else []
        options += ["--path", str(path)] if path else []
        lines = [json.loads(line) for line in command("benchmarks.tutorial_loop", work.recipe, *options).splitlines()]
        return Turn(
            sum(line["train_images"] for line in lines) / sum(line["train_seconds"] for line in lines),
            sum(line["test_images"] for line in lines) / sum(line["test_seconds"] for line in lines),
            lines[-1]["train_accuracy"],
            lines[-1]["test_accuracy"],
        )

    return run


def ours(work: Work, path: Path | None, epochs: int, limit: int | None) -> Callable[[int], Turn]:
    def run(seed: int) -> Turn:
        options = {"training.epochs": epochs, "training.seed": seed}
        options |= {"data.limit": limit} if limit else {}
        options |= {"data.name": "folder", "data.path": json.dumps(str(path))} if path else {}
        if work.folder == "photos":  # all of its training images, as the tutorial takes them
            options |= {"model.weights": "random", "data.validation": 0}
        settings = [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
        out = command("core", "train", "--recipe", work.recipe, "--json", *settings)
        *_, last, end = [json.loads(line) for line in out.splitlines()]
        trained = last["train_total"] * epochs / end["images_per_second"]
        tested = end["test_total"] * (epochs + 1)  # the untrained model too
        return Turn(
            end["images_per_second"],
            tested / (end["training_seconds"] - trained),
            end["train_accuracy"],
            end["test_accuracy"],
        )

    return run


def compare(work: Work, ours_at: Path | None, theirs_at: Path | None, times: int, tiny: bool) -> list[str]:
    """One row of the table."""
    epochs, limit = (1, 40) if tiny else (EPOCHS, work.limit)
    sides = {
        f"{work.recipe}, tutorial": tutorial(work, theirs_at, epochs, limit),
        f"{work.recipe}, Epochlab": ours(work, ours_at, epochs, limit),
    }
    seeded = {name: partial(next, map(run, range(times))) for name, run in sides.items()}  # a turn's number is its seed
    turns = alternate(seeded, times)
    (theirs, mine) = turns.values()
    speeds = [median([turn.training for turn in side]) for side in (theirs, mine)]
    return [
        f"`{work.recipe}`",
        *(f"{speed:,.0f}" if speed >= 100 else f"{speed:.1f}" for speed in speeds),
        f"**{median([b.training / a.training for a, b in zip(theirs, mine, strict=True)]):.2f}**",
        work.asked,
        spread([turn.test_accuracy for turn in theirs]),
        spread([turn.test_accuracy for turn in mine]),
        f"{median([turn.evaluation for turn in theirs]):,.0f}",
        f"{median([turn.evaluation for turn in mine]):,.0f}",
    ]


def shares(work: Work, path: Path | None, tiny: bool) -> list[list[str]]:
    """Rows of what is possible: in both precisions where the model has convolutions."""
    convolutional = work.recipe != "mnist-mlp"
    return [
        possible.row(possible.measure(work.recipe, precision, path, tiny), "≥ 0.8" if convolutional else "")
        for precision in (("float32", "bfloat16") if convolutional else ("float32",))
    ]


HEADINGS = (
    "recipe", "tutorial, images/s", "Epochlab, images/s", "ratio", "asked",
    "test accuracy, tutorial", "test accuracy, Epochlab", "evaluation, tutorial", "evaluation, Epochlab",
)  # fmt: skip


def spread(values: list[float]) -> str:
    return " ".join(f"{100 * value:.2f}" for value in sorted(values)) + " %"


def unpacked(path: Path, into: Path) -> Path:
    """The folder itself, or the ZIP's content in `into`: `ImageFolder` reads folders only."""
    if path.is_dir():
        return path
    with zipfile.ZipFile(path) as archive:
        archive.extractall(into)
    return into


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", choices=[work.recipe for work in WORK])
    parser.add_argument("--times", type=int, default=3, help="turns of each side, one seed each")
    parser.add_argument("--cifar", type=Path, help="CIFAR-10 as an image folder or a ZIP of one")
    parser.add_argument("--photos", type=Path, help="photographs: an image folder with train and val, or a ZIP of one")
    parser.add_argument("--tiny", action="store_true", help="40 images, one epoch: does it still run?")
    args = parser.parse_args()
    rows, parts = [], []
    with tempfile.TemporaryDirectory() as temporary:
        for work in WORK:
            path = {"cifar": args.cifar, "photos": args.photos, "": None}[work.folder]
            if (args.recipes and work.recipe not in args.recipes) or (work.folder and path is None):
                continue
            theirs = unpacked(path, Path(temporary)) if work.folder == "photos" else path
            rows.append(compare(work, path and path.resolve(), theirs, args.times, args.tiny))
            parts += shares(work, path and path.resolve(), args.tiny)
    print(table(HEADINGS, rows))
    print(f"\n{table(possible.HEADINGS, parts)}")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
