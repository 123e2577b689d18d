"""Pictures of one's own that the next runs on a data set answer after every epoch, beside the images of that set.

They are kept as they are shown to a model, a drawing in the form of the training images: one PNG each, in the workspace
until a person removes it, and a copy in the folder of every run that answered it. Imports no torch."""

import hashlib
import io
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from core.datasets.source import DataSource
from core.errors import BadInput, Unwritable, reason
from core.files import atomic
from core.files.paths import Workspace

MAX_IMAGES = 9  # of a data set
MAX_SIDE_PX = 512  # pixels of the longer side; models see fewer
FOLDER = "watched"  # in a run's folder


def keep(image: np.ndarray, source: DataSource, workspace: Workspace) -> Path:
    """Keep an image (H, W, 1 or 3) uint8 for the runs on this data set. The same image is kept once."""
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    picture.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
    content = io.BytesIO()
    picture.save(content, "PNG")
    folder = folder_of(source, workspace)
    path = folder / f"{hashlib.blake2b(content.getvalue(), digest_size=8).hexdigest()}.png"
    if path.exists():
        return path
    if len(paths(folder)) >= MAX_IMAGES:
        raise BadInput("{most} pictures are watched already. Remove one of them first.", most=MAX_IMAGES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write(content.getbuffer(), path)
    except OSError as error:
        raise Unwritable("The picture cannot be kept in {folder} ({reason}).", folder=folder,
                         reason=reason(error)) from error  # fmt: skip
    return path


def kept(source: DataSource, workspace: Workspace) -> list[Path]:
    """The files of those that are kept for this data set, in the order of their names."""
    return paths(folder_of(source, workspace))


def remove(path: Path, workspace: Workspace) -> None:
    """Watch this one no longer; runs that answered it keep theirs."""
    if path.parent.parent == workspace.watched:
        with suppress(FileNotFoundError):
            path.unlink()


def take_over(source: DataSource, workspace: Workspace, run: Path) -> list[Path]:
    """Copy them into the folder of a run that begins, where they stay whatever becomes of the others. A disk that
    accepts no writes is no reason to stop."""
    found = kept(source, workspace)
    with suppress(OSError):
        (run / FOLDER).mkdir(parents=True, exist_ok=True)
        for path in found:
            shutil.copyfile(path, run / FOLDER / path.name)
    return of_run(run)


def of_run(run: Path) -> list[Path]:
    """Those that the run of this folder answers."""
    return paths(run / FOLDER)


def read(files: Sequence[Path]) -> dict[str, np.ndarray]:
    """File's name → image (H, W, 1 or 3) uint8, of those that can be read."""
    found = {}
    for path in files:
        with suppress(OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            image = Image.open(path, formats=["PNG"])
            pixels = np.asarray(image if image.mode == "L" else image.convert("RGB"))
            found[path.name] = pixels[..., None] if pixels.ndim == 2 else pixels
    return found


def folder_of(source: DataSource, workspace: Workspace) -> Path:
    return workspace.watched / source.key


def paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"))
