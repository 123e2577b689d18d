"""EuroSAT: satellite images of 64 × 64 pixels, one folder for each kind of land, with no test part of their own."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from core.datasets.blocks import Block
from core.datasets.catalog import DatasetSpec, PlainSource, Remote
from core.datasets.local_copies import broken
from core.datasets.packed import opened
from core.datasets.photos import Photo, photos
from core.datasets.progress import PrepareProgress
from core.datasets.stratified import stratified
from core.locale import _
from core.sanitize import one_line

SIZE = (64, 64)
TEST_SHARE = 0.2  # chosen once and never changed, each class in proportion
LANDS = {
    "AnnualCrop": "annual crop",
    "Forest": "forest",
    "HerbaceousVegetation": "herbaceous vegetation",
    "Highway": "highway",
    "Industrial": "industrial",
    "Pasture": "pasture",
    "PermanentCrop": "permanent crop",
    "Residential": "residential",
    "River": "river",
    "SeaLake": "sea or lake",
}


def _read(paths: Mapping[str, Path], scratch: Path) -> Iterator[PrepareProgress | Block]:
    (path,) = paths.values()
    files = yield from opened(path, scratch)
    folders = list(LANDS)
    names, labels = [], []
    for name in files.names:  # sorted, as torchvision has them
        land = PurePosixPath(name).parent.name
        if not name.lower().endswith(".jpg"):
            continue
        if land not in LANDS:
            raise broken(
                path,
                _(
                    "it has a kind of land that is none of the {lands}, {land}",
                    lands=len(LANDS),
                    land=one_line(land, 80),
                ),
            )
        names.append(name)
        labels.append(folders.index(land))
    if missing := [land for number, land in enumerate(folders) if labels.count(number) < 2]:
        raise broken(path, _("it has fewer than two images of {missing}", missing=missing[0]))
    test = set(stratified(np.array(labels), round(TEST_SHARE * len(labels)), seed=0).tolist())
    listed = [
        Photo(split, labels[index], names[index])
        for split in ("train", "test")
        for index in range(len(names))
        if (index in test) == (split == "test")
    ]
    yield from photos(listed, files, SIZE)


def _download() -> tuple[Remote, ...]:
    # torchvision has it inside a function, where it cannot be read from.
    revision = "c877bcd43f099cd0196738f714544e355477f3fd"
    url = f"https://huggingface.co/datasets/torchgeo/eurosat/resolve/{revision}/EuroSAT.zip"
    return (Remote((url,), "eurosat/EuroSAT.zip", "c8fa014336c82ac7804f0398fcb19387"),)


PLAIN = PlainSource(
    parts={part: f'eurosat("{part}", {{transform}})' for part in ("train", "test")},
    before=f'''def eurosat(part, transform):
    """The images of one part. The set has no test part of its own, so it is a fixed share of all images."""
    everything = datasets.EuroSAT("data", transform=transform, download=True)
    order = torch.randperm(len(everything), generator=torch.Generator().manual_seed(0)).tolist()
    test = round({TEST_SHARE} * len(order))
    return Subset(everything, order[:test] if part == "test" else order[test:])
''',
    ordered=False,
)

SPECS = (
    DatasetSpec(
        name="eurosat",
        title="EuroSAT",
        about="Europe from above: fields, woods, towns and water as a satellite sees them, ten metres to a pixel. A "
        "fixed fifth of them is the test part.",
        classes=tuple(LANDS.values()),
        size=SIZE,
        channels=3,
        counts={"train": 21_600, "test": 5_400},
        drawable=False,
        flips=True,
        homepage="https://github.com/phelber/eurosat",
        download_mb=94,
        layouts=(("EuroSAT.zip",), ("2750/",)),
        where="eurosat",
        folders=("eurosat", "EuroSAT"),
        read=_read,
        download=_download,
        source=PLAIN,
    ),
)
