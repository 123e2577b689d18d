"""An uploaded picture → pixels, or one sentence that says why not."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput, Problem, reason
from core.importing.folder import content_of
from core.locale import N_, _, translate
from core.sandbox.image_decoder import Decoders
from core.sandbox.image_files import Unreadable
from core.sandbox.levels import Levels
from core.sanitize import one_line

MAX_FILE_BYTES = 64 * 2**20  # bytes of one file
MAX_BITS = 16  # of a level of grey in any file
MAX_NAME_CHARS = 100  # characters of a file's name that a sentence repeats

_decoders = Decoders(most=2)  # of this process, for all uploads


def get_ready() -> None:
    """Start a process that waits for a picture, so that the first one is read at once. Returns before it is ready."""
    Thread(target=_start, daemon=True).start()


class Reading(NamedTuple):
    """A picture that was read."""

    pixels: NDArray[np.uint8]  # (H, W, 1 or 3)
    bits: int | None = None  # of 16, where the file's own levels decided which of them is white
    moves: bool = False  # the file is an animation, and this is its first picture
    holes: bool = False  # pixels without a value were given the lowest of the others

    @property
    def words(self) -> str:
        """What was made of the file's levels and pictures; "" if nothing was."""
        told = []
        if self.bits is not None:
            told.append(_("This file uses {bits} of its 16 bits: the brightest level of these is taken for white.",
                          bits=self.bits))  # fmt: skip
        if self.moves:
            told.append(_("This file is an animation: only its first picture is read."))
        if self.holes:
            told.append(_("Some pixels of this file have no value: the lowest of the others is taken for theirs."))
        return " ".join(told)


def read_image(source: bytes | BinaryIO | str | Path, name: str, levels: Levels | None = None) -> NDArray[np.uint8]:
    """The pixels of `read_picture`."""
    return read_picture(source, name, levels).pixels


def read_picture(source: bytes | BinaryIO | str | Path, name: str, levels: Levels | None = None) -> Reading:
    """The picture in `source` (a file's bytes, an open file, or a path): (H, W, 3), or (H, W, 1) if it is grey.

    Any of the formats of `image_formats` (of an animation its first picture); upright by its EXIF data; of a grey image
    of more than 8 bits a pixel the range `levels` becomes 0 to 255, as in the training images, or else what it uses
    itself, as where a set is imported;
    transparency becomes white paper, or black where all that is drawn on it is too pale to be seen on white; more
    than 16 million pixels are brought down. It is decoded in a process with limits of memory and time.
    Raises BadInput, naming the file as `name`, for anything else and for files that are damaged or too large.
    """
    name = one_line(name, MAX_NAME_CHARS)
    found = _decoders.pictures([_content(source, name)], whole=True)[0]
    if isinstance(found, str):
        words = translate(found)
        if ": " in words:  # they say what to do
            raise BadInput("{name:name} cannot be read: {found}.", name=name, found=words)
        raise BadInput(
            "{name:name} cannot be read: {found}. Save it again as PNG or JPEG and try again.", name=name, found=words
        )
    if found.levels is None:
        return Reading(found.pixels, moves=found.moves)
    if levels is None or levels.span(found.levels) is None:
        own = Levels.of([found.levels])
        bits = int(own.whole[1]).bit_length() if own.whole else MAX_BITS
        return Reading(own.eight_bits(found.levels), bits if bits < MAX_BITS else None, found.moves, found.holes)
    return Reading(levels.eight_bits(found.levels), moves=found.moves, holes=found.holes)


def unreadable(files: Sequence[bytes]) -> list[str]:
    """Of each file why it gives no image, in a few words of the reader's; "" where it gives one."""
    found = []
    for content in files:  # one by one: they may be large
        picture = _decoders.pictures([content])[0] if content else N_("an empty file")
        found.append(translate(picture) if isinstance(picture, str) else "")
    return found


def _start() -> None:
    with suppress(Problem):  # reported when there is a picture to read
        _decoders.start()


def _content(source: bytes | BinaryIO | str | Path, name: str) -> bytes:
    try:
        if isinstance(source, bytes):
            content = source
        elif isinstance(source, str | Path):
            content = content_of(Path(source), MAX_FILE_BYTES + 1)
        else:
            content = source.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise BadInput("There is no file {name:name}. Check its name and folder.", name=name) from error
    except (OSError, ValueError, Unreadable) as error:
        raise BadInput(
            "{name:name} cannot be opened: {reason}. Choose another file.", name=name, reason=reason(error)
        ) from error
    if not content:
        raise BadInput("{name:name} is empty. Choose another file.", name=name)
    if len(content) > MAX_FILE_BYTES:
        raise too_large(name)
    return content


def too_large(name: str) -> BadInput:
    """The error for a file of more than MAX_FILE_BYTES."""
    return BadInput(
        "{name:name} is larger than {max_file_bytes} MB. Save it smaller and try again.",
        name=name,
        max_file_bytes=MAX_FILE_BYTES >> 20,
    )
