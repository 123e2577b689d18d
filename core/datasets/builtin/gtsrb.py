"""GTSRB: German traffic signs cut out of photographs, from 15 to 250 pixels wide, as PPM images."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import plain
from core.datasets.catalog import DatasetSpec, Remote
from core.datasets.local_copies import broken
from core.datasets.packed import Files, opened
from core.datasets.photos import Photo, photos
from core.datasets.progress import PrepareProgress
from core.locale import _

TRAIN, IMAGES, LABELS = "GTSRB-Training_fixed.zip", "GTSRB_Final_Test_Images.zip", "GTSRB_Final_Test_GT.zip"
LIST = "GT-final_test.csv"
SIGNS = """
    Speed limit 20 km/h, Speed limit 30 km/h, Speed limit 50 km/h, Speed limit 60 km/h, Speed limit 70 km/h,
    Speed limit 80 km/h, End of speed limit 80 km/h, Speed limit 100 km/h, Speed limit 120 km/h, No passing,
    No passing for vehicles over 3.5 t, Right-of-way at the next intersection, Priority road, Yield, Stop,
    No vehicles, No vehicles over 3.5 t, No entry, General caution, Dangerous curve to the left,
    Dangerous curve to the right, Double curve, Bumpy road, Slippery road, Road narrows on the right, Road work,
    Traffic signals, Pedestrians, Children crossing, Bicycles crossing, Beware of ice or snow, Wild animals crossing,
    End of all speed and passing limits, Turn right ahead, Turn left ahead, Ahead only, Go straight or right,
    Go straight or left, Keep right, Keep left, Roundabout mandatory, End of no passing,
    End of no passing for vehicles over 3.5 t
"""
CLASSES = tuple(" ".join(sign.split()) for sign in SIGNS.split(","))


def _read(paths: Mapping[str, Path], scratch: Path) -> Iterator[PrepareProgress | Block]:
    if TRAIN in paths:
        train = yield from opened(paths[TRAIN], scratch)
        test = yield from opened(paths[IMAGES], scratch)
        labels = yield from opened(paths[LABELS], scratch)
        content, where = labels.read(LIST), labels.where(LIST)
        folder = paths[TRAIN]
    else:
        folder, where = paths.values()
        train = test = yield from opened(folder, scratch)
        content = where.read_bytes()
    listed = _training(train, folder)
    tested = _tested(content, where)
    yield from photos(listed, train)
    yield from photos(tested, test)


def _training(files: Files, folder: Path) -> list[Photo]:
    """Every image in `GTSRB/Training/00000` and so on; the folder is the label."""
    names = [name for name in files.names if name.startswith("GTSRB/Training/") and name.lower().endswith(".ppm")]
    found = [Photo("train", _label(PurePosixPath(name).parent.name, folder), name) for name in names]
    if not found:
        raise broken(folder, _("it has no images in GTSRB/Training"))
    return found


def _tested(content: bytes, where: Path) -> list[Photo]:
    """The images that the list names: lines such as `00000.ppm;53;54;6;5;48;49;16`, file first and label last."""
    rows = csv.DictReader(content.decode("utf-8", "replace").splitlines(), delimiter=";", skipinitialspace=True)
    found = []
    try:
        for row in rows:
            label = _label(row.get("ClassId") or "", where)
            found.append(Photo("test", label, f"GTSRB/Final_Test/Images/{row['Filename']}"))
    except (csv.Error, KeyError) as error:
        raise broken(where, _("it is no list of images and labels")) from error
    if not found:
        raise broken(where, _("it is empty"))
    return found


def _label(text: str, where: Path) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= len(CLASSES):
        raise broken(where, _("its labels are not all from 0 to {last:count}", last=len(CLASSES) - 1))
    return int(text)


def _download() -> tuple[Remote, ...]:
    # torchvision has them inside a function, where they cannot be read from.
    base = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
    sums = {
        TRAIN: "513f3c79a4c5141765e10e952eaa2478",
        IMAGES: "c7e4e6327067d32654124b0fe9e82185",
        LABELS: "fe31e9c9270bbcd7b84b7f21a9d9d9e5",
    }
    return tuple(Remote((base + name,), f"gtsrb/{name}", md5) for name, md5 in sums.items())


SPECS = (
    DatasetSpec(
        name="gtsrb",
        title="GTSRB",
        about="German traffic signs cut out of photographs from a moving car: small, dark or blurred, and of many "
        "sizes. The training part is that of the competition of 2011.",
        classes=CLASSES,
        size=None,
        channels=3,
        counts={"train": 26_640, "test": 12_630},
        drawable=False,
        flips=False,
        homepage="https://benchmark.ini.rub.de/gtsrb_news.html",
        download_mb=277,
        layouts=((TRAIN, IMAGES, LABELS), ("GTSRB/", LIST)),
        where="gtsrb",
        folders=("gtsrb", "GTSRB"),
        read=_read,
        download=_download,
        source=plain("GTSRB", 'split="train"', 'split="test"'),
    ),
)
