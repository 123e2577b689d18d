"""Oxford-IIIT Pet: photographs of cats and dogs, and lists that say which of them are for training."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import file_name, files_of, plain
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.datasets.packed import Files, opened
from core.datasets.photos import Photo, photos
from core.datasets.progress import PrepareProgress
from core.locale import _

LISTS = {"train": "annotations/trainval.txt", "test": "annotations/test.txt"}
BREEDS = """
    Abyssinian, American Bulldog, American Pit Bull Terrier, Basset Hound, Beagle, Bengal, Birman, Bombay, Boxer,
    British Shorthair, Chihuahua, Egyptian Mau, English Cocker Spaniel, English Setter, German Shorthaired,
    Great Pyrenees, Havanese, Japanese Chin, Keeshond, Leonberger, Maine Coon, Miniature Pinscher, Newfoundland,
    Persian, Pomeranian, Pug, Ragdoll, Russian Blue, Saint Bernard, Samoyed, Scottish Terrier, Shiba Inu, Siamese,
    Sphynx, Staffordshire Bull Terrier, Wheaten Terrier, Yorkshire Terrier
"""
CLASSES = tuple(" ".join(breed.split()) for breed in BREEDS.split(","))


def _read(paths: Mapping[str, Path], scratch: Path) -> Iterator[PrepareProgress | Block]:
    images, annotations = paths.values()
    lists = yield from opened(annotations, scratch, only=LISTS.values())
    listed = [photo for split in LISTS for photo in _listed(split, lists)]
    files = yield from opened(images, scratch)
    yield from photos(listed, files)


def _listed(split: str, lists: Files) -> list[Photo]:
    """The photographs in a list: lines such as `Abyssinian_100 1 1 1`, the file and the number of its breed first."""
    name = LISTS[split]
    found = []
    for number, line in enumerate(lists.read(name).decode("utf-8", "replace").splitlines(), 1):
        file, label = [*line.split(), "", ""][:2]
        breed = " ".join(part.title() for part in file.rsplit("_", 1)[0].split("_"))
        if breed not in CLASSES or label != str(CLASSES.index(breed) + 1):
            raise broken(
                lists.where(name), _("line {number:count} does not name a photograph and its breed", number=number)
            )
        found.append(Photo(split, CLASSES.index(breed), f"images/{file}.jpg"))
    if not found:
        raise broken(lists.where(name), _("it is empty"))
    return found


SPECS = (
    DatasetSpec(
        name="oxford-iiit-pet",
        title="Oxford-IIIT Pet",
        about="Photographs of 12 breeds of cats and 25 of dogs, a hundred for each to learn from. Breeds look alike: "
        "fine-tuning a pretrained model pays.",
        classes=CLASSES,
        size=None,
        channels=3,
        counts={"train": 3_680, "test": 3_669},
        drawable=False,
        flips=True,
        homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        download_mb=811,
        layouts=tuple(product(("images.tar.gz", "images/"), ("annotations.tar.gz", "annotations/"))),
        where="oxford-iiit-pet",
        folders=("oxford-iiit-pet", "OxfordIIITPet"),
        read=_read,
        source=plain("OxfordIIITPet", 'split="trainval"', 'split="test"'),
        download=files_of(
            "OxfordIIITPet",
            lambda kind: [((url,), f"oxford-iiit-pet/{file_name(url)}", md5) for url, md5 in kind._RESOURCES],
        ),
    ),
)
