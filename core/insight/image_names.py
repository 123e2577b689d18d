"""How one image of a data set is told: by its split, its number there and its file, everywhere in the same words.
Numbers are those of the lists of edits, and begin with 0."""

from collections.abc import Mapping

from core.loading.split import role
from core.locale import _
from core.prepared.arrays import Prepared
from core.sanitize import one_line

MAX_FILE_CHARS = 120


def own_split_title(split: str, splits: Mapping[str, int]) -> str:
    """The images that a data set calls train, val or test, by what they are to every run; `splits` are all of its."""
    return split_title(role(split, splits))


def split_title(split: str) -> str:
    """The images of a part: train, val or test."""
    titles = {"train": _("Training"), "val": _("Validation"), "test": _("Test")}
    return titles.get(split, split)


def image_number(prepared: Prepared, index: int) -> str:
    """`Test, image 14`"""
    split, number = prepared.address(index)
    return numbered(own_split_title(split, prepared.meta.splits), number)


def image_name(prepared: Prepared, index: int) -> str:
    """`Test, image 14, test/circle/circle_014.png`; images that never were files have none."""
    return with_file(image_number(prepared, index), prepared.file(index))


def numbered(split: str, number: int) -> str:
    return _("{split}, image {number:count}", split=split, number=number)


def with_file(image: str, file: str) -> str:
    return f"{image}, {one_line(file, MAX_FILE_CHARS)}" if file else image
