"""An image folder in a ZIP file: never extracted, its members are read as streams. And uploads of such files."""

import hashlib
import os
import re
import stat
import zipfile
import zlib
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO

from core.data.picture import Unreadable
from core.data.tree import ENTRIES, MEMBER, TOO_LARGE, TOTAL, file_stamp, is_junk
from core.errors import BadInput, Problem
from core.places import Places
from core.wording import count

LOCAL_HEADER = 30  # bytes that stand before a member's name at the very least
COPY = 1 << 20  # bytes


class Archive:
    """A `Tree` in a ZIP file. BadInput if the file is broken, encrypted, or built to do harm."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stamp = file_stamp(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise BadInput(f"{path} is not a ZIP file that can be read: save it again as a ZIP") from error
        members = self._zip.infolist()
        _refuse_traps(path, members)
        self._members = {name: member for member in members if not is_junk(name := _name(member))}

    @cached_property
    def names(self) -> list[str]:
        return sorted(self._members)

    def bytes_of(self, name: str) -> int:
        return self._members[name].file_size

    def read(self, name: str) -> bytes:
        try:
            with self._zip.open(self._members[name]) as file:
                content = file.read(MEMBER + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise Unreadable(f"damaged in the ZIP ({error})") from error
        if len(content) > MEMBER:
            raise Unreadable(TOO_LARGE)
        return content


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename.replace("\\", "/")  # some Windows programs write it the wrong way round


def _refuse_traps(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse what no honest image folder has, before a single member is read."""
    if len(members) > ENTRIES:
        raise BadInput(f"{path} has {count(len(members))} entries, more than the {count(ENTRIES)} allowed: split it up")
    if sum(member.file_size for member in members) > TOTAL:
        raise BadInput(f"{path} would unpack to more than {TOTAL >> 30} GB: split it up")
    for member in members:
        name = _name(member)
        why = ""
        if member.flag_bits & 1:
            why = "is encrypted"
        elif name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in PurePosixPath(name).parts:
            why = "points outside the ZIP"
        elif stat.S_ISLNK(member.external_attr >> 16):
            why = "is a link"
        if why:
            raise BadInput(f"{path} was refused, because its entry {name!r} {why}: make a plain ZIP of image files")
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise BadInput(f"{path} was refused, because its entries overlap: make a plain ZIP of image files")
        end = member.header_offset + LOCAL_HEADER + member.compress_size


def save_upload(filename: str, stream: IO[bytes], places: Places) -> Path:
    """Keep an uploaded ZIP in `places.uploads` and return its path.

    The name is made safe. A file of that name with the same content is used again; one with other content is
    left alone, and the new one gets a number. BadInput if it is no ZIP, Problem if it cannot be written.
    """
    stem = re.sub(r"\.zip$", "", re.split(r"[\\/]", filename)[-1], flags=re.IGNORECASE)
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._-")[:80] or "images"
    temporary = places.uploads / f".{stem}.{os.getpid()}-{os.urandom(4).hex()}.part"
    try:
        places.uploads.mkdir(parents=True, exist_ok=True)
        try:
            digest = hashlib.blake2b()
            with temporary.open("wb") as file:
                while chunk := stream.read(COPY):
                    digest.update(chunk)
                    file.write(chunk)
            if not zipfile.is_zipfile(temporary):
                raise BadInput(f"{filename} is not a ZIP file: choose a ZIP with one folder of images for each class")
            return _placed(temporary, stem, digest.digest())
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise Problem(
            f"{filename} could not be saved in {places.uploads} ({error.strerror}): "
            "free some space or check the folder's permissions, then upload it again"
        ) from error


def _placed(temporary: Path, stem: str, digest: bytes) -> Path:
    number = 1
    while True:
        target = temporary.with_name(f"{stem}.zip" if number == 1 else f"{stem}-{number}.zip")
        try:
            target.open("xb").close()  # claims the name, so that two uploads at once cannot both take it
        except FileExistsError:
            with target.open("rb") as file:
                if hashlib.file_digest(file, hashlib.blake2b).digest() == digest:
                    return target
            number += 1
        else:
            os.replace(temporary, target)
            return target
