"""Which data set is meant: a built-in one by its name, or the images in a folder or ZIP by its path."""

import hashlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, get_args

from core.datasets.catalog import FOLDER, spec
from core.datasets.edits import version_name
from core.datasets.folder_layout import FolderLayout
from core.errors import BadInput, unknown
from core.files.paths import resolved
from core.locale.messages import SettingName

SOURCE_SETTINGS = (
    "data.name",
    "data.path",
    "data.layout",
    "data.version",
    "data.columns",
)  # which of a run's settings name its data set
SLUG = 40  # characters of a folder's name that its place in the cache repeats


class NamesDataSet(Protocol):
    """An object that names its data set: settings, or the description of a prepared set."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str | None: ...

    @property
    def layout(self) -> FolderLayout: ...

    @property
    def version(self) -> str: ...

    @property
    def columns(self) -> str: ...


@dataclass(frozen=True)
class DataSource:
    """One data set. `name` is that of a built-in set, or `folder`, and then `path` says where the images are, `layout`
    how its folders are read, and `columns` which columns of a table are which. `version` names what a person's edits
    made of it; "" is the set as it came.

    `BadInput` for an unknown name, and for a path or a layout beside a built-in's. A folder that is still to be
    chosen has no path; reading its place raises `BadInput`. Making a DataSource reads no disk.
    """

    name: str
    path: str | None = None
    layout: FolderLayout = "auto"
    version: str = ""
    columns: str = ""

    def __post_init__(self) -> None:
        if self.version and version_name(self.version) != self.version:
            raise BadInput("{version:name} is no name of a version.", version=self.version)
        if self.is_folder:
            return
        spec(self.name)
        own = (("path", self.path, None), ("layout", self.layout, "auto"), ("columns", self.columns, ""))
        for name, value, none in own:
            if value != none:
                raise BadInput(
                    "{setting} is {value!r}; it is only for {choosing}={folder}",
                    setting=SettingName(f"data.{name}"),
                    value=value,
                    choosing=SettingName("data.name"),
                    folder=FOLDER,
                )

    @classmethod
    def of(cls, named: NamesDataSet) -> "DataSource":
        """The data set of a run's `config.data`, or of a prepared set's `meta`."""
        return cls(named.name, named.path, named.layout, named.version, named.columns)

    @property
    def is_folder(self) -> bool:
        """Whether it is an image folder or ZIP."""
        return self.name == FOLDER

    @property
    def place(self) -> Path:
        """Where the folder or ZIP is: the one absolute path."""
        if not self.path:
            raise BadInput(
                "an image folder needs a path: set {setting} to a folder or a ZIP file",
                setting=SettingName("data.path"),
            )
        return resolved(self.path)

    @property
    def key(self) -> str:
        """Its folder's name in the cache: the data set's, or one made from the path."""
        version = f"@{self.version}" if self.version else ""
        if not self.is_folder:
            return self.name + version
        place = self.place
        slug = re.sub(r"[^a-z0-9]+", "-", place.stem.lower()).strip("-")[:SLUG] or "images"
        way = "" if self.layout == "auto" else f"-{self.layout}"
        way += f"-{short_hash(self.columns)}" if self.columns else ""
        return f"{FOLDER}-{slug}-{short_hash(place)}{way}{version}"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a run that name it: dotted name → value."""
        values = (self.name, self.path, self.layout, self.version, self.columns)
        return dict(zip(SOURCE_SETTINGS, values, strict=True))

    @property
    def options(self) -> list[str]:
        """The options of a command that name it beside its name or path."""
        version = ["--version", self.version] if self.version else []
        columns = ["--columns", self.columns] if self.columns else []
        return [*(["--layout", self.layout] if self.is_folder else []), *version, *columns]

    @property
    def title(self) -> str:
        """Its name in messages."""
        title = self.place.name if self.is_folder else spec(self.name).title
        return with_version(title, self.version)

    @property
    def base(self) -> "DataSource":
        """The set as it came, without a person's edits."""
        return replace(self, version="")


def with_version(title: str, version: str) -> str:
    """What a version of a data set is called beside the title of the set."""
    return f"{title} · {version}" if version else title


def layout_named(name: str) -> FolderLayout:
    """The way of reading folders that is called so; `BadInput` names the choices."""
    for layout in get_args(FolderLayout):
        if layout == name:
            found: FolderLayout = layout
            return found
    raise unknown("layout", name, get_args(FolderLayout))


def short_hash(path: Path | str) -> str:
    """Eight letters that tell one path or text from another."""
    return hashlib.blake2b(os.fsencode(path), digest_size=4).hexdigest()
