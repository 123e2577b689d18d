"""What the reader of a data set passes to the code that stores it: blocks of images, and at the end a description."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.datasets.edits import Edited
from core.datasets.folder_layout import FolderLayout
from core.datasets.progress import PrepareProgress
from core.sandbox.levels import Levels


class Block(NamedTuple):
    """Some images of one split and one size, in the order in which they are kept."""

    split: str  # train, val or test
    images: np.ndarray  # (n, H, W, C) uint8
    labels: np.ndarray  # (n,) whole numbers, 0 to classes - 1
    files: Sequence[str] = ()  # the name of each image's file in its folder or ZIP; none where images have no files


@dataclass(frozen=True)
class Description:
    """What is known of a data set apart from its images, its labels and what is measured on them."""

    title: str
    classes: tuple[str, ...]
    size: tuple[int, int] | None  # (H, W) in pixels; None: images of different sizes
    source: str  # where it came from, in words
    drawable: bool  # a drawing on a canvas makes sense
    flips: bool  # a mirrored image keeps its class
    layout: FolderLayout = "auto"  # how its folders were read
    columns: str = ""  # of its table, where a person chose them
    path: str | None = None  # the image folder or ZIP, resolved; None for a built-in
    version: str = ""  # the name of a version that a person's edits made
    edited: Edited | None = None  # what it was made from
    source_version: str = (
        ""  # identifies the source's state when it was read; empty for a built-in, or if it cannot be relied on
    )
    # By channel, the level of the even ground of drawings, which fills what they lack of a model's shape; None: images
    # are cut to that shape.
    ground: tuple[int, ...] | None = None
    levels: Levels | None = None  # what became black and white, of images with more than 8 bits; None: there are none
    skipped: tuple[tuple[str, str], ...] = ()  # (file, reason) of what could not be read
    unlisted: int = 0  # how many more
    collapsed: int = 0  # images that have hardly any grey levels
    moving: int = 0  # images that are the first picture of an animation


# Blocks split by split, train first; one description, at the end.
Reading = Generator[PrepareProgress | Block | Description, None, None]
