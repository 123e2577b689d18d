"""Which data set is meant: a built-in one by its name, or the images in a folder or ZIP by its path."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.datasets.catalog import FOLDER, spec
from core.errors import BadInput
from core.files.paths import resolved
from core.locale.messages import SettingName

SLUG = 40  # characters of a folder's name that its place in the cache repeats


class Named(Protocol):
    """What says which data set it is about: settings, or the description of a prepared set."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str | None: ...


@dataclass(frozen=True)
class DataSource:
    """One data set. `name` is that of a built-in set, or `folder`, and then `path` says where the images are.

    `BadInput` for an unknown name, and for a path beside a built-in's. A folder that is still to be chosen has no
    path; asking it for its place is `BadInput`. Making one looks at no disk.
    """

    name: str
    path: str | None = None

    def __post_init__(self) -> None:
        if self.is_folder:
            return
        spec(self.name)
        if self.path is not None:
            raise BadInput(
                "{setting} is {path!r}; it is only for {choosing}={folder}",
                setting=SettingName("data.path"),
                path=self.path,
                choosing=SettingName("data.name"),
                folder=FOLDER,
            )

    @classmethod
    def of(cls, named: Named) -> "DataSource":
        """The data set of a run's `config.data`, or of a prepared set's `meta`."""
        return cls(named.name, named.path)

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
        if not self.is_folder:
            return self.name
        place = self.place
        slug = re.sub(r"[^a-z0-9]+", "-", place.stem.lower()).strip("-")[:SLUG] or "images"
        return f"{FOLDER}-{slug}-{short_hash(place)}"

    @property
    def title(self) -> str:
        """What a sentence calls it."""
        return self.place.name if self.is_folder else spec(self.name).title


def short_hash(path: Path) -> str:
    """Eight letters that tell one path from another."""
    return hashlib.blake2b(os.fsencode(path), digest_size=4).hexdigest()
