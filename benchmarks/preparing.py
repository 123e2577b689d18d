"""How long a data set takes until it can be trained on: MNIST-sized files, ZIPs of images, and one that is prepared.

python -m benchmarks.preparing [--tiny] [--cifar ZIP] [--photos ZIP]
"""

import argparse
import gzip
import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.side_by_side import alternate, command, machine, median, table
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared import prepare

TIMES = 3
IDX = {"train": 60_000, "t10k": 10_000}  # images in the files of MNIST
TINY = {"train": 60, "t10k": 20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="only to see that it works, on a few images made for it")
    parser.add_argument("--cifar", type=Path, metavar="ZIP", help="60,000 small JPEGs, in folders named by class")
    parser.add_argument("--photos", type=Path, metavar="ZIP", help="the photographs of ants and bees")
    parser.add_argument("--once", nargs="+", metavar=("NAME", "PATH"), help="prepare this in the workspace and time it")
    args = parser.parse_args()
    if args.once:
        print(json.dumps(once(*args.once)))
        return
    with tempfile.TemporaryDirectory(prefix="epochlab-") as folder:
        report(Path(folder), args)


def report(folder: Path, args: argparse.Namespace) -> None:
    counts, size = (TINY, 20) if args.tiny else (IDX, 0)
    for packed in (False, True):
        write_idx(folder / ("packed" if packed else "plain") / "MNIST" / "raw", counts, packed=packed)
    cifar = args.cifar or (small_zip(folder / "small.zip", size, 32) if args.tiny else None)
    photos = args.photos or (small_zip(folder / "photos.zip", size, 300) if args.tiny else None)
    total = f"{sum(counts.values()):,}"
    sides: dict[str, Callable[[], tuple[float, float]]] = {
        f"{total} grey images of 28 × 28, IDX files": lambda: fresh("mnist", None, folder / "plain"),
        f"{total} grey images of 28 × 28, IDX files packed with gzip": lambda: fresh("mnist", None, folder / "packed"),
    }
    asked = ["≤ 2 s", "≤ 2 s"]
    for path, option, words, limit in (
        (cifar, "--cifar", "small JPEGs", "≤ 20 s"),
        (photos, "--photos", "photographs", "≤ 5 s"),
    ):
        if path is None:
            print(f"{words.capitalize()} from a ZIP: left out, for no {option} was given.\n")
            continue
        sides[f"{images_in(path):,} {words} from a ZIP"] = lambda path=path: fresh("folder", path, folder / "none")
        asked.append(limit)
    rows = []
    times = 1 if args.tiny else TIMES
    for (name, pairs), limit in zip(alternate(sides, times).items(), asked, strict=True):
        first, again = (median(list(seconds)) for seconds in zip(*pairs, strict=True))
        rows.append((name, f"{first:.3f} s", limit, f"{1000 * again:.1f} ms", "≤ 50 ms"))
    print(table(("what", "prepared in", "asked", "opened again in", "asked"), rows), end="\n\n")
    print(machine())


def fresh(name: str, path: Path | None, data: Path) -> tuple[float, float]:
    """Seconds in which it is prepared in an empty workspace, and opened when it is there: a process for each."""
    with tempfile.TemporaryDirectory(prefix="epochlab-") as home:
        environment = {
            "EPOCHLAB_HOME": home,
            "EPOCHLAB_DATA": str(data),
            "EPOCHLAB_DB": f"sqlite:///{home}/epochlab.db",
            "PYTHONDONTWRITEBYTECODE": "",  # modules are compiled once, as for every user, and not at each start
        }
        arguments = ("benchmarks.preparing", "--once", name, *([str(path)] if path else []))
        first, again = (json.loads(command(*arguments, environment=environment)) for _ in range(2))
    return first, again


def once(name: str, path: str | None = None) -> float:
    """Seconds until the data set is ready and its first image and label are read."""
    source, workspace = DataSource(name, path), Workspace.from_environment()
    begun = time.perf_counter()
    for _ in prepare.prepare(source, workspace):
        pass
    prepared = prepare.require(source, workspace)
    assert prepared.image(0).size and prepared.labels[0] >= 0
    return time.perf_counter() - begun


def write_idx(folder: Path, counts: dict[str, int], *, packed: bool) -> None:
    """Files like MNIST's: strokes on empty paper, so that they pack about as well."""
    from sklearn.datasets import load_digits

    folder.mkdir(parents=True)
    digits = load_digits()
    patterns = np.kron(digits.images * 15.9, np.ones((3, 3))).astype(np.uint8)  # (1797, 24, 24)
    for name, count in counts.items():
        chosen = np.random.default_rng(count).integers(len(patterns), size=count)
        images = np.pad(patterns[chosen], ((0, 0), (2, 2), (2, 2)))
        for kind, array in (("images-idx3", images), ("labels-idx1", digits.target[chosen].astype(np.uint8))):
            content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
            if packed:
                (folder / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(content, 6))
            else:
                (folder / f"{name}-{kind}-ubyte").write_bytes(content)


def small_zip(path: Path, count: int, side: int) -> Path:
    """Some JPEGs of two classes."""
    from PIL import Image

    with zipfile.ZipFile(path, "w") as made:
        for number in range(count):
            pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
            content = io.BytesIO()
            Image.fromarray(pixels).save(content, "JPEG")
            made.writestr(f"train/{('ants', 'bees')[number % 2]}/{number}.jpg", content.getvalue())
    return path


def images_in(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return sum(name.lower().endswith((".jpg", ".jpeg", ".png")) for name in archive.namelist())


if __name__ == "__main__":
    main()
