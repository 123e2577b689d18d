"""An uploaded picture → pixels, or one sentence that says why not."""

from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput, Problem, reason
from core.importing.folder import content_of
from core.locale import translate
from core.sandbox.image_decoder import Decoders
from core.sandbox.image_files import Unreadable, to_8_bits
from core.sanitize import one_line

MAX_FILE_BYTES = 64 * 2**20  # bytes of one file
MAX_NAME_CHARS = 100  # characters of a file's name that a sentence repeats

_decoders = Decoders(most=2)  # of this process, for all uploads


def get_ready() -> None:
    """Start a process that waits for a picture, so that the first one is read at once. Returns before it is ready."""
    Thread(target=_start, daemon=True).start()


def read_image(source: bytes | BinaryIO | str | Path, name: str, white: int | None = None) -> NDArray[np.uint8]:
    """The picture in `source` (a file's bytes, an open file, or a path): (H, W, 3), or (H, W, 1) if it is grey.

    Any of the formats of `image_formats` (of a GIF its first frame); upright by its EXIF data; of a grey image of more
    than 8 bits a pixel `white` becomes 255, as in the training images, or else 65,535;
    transparency becomes white paper, or black where all that is drawn on it is too pale to be seen on white; more
    than 16 million pixels are brought down. It is decoded in a process with limits of memory and time.
    Raises BadInput, naming the file as `name`, for anything else and for files that are damaged or too large.
    """
    name = one_line(name, MAX_NAME_CHARS)
    found = _decoders.pictures([_content(source, name)], whole=True)[0]
    if isinstance(found, str):
        raise BadInput(
            "{name:name} cannot be read: {found}. Save it again as PNG or JPEG and try again.",
            name=name,
            found=translate(found),
        )
    if found.levels is not None and white:
        return to_8_bits(found.levels, white)
    return found.pixels


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
        raise BadInput(
            "{name:name} is larger than {max_file_bytes} MB. Save it smaller and try again.",
            name=name,
            max_file_bytes=MAX_FILE_BYTES >> 20,
        )
    return content
