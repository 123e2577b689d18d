"""An image folder in a ZIP file: never extracted, its members are read as streams. And uploads of such files."""

import hashlib
import os
import re
import stat
import zipfile
from functools import cached_property
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import IO

from core.errors import BadInput, Problem, reason
from core.files.paths import Workspace
from core.importing.image_source import (
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_TOTAL_BYTES,
    ImageSource,
    file_version,
    hidden_in,
    is_junk,
    too_large,
)
from core.importing.zip_names import file_names
from core.locale import N_, _, translate
from core.sandbox.image_files import Unreadable
from core.sanitize import one_line

LOCAL_HEADER = 30  # bytes that stand before a member's name at the very least
MAX_TABLE_BYTES = 128 * 2**20  # bytes of the list of entries
ENTRY = b"PK\x01\x02"  # how each of them begins
PARQUET_START = b"PAR1"  # how a Parquet file begins and ends
MAX_COMPRESSION = 200  # times smaller than unpacked; files of images hardly get smaller
COMPRESSION_FREE_BYTES = 16 * 2**20  # bytes up to which a file may be packed tighter: a picture of one colour is
BOMB_BYTES = 2**30  # bytes that all files together may unpack to, however tight they are
COPY_CHUNK_BYTES = 1 << 20  # bytes
MAX_STEM_BYTES = 120  # bytes of an upload's name that are kept; no system takes more than 255
MAX_NAME_CHARS = 80  # characters of a name that a sentence repeats
UNUSUAL_PACKING = {  # by the number of the method
    9: N_("packed with Deflate64, as Windows does in large ZIPs: unpack the ZIP, and choose the folder"),
    12: N_("packed with bzip2: unpack the ZIP and choose the folder, or pack it with Deflate"),
    14: N_("packed with LZMA: unpack the ZIP and choose the folder, or pack it with Deflate"),
}
MAKE_PLAIN_ZIP = N_("make a plain ZIP of image files")


