"""A pack from an unknown source, as it is read: nothing is unpacked to the disk, no member is read past its limit."""

import zipfile
from pathlib import Path
from typing import IO, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from core.errors import BadInput, Problem, reason
from core.importing.archive import refuse_long_tables, refuse_traps
from core.locale import N_
from core.packing.manifest import FORMAT, MANIFEST, MAX_MANIFEST_BYTES, Manifest
from core.runs import schema
from core.sanitize import one_line

MAX_NAME_CHARS = 120  # characters of a member's name that a sentence repeats
PACK_AGAIN = N_("pack the runs again, and copy the file anew")

Kind = TypeVar("Kind")


class PackFile:
    """A pack that can be read. `BadInput` if it is none, is damaged, built to do harm, or of a newer version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.open("rb").close()  # `is_zipfile` says of a file that cannot be read that it is none
            if not zipfile.is_zipfile(path):
                raise BadInput(
                    "{path} is no pack of runs: it is no ZIP file, or was cut short. Copy it again.", path=path
                )
            refuse_long_tables(path)
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise BadInput("{path} cannot be read ({reason}). Check the file and its permissions.", path=path,
                           reason=reason(error)) from error  # fmt: skip
        except BadInput:
            raise
        except Exception as error:  # a broken table can raise anything
            raise self.damaged(MANIFEST) from error
        members = self._zip.infolist()
        refuse_traps(path, members, PACK_AGAIN)
        self.members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            if member.filename in self.members or member.compress_type not in (
                zipfile.ZIP_STORED,
                zipfile.ZIP_DEFLATED,
            ):
                raise self.damaged(member.filename)
            self.members[member.filename] = member
        self.manifest = self._manifest()

    def __enter__(self) -> "PackFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def size(self, name: str) -> int:
        return self.members[name].file_size

    def below(self, folder: str) -> list[str]:
        """The names of the members in a folder, without it."""
        return [name.removeprefix(folder) for name in self.members if name.startswith(folder) and name != folder]

    def open(self, name: str) -> IO[bytes]:
        """A member as a stream; zipfile gives no more bytes than were declared, and checks its checksum at the end."""
        if name not in self.members:
            raise self.damaged(name)
        return self._zip.open(self.members[name])

    def read(self, name: str, most: int) -> bytes:
        """A member's content, of at most so many bytes."""
        if name not in self.members or self.size(name) > most:
            raise self.damaged(name)
        try:
            with self.open(name) as file:
                content = file.read(most + 1)
        except Exception as error:  # damage shows in many ways
            raise self.damaged(name) from error
        if len(content) != self.size(name):
            raise self.damaged(name)
        return content

    def read_as(self, kind: TypeAdapter[Kind], name: str, most: int) -> Kind:
        """A member of JSON that says just this."""
        return self.parsed(kind, self.read(name, most), name)

    def parsed(self, kind: TypeAdapter[Kind], content: bytes, name: str) -> Kind:
        try:
            return kind.validate_json(content)
        except ValidationError as error:
            raise self.damaged(name) from error

    def damaged(self, name: str) -> BadInput:
        return BadInput(
            "{name:name} in {path} is damaged, or not as Epochlab writes it. Pack the runs again, and copy the file "
            "anew.",
            path=self.path,
            name=one_line(name, MAX_NAME_CHARS),
        )

    def _manifest(self) -> Manifest:
        if MANIFEST not in self.members:
            raise BadInput(
                "{path} is a ZIP, but no pack of runs: it has no {manifest}. A pack is made with “Pack” on Home.",
                path=self.path,
                manifest=MANIFEST,
            )
        content = self.read(MANIFEST, MAX_MANIFEST_BYTES)
        version = self.parsed(TypeAdapter(Version), content, MANIFEST)  # a newer one may say the rest otherwise
        if version.format > FORMAT or version.store > schema.VERSION:
            raise Problem(
                "{path} was packed by a newer version of Epochlab ({epochlab}), and this one cannot read it. Install "
                "that one here, too.",
                path=self.path,
                epochlab=one_line(version.epochlab, MAX_NAME_CHARS),
            )
        found = self.parsed(TypeAdapter(Manifest), content, MANIFEST)
        if len({run.id for run in found.runs}) != len(found.runs):
            raise self.damaged(MANIFEST)
        return found


class Version(BaseModel):
    """What every version's manifest says."""

    format: int
    store: int
    epochlab: str = ""
