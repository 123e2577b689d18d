"""Where imported images come from: a folder on disk, a ZIP file or a table of labels, with one interface."""

from pathlib import Path, PurePosixPath
from typing import Protocol

from core.errors import BadInput
from core.files.paths import resolved
from core.locale import _
from core.sandbox.image_formats import IMAGE_ENDINGS
from core.sanitize import UNSEEN, one_line

MAX_ENTRIES = 200_000  # files and folders in one folder or ZIP
MAX_FILE_BYTES = 100 * 2**20  # bytes of one file
MAX_DEPTH = 32  # folders inside each other
MAX_TOTAL_BYTES = 20 * 2**30  # bytes of all files together
JUNK = {"__macosx", "icon\r", "thumbs.db", "desktop.ini", "$recycle.bin"}  # files that systems create by themselves


class ImageSource(Protocol):
    """A folder of files, wherever it lies."""

    @property
    def path(self) -> Path:
        """The folder or the ZIP file itself."""

    @property
    def names(self) -> list[str]:
        """Every file as `ants/one.jpg` and every folder as `ants/`, relative to the top, sorted, without junk."""

    @property
    def hidden(self) -> set[str]:
        """The hidden folders, as `ants/.thumbnails/`, whose images were skipped; other junk is not reported."""

    @property
    def source_version(self) -> str:
        """A text that changes when a file is added, removed or changed."""

    def is_stable(self) -> bool:
        """Whether the unreadable files are there now and still unreadable: a disk may have been absent for a while."""

    def bytes_of(self, name: str) -> int:
        """How large a file says it is."""

    def read(self, name: str) -> bytes:
        """A file's content; `Unreadable`, with the reason, if it cannot be read. Threads may call it at once."""


def open_image_source(path: str, columns: str = "") -> ImageSource:
    """The image folder, ZIP, table or Parquet file at `path`, or such files in one; `columns` are those of a table that
    was chosen itself, and of Parquet. BadInput if there is none, or if a ZIP is not to be trusted."""
    from core.importing.archive import Archive
    from core.importing.folder import Folder
    from core.importing.label_table import is_table
    from core.importing.parquet_images import ParquetImages, is_parquet
    from core.importing.table_layout import LabelTable

    place = resolved(path)
    if UNSEEN.search(str(place)):
        raise BadInput(
            "{place:name} has characters in its name that cannot be shown: rename it.", place=one_line(str(place))
        )
    if place.is_file() and is_table(place.name):
        return LabelTable(place, columns)
    if place.is_file() and is_parquet(place.name):
        return ParquetImages(place, None, columns)
    if place.is_dir() or place.is_file():
        found: ImageSource = Folder(place) if place.is_dir() else Archive(place)
        images = any(name.lower().endswith(IMAGE_ENDINGS) for name in found.names)
        packed = not images and any(map(is_parquet, found.names))
        return ParquetImages(place, found, columns) if packed else found
    raise BadInput("there is no folder and no ZIP file at {place}: check the path", place=place)


def title_of(source: ImageSource) -> str:
    """What an image folder or ZIP is called: by its own name, a ZIP without the ending."""
    return source.path.stem if source.path.is_file() else source.path.name


def too_large() -> str:
    """Why a file is not read."""
    return _("larger than {limit} MB", limit=MAX_FILE_BYTES >> 20)


def file_version(path: Path) -> str:
    """A text that changes when a file does, made of the file's metadata."""
    status = path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"


def is_junk(name: str) -> bool:
    """Whether any part of a name is hidden or left behind by a system."""
    return any(part.startswith(".") or part.lower() in JUNK for part in PurePosixPath(name).parts)


def hidden_in(name: str) -> set[str]:
    """The hidden folder of an image: `ants/.thumbnails/` of `ants/.thumbnails/1.png`. Nothing for other junk."""
    folders = PurePosixPath(name).parts[:-1]
    if not name.lower().endswith(IMAGE_ENDINGS) or any(part.lower() in JUNK for part in folders):
        return set()
    hidden = ["/".join([*folders[:depth], ""]) for depth, part in enumerate(folders, 1) if part.startswith(".")]
    return set(hidden[:1])
