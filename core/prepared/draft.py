"""The list of edits of a data set that a person works on. What changes it reads it anew under a lock, so that two tabs
lose nothing of each other."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np

from core.datasets.class_names import class_name
from core.datasets.edits import (
    MAX_NOTE_CHARS,
    SPLITS,
    Action,
    Edit,
    count_of,
    from_text,
    image_digest,
    merged,
    now,
    to_text,
    version_name,
)
from core.datasets.source import DataSource
from core.errors import BadInput, Unwritable, reason, unknown
from core.files import atomic
from core.files.paths import Workspace
from core.files.png import png
from core.prepared.arrays import Prepared
from core.prepared.edited import Overlay, overlay, require_trainable, resolve
from core.prepared.versions import (
    LIST,
    Version,
    edits_lock,
    edits_of,
    folder_of,
    images_folder,
    saved_as,
    version_file,
    versions,
)
from core.sanitize import one_line


class Draft:
    """The edits that a person works on. `prepared` is the set as it came; images are named by their places in it.

    Every method that changes something raises `Unwritable` when the disk refuses."""

    def __init__(self, source: DataSource, prepared: Prepared, workspace: Workspace) -> None:
        self.source, self.prepared, self.workspace = source.base, prepared, workspace
        self.file = folder_of(source, workspace) / LIST

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All of them, the oldest first; `BadInput` where the file is damaged."""
        try:
            return from_text(self.file.read_text("utf-8"))
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(
                "{file} cannot be read: {reason}. Move it away to begin with an empty list.",
                file=self.file,
                reason=reason(error),
            ) from error

    @property
    def overlay(self) -> Overlay:
        """What the edits make of the images."""
        return overlay(self.prepared, self.edits)

    # One image or several

    def relabel(self, places: Collection[int], name: str) -> None:
        """Give images another class, which may be a new one; their own one takes an earlier edit back."""
        name = class_name(name)
        self._change("relabel", places, name, lambda place: self.prepared.meta.classes[self.prepared.labels[place]])

    def exclude(self, places: Collection[int]) -> None:
        """Leave images out."""
        self._change("exclude", places, "", lambda place: "")

    def move(self, places: Collection[int], split: str) -> None:
        """Put images into another split; their own one takes an earlier edit back."""
        if split not in SPLITS:
            raise unknown("split", split, SPLITS)
        self._change("move", places, split, lambda place: self.prepared.address(place)[0])

    def keep(self, places: Collection[int]) -> None:
        """Note that a person has looked at images and found them right."""
        self._change("keep", places, "", lambda place: "")

    def note(self, places: Collection[int], words: str) -> None:
        """Keep words about images; none take earlier ones back."""
        self._change("note", places, one_line(words, MAX_NOTE_CHARS), lambda place: "")

    def add(self, images: Sequence[np.ndarray], name: str, split: str) -> int:
        """Add images of a class, (H, W, C) uint8 each, with the channels of the set and, where it has one, its size;
        `ValueError` for others. One that was added before is not added again. Returns how many are new."""
        name, meta = class_name(name), self.prepared.meta
        if split not in SPLITS:
            raise unknown("split", split, SPLITS)
        folder, new = images_folder(self.source, self.workspace), []
        for image in images:
            if image.shape[2] != meta.channels or (meta.size and image.shape[:2] != meta.size):
                raise ValueError(f"an image of {image.shape} does not fit {meta.title}")
            digest = image_digest(image)
            new.append(Edit("add", split, None, f"{digest}.png", digest, "", name, now()))
        with self._locked():
            for edit, image in zip(new, images, strict=True):
                if not (folder / edit.file).exists():
                    atomic.write(png(image), folder / edit.file)
            known = {edit.digest for edit in self.edits if edit.action == "add"}
            self._write([*self.edits, *new])
        return len({edit.digest for edit in new} - known)

    # The list

    def undo(self, *taken_back: Edit) -> None:
        """Take edits back."""
        self.replace(taken_back, ())

    def replace(self, gone: Collection[Edit], back: Sequence[Edit]) -> None:
        """Take edits back, and put others in, such as those that they had replaced."""
        with self._locked():
            self._write([*(edit for edit in self.edits if edit not in gone), *back])

    def take_over(self, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        """Add the edits of another list, whose places follow the images if these stand elsewhere here; the set says
        what an image was before. Returns those whose image this set does not have: they are left away, as are images
        that were added, whose files a list does not carry."""
        places, unmatched = resolve(self.prepared, edits)
        folder = images_folder(self.source, self.workspace)
        found = []
        for edit in edits:
            if edit in places:
                found.append(self._as_here(edit, places[edit]))
            elif edit.number is None and (folder / f"{edit.digest}.png").exists():
                found.append(edit)
            elif edit not in unmatched:
                unmatched += (edit,)
        with self._locked():
            self._write([*self.edits, *found])
        return unmatched

    def _as_here(self, edit: Edit, place: int) -> Edit:
        """The same of the image at a place of this set, and of what this set says of it."""
        split, number = self.prepared.address(place)
        own = {"relabel": self.prepared.meta.classes[self.prepared.labels[place]], "move": split}
        return replace(edit, split=split, number=number, file=self.prepared.file(place), was=own.get(edit.action, ""))

    def save(self, name: str) -> Version:
        """Keep the edits as a version of that name. `BadInput` where they change nothing, leave too little, or where
        a version has these edits or this name already."""
        source = replace(self.source, version=version_name(name))
        with self._locked():
            edits = self.edits
            if not count_of(edits):
                raise BadInput("There is no edit yet that changes anything: correct a label or leave an image out.")
            require_trainable(self.prepared, overlay(self.prepared, edits))
            if same := saved_as(edits, self.source, self.workspace):
                raise BadInput("These edits are saved as version {name:name} already.", name=same.name)
            file = version_file(source, self.workspace)
            if source.version.casefold() in {one.stem.casefold() for one in file.parent.glob("*.csv")}:
                raise BadInput("There is a version {name:name} already. Choose another name.", name=source.version)
            atomic.write(to_text(edits).encode(), file)
        return Version(source, count_of(edits))

    def restore(self, version: DataSource) -> None:
        """Go on from the edits of a saved version, in place of those in the list."""
        edits = edits_of(version, self.workspace)
        with self._locked():
            self._write(edits)

    def free_name(self) -> str:
        """A name for the next version: `v2`, `v3`, …"""
        taken = {version.name.casefold() for version in versions(self.source, self.workspace)}
        number = len(taken) + 2
        while f"v{number}" in taken:
            number += 1
        return f"v{number}"

    def _change(self, action: Action, places: Collection[int], value: str, was: Callable[[int], str]) -> None:
        """Put an edit into the list for each image."""
        made, new = now(), []
        for place in map(int, places):
            image = image_digest(self.prepared.image(place))
            new.append(
                Edit(action, *self.prepared.address(place), self.prepared.file(place), image, was(place), value, made)
            )
        with self._locked():
            self._write([*self.edits, *new])

    def _locked(self) -> AbstractContextManager[object]:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unwritable(
                "{folder} cannot be made ({reason}). Check the space and the permissions.",
                folder=self.file.parent,
                reason=reason(error),
            ) from error
        return edits_lock(self.source, self.workspace)

    def _write(self, edits: Sequence[Edit]) -> None:
        told = [edit for edit in merged(edits) if not says_nothing(edit)]
        atomic.write(to_text(told).encode(), self.file)


def says_nothing(edit: Edit) -> bool:
    """Whether it says of an image what the set says itself."""
    return edit.action in ("relabel", "move", "note") and edit.value == edit.was
