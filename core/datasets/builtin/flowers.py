"""Flowers-102: photographs of flowers, with their labels and splits in MATLAB files."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import files_of, plain
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.datasets.packed import opened
from core.datasets.photos import Photo, photos
from core.datasets.progress import PrepareProgress
from core.errors import reason
from core.locale import _

SPLITS = {"train": "trnid", "val": "valid", "test": "tstid"}
# In the order of the labels, as torchvision has them; the authors of the set doubt one of them.
NAMES = """
    pink primrose, hard-leaved pocket orchid, canterbury bells, sweet pea, english marigold, tiger lily, moon orchid,
    bird of paradise, monkshood, globe thistle, snapdragon, colt's foot, king protea, spear thistle, yellow iris,
    globe-flower, purple coneflower, peruvian lily, balloon flower, giant white arum lily, fire lily,
    pincushion flower, fritillary, red ginger, grape hyacinth, corn poppy, prince of wales feathers, stemless gentian,
    artichoke, sweet william, carnation, garden phlox, love in the mist, mexican aster, alpine sea holly,
    ruby-lipped cattleya, cape flower, great masterwort, siam tulip, lenten rose, barbeton daisy, daffodil,
    sword lily, poinsettia, bolero deep blue, wallflower, marigold, buttercup, oxeye daisy, common dandelion, petunia,
    wild pansy, primula, sunflower, pelargonium, bishop of llandaff, gaura, geranium, orange dahlia,
    pink-yellow dahlia?, cautleya spicata, japanese anemone, black-eyed susan, silverbush, californian poppy,
    osteospermum, spring crocus, bearded iris, windflower, tree poppy, gazania, azalea, water lily, rose, thorn apple,
    morning glory, passion flower, lotus, toad lily, anthurium, frangipani, clematis, hibiscus, columbine,
    desert-rose, tree mallow, magnolia, cyclamen, watercress, canna lily, hippeastrum, bee balm, ball moss, foxglove,
    bougainvillea, camellia, mallow, mexican petunia, bromelia, blanket flower, trumpet creeper, blackberry lily
"""
CLASSES = tuple(" ".join(name.split()) for name in NAMES.split(","))


def _read(paths: Mapping[str, Path], scratch: Path) -> Iterator[PrepareProgress | Block]:
    images, labels_file, splits_file = paths.values()
    labels = _numbers(labels_file, "labels")
    if labels.min() < 1 or labels.max() > len(CLASSES):
        raise broken(labels_file, _("its labels are not all from 1 to {classes}", classes=len(CLASSES)))
    listed = []
    for split, name in SPLITS.items():
        numbers = _numbers(splits_file, name)
        if numbers.min() < 1 or numbers.max() > len(labels):
            raise broken(
                splits_file, _("the images in {name} are not all from 1 to {labels}", name=name, labels=len(labels))
            )
        listed += [Photo(split, int(labels[one - 1]) - 1, f"jpg/image_{one:05d}.jpg") for one in numbers.tolist()]
    files = yield from opened(images, scratch)
    yield from photos(listed, files)


def _numbers(path: Path, name: str) -> np.ndarray:
    """(N,) int64: a list of whole numbers in a MATLAB file."""
    from scipy.io import loadmat

    try:
        numbers = np.asarray(loadmat(path, variable_names=[name])[name]).ravel()
    except Exception as error:  # a damaged file can raise anything
        raise broken(
            path, _("it cannot be read as a MATLAB file with {name} ({reason})", name=name, reason=reason(error))
        ) from error
    if numbers.dtype.kind not in "iuf" or not len(numbers) or (numbers != np.rint(numbers)).any():
        raise broken(path, _("{name} is no list of whole numbers", name=name))
    return numbers.astype(np.int64)


SPECS = (
    DatasetSpec(
        name="flowers-102",
        title="Flowers-102",
        about="Photographs of 102 kinds of flowers, only ten of each to learn from: without a pretrained model there "
        "is little to win.",
        classes=CLASSES,
        size=None,
        channels=3,
        counts={"train": 1_020, "val": 1_020, "test": 6_149},
        drawable=False,
        flips=True,
        homepage="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
        download_mb=345,
        layouts=tuple((images, "imagelabels.mat", "setid.mat") for images in ("102flowers.tgz", "jpg/")),
        where="flowers-102",
        folders=("flowers-102", "Flowers102"),
        read=_read,
        source=plain("Flowers102", 'split="train"', 'split="test"', val='split="val"'),
        download=files_of(
            "Flowers102",
            lambda kind: [
                ((kind._download_url_prefix + name,), f"flowers-102/{name}", md5)
                for name, md5 in kind._file_dict.values()
            ],
        ),
    ),
)