class Archive:
    """A `ImageSource` in a ZIP file. BadInput if the file is broken, encrypted, or built to do harm."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hidden: set[str] = set()
        self._read = 0  # bytes that members gave so far
        self._lock = Lock()
        try:
            self.source_version = file_version(path)
            refuse_long_tables(path)
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise BadInput(
                "{path} cannot be read ({reason}): check the file and its permissions", path=path, reason=reason(error)
            ) from error
        except BadInput:
            raise
        except Exception as error:  # a broken table can raise anything
            raise _senseless(path) from error
        members = self._zip.infolist()
        names, self.name_encoding = file_names(members)
        for member, name in zip(members, names, strict=True):
            member.filename = name  # zipfile itself goes by `orig_filename`
        refuse_traps(path, members)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            name = _name(member)
            if is_junk(name) or not name:
                self.hidden |= hidden_in(name)
                continue
            if name in self._members and not member.is_dir():
                raise BadInput(
                    "{path} was refused, because it has {name:name} twice: {make_plain_zip}",
                    path=path,
                    name=one_line(name, MAX_NAME_CHARS),
                    make_plain_zip=translate(MAKE_PLAIN_ZIP),
                )
            self._members[name] = member

    @cached_property
    def names(self) -> list[str]:
        return sorted(self._members)

    def is_stable(self) -> bool:
        return True  # one file, which stays open

    def bytes_of(self, name: str) -> int:
        return self._members[name].file_size

    def read(self, name: str) -> bytes:
        member = self._members[name]
        if member.file_size > COMPRESSION_FREE_BYTES and member.file_size > MAX_COMPRESSION * member.compress_size:
            raise Unreadable(
                _("packed more than {max_compression} times smaller, as no image is", max_compression=MAX_COMPRESSION)
            )
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # The others unpack without a bound on memory, and hardly any program writes them.
            usual = N_("packed in an unusual way; usual is Deflate")
            raise Unreadable(UNUSUAL_PACKING.get(member.compress_type, usual))
        try:
            with self._zip.open(member) as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except EOFError as error:
            raise Unreadable(N_("damaged in the ZIP (it ends too early)")) from error
        except Exception as error:  # damage shows in many ways
            damaged = (
                N_("damaged in the ZIP (its checksum is wrong)")
                if "CRC" in str(error)
                else N_("damaged in the ZIP (it cannot be unpacked)")
            )
            raise Unreadable(damaged) from error
        if len(content) > MAX_FILE_BYTES:
            raise Unreadable(too_large())
        with self._lock:
            self._read += len(content)
        if self._read > MAX_TOTAL_BYTES:
            raise BadInput(
                "{path} unpacks to more than {max_total_bytes} GB: split it up",
                path=self.path,
                max_total_bytes=MAX_TOTAL_BYTES >> 30,
            )
        return content


def encoding_note(source: ImageSource) -> str:
    """How the names were read, where the archive does not say it; "" where there is no doubt."""
    if not isinstance(source, Archive) or source.name_encoding == "utf-8":
        return ""
    return _(
        "The ZIP does not say how its names are encoded; they were read as {encoding}. If a name looks wrong, unpack "
        "the ZIP and choose the folder.",
        encoding=source.name_encoding,
    )


def _name(member: zipfile.ZipInfo) -> str:
    """`ants/one.jpg`, or `ants/` for a folder, whichever way round a program wrote the slashes."""
    name = "/".join(PurePosixPath(member.filename.replace("\\", "/")).parts)
    return f"{name}/" if name and member.filename.endswith(("/", "\\")) else name


def _senseless(path: Path) -> BadInput:
    return BadInput("{path} is damaged, its list of entries makes no sense: save it again as a ZIP", path=path)


def refuse_long_tables(path: Path) -> None:
    """Refuse more entries than allowed before an object is made of each, and what has no table at all."""
    with path.open("rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # what ZipFile begins with, too
        if end is None:
            file.seek(0)
            start = file.read(4)
            if not start:
                raise BadInput(
                    "{path} is an empty file: choose a ZIP with one folder of images for each class", path=path
                )
            if start == b"PK\x03\x04":
                raise BadInput(
                    "{path} is cut off, for a ZIP's list of entries stands at its end: copy it again", path=path
                )
            raise BadInput("{path} is not a ZIP file: choose a folder, or a ZIP of one", path=path)
        size, location = end[zipfile._ECD_SIZE], end[zipfile._ECD_LOCATION]  # type: ignore[attr-defined]
        file.seek(max(location - size - 76, 0))  # two records of ZIP64 may stand between
        if size > location:
            raise _senseless(path)
        if size > MAX_TABLE_BYTES or file.read(size + 76).count(ENTRY) > MAX_ENTRIES:
            raise BadInput(
                "{path} has more than the {max_entries:count} entries allowed: split it up",
                path=path,
                max_entries=MAX_ENTRIES,
            )


def refuse_traps(path: Path, members: list[zipfile.ZipInfo], cure: str = MAKE_PLAIN_ZIP) -> None:
    """Refuse what no honest ZIP has, before a single member is read. `cure` says what to do instead, marked with
    `N_`."""
    if any(member.header_offset < 0 for member in members):
        raise _senseless(path)
    total = sum(member.file_size for member in members)
    if total > MAX_TOTAL_BYTES:
        raise BadInput(
            "{path} would unpack to more than {max_total_bytes} GB: split it up",
            path=path,
            max_total_bytes=MAX_TOTAL_BYTES >> 30,
        )
    if total > BOMB_BYTES and total > MAX_COMPRESSION * path.stat().st_size:
        raise BadInput(
            "{path} was refused, because it would unpack to more than {max_compression} times its size: "
            "{make_plain_zip}",
            path=path,
            max_compression=MAX_COMPRESSION,
            make_plain_zip=translate(cure),
        )
    for member in members:
        name = member.filename.replace("\\", "/")
        mode = stat.S_IFMT(member.external_attr >> 16)
        why = ""
        if member.flag_bits & 1:
            why = _("is encrypted")
        elif name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in PurePosixPath(name).parts:
            why = _("points outside the ZIP")
        elif name.count("/") > MAX_DEPTH:
            why = _("lies more than {max_depth} folders deep", max_depth=MAX_DEPTH)
        elif mode == stat.S_IFLNK:
            why = _("is a link")
        elif mode not in (0, stat.S_IFREG, stat.S_IFDIR):
            why = _("is neither a file nor a folder")
        if why:
            raise BadInput(
                "{path} was refused, because its entry {name:name} {why}: {make_plain_zip}",
                path=path,
                name=one_line(name, MAX_NAME_CHARS),
                why=why,
                make_plain_zip=translate(cure),
            )
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise BadInput(
                "{path} was refused, because its entries overlap: {make_plain_zip}",
                path=path,
                make_plain_zip=translate(cure),
            )
        end = member.header_offset + LOCAL_HEADER + member.compress_size


def save_upload(filename: str, stream: IO[bytes], workspace: Workspace) -> Path:
    """Keep an uploaded ZIP or Parquet file in `workspace.uploads` and return its path.

    The name is made safe. A file of that name with the same content is used again; one with other content is
    left alone, and the new one gets a number. BadInput if it is neither, Problem if it cannot be written.
    """
    shown = one_line(filename, MAX_NAME_CHARS)
    stem = re.sub(r"\.(zip|parquet)$", "", re.split(r"[\\/]", filename)[-1], flags=re.IGNORECASE)
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._-")
    stem = os.fsencode(stem)[:MAX_STEM_BYTES].decode("utf-8", "ignore") or "images"
    temporary = workspace.uploads / f".{stem}.{os.getpid()}-{os.urandom(4).hex()}.part"
    try:
        workspace.uploads.mkdir(parents=True, exist_ok=True)
        try:
            digest, start = hashlib.blake2b(), b""
            with temporary.open("wb") as file:
                while chunk := stream.read(COPY_CHUNK_BYTES):
                    digest.update(chunk)
                    start = start or chunk[:4]
                    file.write(chunk)
            parquet = start == PARQUET_START
            if not parquet and not zipfile.is_zipfile(temporary):
                raise BadInput(
                    "{shown:name} is not a ZIP file: choose a ZIP with one folder of images for each class", shown=shown
                )
            return _placed(temporary, stem, ".parquet" if parquet else ".zip", digest.digest())
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise Problem(
            "{shown:name} could not be saved in {uploads} ({reason}): free some space or check the folder's "
            "permissions, then upload it again",
            shown=shown,
            uploads=workspace.uploads,
            reason=reason(error),
        ) from error


def _placed(temporary: Path, stem: str, ending: str, digest: bytes) -> Path:
    number = 1
    while True:
        target = temporary.with_name(f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}")
        try:
            target.open("xb").close()  # claims the name, so that two uploads at once cannot both take it
        except FileExistsError:
            with target.open("rb") as file:
                if hashlib.file_digest(file, hashlib.blake2b).digest() == digest:
                    return target
            number += 1
        else:
            try:
                os.replace(temporary, target)
            except OSError:
                target.unlink()
                raise
            return target
