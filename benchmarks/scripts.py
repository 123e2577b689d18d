"""Whether the scripts of a recipe give its numbers: the plain one, the exact one and the notebook, each as a process
that cannot import this project.

    EPOCHLAB_DATA=DIR python -m benchmarks.scripts mnist-cnn --limit 6000 --epochs 2
    python -m benchmarks.scripts folder-cnn --images hymenoptera.zip
    python -m benchmarks.scripts digits-quick mnist-mlp fashion-fast --spread

The app trains with as many seeds as asked. The exact script is of the first of these runs, and has to print its
numbers. The plain script and the notebook, which are the same code in two forms, have to agree with each other, and to
come out among the runs. Scripts find what torchvision would download for them in the data folder of the app.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.side_by_side import command, machine, say, table
from core.files.paths import Workspace
from core.recipes import RECIPES, Recipe, recipe

ALONE = "import importlib.util as u; assert not any(map(u.find_spec, ('core', 'epochlab')))"
EXACT = re.compile(r"loss ([\d.e+-]+), accuracy ([\d.]+)%(?:, measured ([\d.e+-]+), ([\d.]+)%)?")
Numbers = list[float]


def alone(folder: Path, *arguments: str) -> str:
    """The output of a Python process in a folder, without this project on its path."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "EPOCHLAB"))}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=own, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed in {folder}")
    return done.stdout


def trained(entry: Recipe, options: list[str], seed: int) -> list[dict[str, Any]]:
    """What the app says of a run: a line an epoch, and the outcome."""
    said = command("core", "train", "--recipe", entry.name, "--json", *options, "--set", f"training.seed={seed}")
    return [json.loads(line) for line in said.splitlines()]


def of_app(lines: list[dict[str, Any]]) -> Iterator[Numbers]:
    """Loss, accuracy, and both of what was measured of each epoch, as the exact script prints them."""
    for line in lines:
        if line.get("epoch"):
            loss, accuracy = line["train_loss"], line["train_accuracy"]
            measured, right = (line[f"{line['measured_on']}_{name}"] for name in ("loss", "accuracy"))
            yield [float(f"{loss:.9g}"), round(100 * accuracy, 4), float(f"{measured:.9g}"), round(100 * right, 4)]
    yield [round(100 * lines[-1]["test_accuracy"], 4)]


def of_exact(printed: str) -> Iterator[Numbers]:
    *epochs, test = printed.splitlines()
    for line in epochs:
        if found := EXACT.search(line):
            yield [float(one) for one in found.groups()]
    if found := EXACT.search(test):
        yield [float(found[2])]


def apart(ours: list[Numbers], theirs: list[Numbers]) -> str:
    """How far the numbers of two sides lie apart, as a share of them."""
    if [len(one) for one in ours] != [len(one) for one in theirs]:
        return "other epochs"
    pairs = [pair for one, other in zip(ours, theirs, strict=True) for pair in zip(one, other, strict=True)]
    most = max(abs(one - other) / max(abs(one), 1e-12) for one, other in pairs)
    return "equal to the last digit" if most == 0 else f"apart by {most:.0e}"


def accuracy_of(printed: str) -> str:
    """The last accuracy, in per cent, that a plain script prints: of the test images."""
    return re.findall(r"([\d.]+)%", printed)[-1]


def notebook_text(file: Path) -> str:
    """What the cells of a notebook that has run print."""
    cells = json.loads(file.read_text())["cells"]
    return "".join("".join(one.get("text", "")) for cell in cells for one in cell.get("outputs", []))


def images_beside(folder: Path, script: str) -> None:
    """The class folders that a script asks for in its comment, made by the command that stands there."""
    if asked := re.search(r"^# .*\bexport-data (.+) --to images.zip\b", script, re.MULTILINE):
        command("core", "export-data", asked[1], "--to", str(folder / "images.zip"), "--json")
        unpacked(folder / "images.zip", folder / "images")


