"""The photographs of a built-in set: from a list of files to blocks of images."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from core.datasets.blocks import Block
from core.datasets.local_copies import broken
from core.datasets.packed import Files
from core.datasets.progress import PrepareProgress
from core.locale import N_, _, translate
from core.sandbox.image_decoding import decoded
from core.sandbox.image_files import Picture, cropped

BLOCK = 1 << 22  # bytes of pixels handed on in one go
WAITING = PrepareProgress(N_("reading images"), 0, 0, "images")  # a sign of life while a few files are slow


class Photo(NamedTuple):
    """One image file of a set."""

    split: str  # train, val or test
    label: int
    name: str  # of its file


def photos(
    listed: Sequence[Photo], files: Files, size: tuple[int, int] | None = None
) -> Iterator[PrepareProgress | Block]:
    """The images of the listed files in RGB, in the order of the list; BadInput naming a file that is no image.

    They are decoded in processes with limits of memory and time. With `size` (H, W) all must have it. Without, sizes
    may differ, as on import: the shorter side at most 256 pixels, the longer one at most four times the shorter.
    """
    waiting: list[np.ndarray] = []  # images of one split and one size that become a block
    begun = done = 0
    for group in decoded([one.name for one in listed], files.bytes_of, files.read):
        if not group:
            yield WAITING
        for picture in group:
            photo = listed[done]
            full = waiting and (size is None or len(waiting) * waiting[0].nbytes >= BLOCK)
            if full or (waiting and photo.split != listed[begun].split):
                yield _block(listed[begun:done], waiting)
                waiting, begun = [], done
            waiting.append(_image(picture, photo, files, size))
            done += 1
    if waiting:
        yield _block(listed[begun:done], waiting)


def _image(picture: Picture | str, photo: Photo, files: Files, size: tuple[int, int] | None) -> np.ndarray:
    """(H, W, 3) uint8."""
    where = files.where(photo.name)
    if isinstance(picture, str):
        raise broken(where, translate(picture))
    pixels = picture.pixels
    if size is not None and pixels.shape[:2] != size:
        raise broken(
            where,
            _(
                "its image is {width} × {height} pixels, not {wanted_width} × {wanted_height}",
                width=pixels.shape[1],
                height=pixels.shape[0],
                wanted_width=size[1],
                wanted_height=size[0],
            ),
        )
    pixels = pixels if size is not None else cropped(pixels)
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)


def _block(listed: Sequence[Photo], images: list[np.ndarray]) -> Block:
    labels, names = np.array([photo.label for photo in listed]), [photo.name for photo in listed]
    return Block(listed[0].split, np.stack(images), labels, names)
