"""Another labelled set for a trained model: its images under the model's classes, matched by name."""

import numpy as np

from core.datasets.class_names import class_places
from core.datasets.folder_layout import FolderLayout
from core.datasets.source import DataSource
from core.errors import BadInput
from core.locale import _, ngettext
from core.prepared.arrays import Prepared
from core.sanitize import listed
from core.settings.fields import Settings

OTHER_DATA = "data"  # what an evaluation calls the split


class OtherData(Settings):
    """Where the images are from, and which classes have no counterpart."""

    name: str  # of the data set, as settings call it
    path: str | None
    layout: FolderLayout
    version: str = ""  # of the data set
    columns: str = ""  # of its table
    title: str
    fingerprint: str
    unmatched: dict[str, int]  # class of the set that the model does not know → its images, which are left out
    missing: tuple[str, ...]  # classes of the model without an image in the set
    compared: bool = True  # whether it could be told which of the images the run learned from

    @property
    def source(self) -> DataSource:
        return DataSource.of(self)

    @property
    def words(self) -> list[str]:
        """What was left out, in sentences; none where all classes match."""
        found = []
        if self.unmatched:
            images = sum(self.unmatched.values())
            found.append(
                ngettext(
                    "{n:count} image is left out, as the model knows no class of that name: {names}.",
                    "{n:count} images are left out, as the model knows no class of these names: {names}.",
                    images,
                    names=listed(list(self.unmatched)),
                )
            )
        if self.missing:
            found.append(
                ngettext(
                    "{n:count} class of the model has no image here: {names}.",
                    "{n:count} classes of the model have no image here: {names}.",
                    len(self.missing),
                    names=listed(self.missing),
                )
            )
        if not self.compared:
            found.append(
                _("Whether it learned from some of these images cannot be told: its own images are not prepared here.")
            )
        return found


class Matched(Prepared):
    """A prepared set as a model with other classes sees it: `labels` are places in the model's list, −1 where it knows
    no such class. A class is known by its name, or by what a folder of that name is called."""

    def __init__(self, prepared: Prepared, classes: tuple[str, ...]) -> None:
        super().__init__(prepared.folder)
        places = class_places(classes)
        table = np.array([places.get(name, -1) for name in prepared.meta.classes], np.int64)
        self.meta = prepared.meta.model_copy(update={"classes": classes})
        self.labels = table[np.asarray(prepared.labels)]


def matched(prepared: Prepared, source: DataSource, classes: tuple[str, ...]) -> tuple[Matched, OtherData]:
    """The set under the model's classes, and what has no counterpart. `BadInput` where no class has one."""
    own, places = prepared.meta.classes, class_places(classes)
    found = {places[name] for name in own if name in places}
    if not found:
        raise BadInput(
            "No class of {title:name} is one that the model knows. It has: {own}. The model knows: {classes}. Name the "
            "folders as the classes of the model.",
            title=prepared.meta.title,
            own=listed(own),
            classes=listed(classes),
        )
    counts = np.bincount(np.asarray(prepared.labels), minlength=len(own))
    unmatched = {name: int(counts[place]) for place, name in enumerate(own) if name not in places}
    other = OtherData(
        name=source.name,
        path=None if source.path is None else str(source.place),
        layout=source.layout,
        version=source.version,
        columns=source.columns,
        title=prepared.meta.title,
        fingerprint=prepared.meta.fingerprint,
        unmatched=unmatched,
        missing=tuple(name for place, name in enumerate(classes) if place not in found),
    )
    return Matched(prepared, classes), other


def part_of(source: DataSource) -> str:
    """What the part is called that a whole other set is."""
    return f"{OTHER_DATA}-{source.key}"