def spread_row(entry: Recipe, options: list[str], seeds: int) -> list[str]:
    """The accuracy on the test images, in per cent, by seed: of the app, and of the plain script of its settings."""
    app, plain = list[float](), list[float]()
    with TemporaryDirectory() as place:
        folder = Path(place)
        alone(folder, "-c", ALONE)
        (folder / "data").symlink_to(Workspace.from_environment().data)
        start = time.perf_counter()
        for seed in range(seeds):
            run = trained(entry, options, seed)[-1]
            app.append(100 * run["test_accuracy"])
            command("core", "script", run["run"], "--to", str(folder / "train.py"), "--json")
            if not seed:
                images_beside(folder, (folder / "train.py").read_text())
            plain.append(float(accuracy_of(alone(folder, "train.py"))))
            say(f"{entry.name}, seed {seed}: {app[-1]:.2f} and {plain[-1]:.2f}, {time.perf_counter() - start:.0f} s")
    means = sum(plain) / seeds - sum(app) / seeds
    return [
        f"`{entry.name}`",
        *(" ".join(f"{one:.2f}" for one in sorted(side)) for side in (app, plain)),
        f"{means:+.2f}",
    ]


def unpacked(file: Path, folder: Path) -> None:
    with zipfile.ZipFile(file) as packed:
        packed.extractall(folder)


def row(entry: Recipe, options: list[str], seeds: int) -> list[str]:
    seconds: dict[str, float] = {}

    def timed(what: str, since: float) -> None:
        seconds[what] = time.perf_counter() - since
        say(f"{entry.name}: {what}, {seconds[what]:.0f} s")

    with TemporaryDirectory() as place:
        folder = Path(place)
        alone(folder, "-c", ALONE)
        (folder / "data").symlink_to(Workspace.from_environment().data)
        runs = []
        for seed in range(seeds):
            start = time.perf_counter()
            runs.append(trained(entry, options, seed))
            timed("app" if seed == 0 else f"app, seed {seed}", start)
        run = runs[0][-1]["run"]
        command("core", "script", run, "--exact", "--to", str(folder / "exact.py"), "--json")
        command("core", "script", run, "--to", str(folder / "plain.zip"), "--json")
        unpacked(folder / "plain.zip", folder)
        images_beside(folder, (folder / "train.py").read_text())
        start = time.perf_counter()
        exact = apart(list(of_app(runs[0])), list(of_exact(alone(folder, "exact.py"))))
        timed("exact script", start)
        start = time.perf_counter()
        plain = alone(folder, "train.py")
        timed("plain script", start)
        start = time.perf_counter()
        alone(folder, "-m", "jupyter", "execute", "--inplace", "train.ipynb")
        timed("notebook", start)
        same = notebook_text(folder / "train.ipynb") == plain
    scores = sorted(100 * run[-1]["test_accuracy"] for run in runs)
    first = next(line for line in reversed(runs[0]) if line.get("epoch"))
    return [
        f"`{entry.name}`", str(first["epoch"]), f"{first['train_loss']:.9g}", exact,
        " ".join(f"{score:.2f}" for score in scores), accuracy_of(plain), "the same lines" if same else "other lines",
        " ".join(f"{seconds[name]:.0f}" for name in ("app", "exact script", "plain script", "notebook")),
    ]  # fmt: skip


HEADINGS = ("recipe", "epochs", "app, training loss of the last", "exact script", "app, test accuracy by seed, %",
            "plain script, %", "notebook", "seconds: app, exact, plain, notebook")  # fmt: skip


SPREAD = ("recipe", "app, test accuracy by seed, %", "plain script by seed, %", "difference of the means")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help="without any, all")
    parser.add_argument("--images", type=Path, help="an image folder or a ZIP of one, in place of the data")
    parser.add_argument("--limit", type=int, help="training images")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="as of `train`")
    parser.add_argument("--spread", action="store_true", help="the plain script alone, with each seed")
    parser.add_argument("--tiny", action="store_true", help="40 digits, one epoch: does it still run?")
    args = parser.parse_args()
    asked = {"data.limit": args.limit, "training.epochs": args.epochs}
    if args.images:
        asked |= {"data.name": "folder", "data.path": json.dumps(str(args.images.resolve()))}
    if args.tiny:
        asked |= {"data.limit": 40, "training.epochs": 1}
    names = args.recipes or (["digits-quick"] if args.tiny else [one.name for one in RECIPES])
    settings = [f"{name}={value}" for name, value in asked.items() if value is not None] + args.set
    options = [word for setting in settings for word in ("--set", setting)]
    measure, headings = (spread_row, SPREAD) if args.spread else (row, HEADINGS)
    rows = [measure(recipe(name), options, 1 if args.tiny else args.seeds) for name in names]
    print(table(headings, rows))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
