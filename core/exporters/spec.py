"""The description of one form of export for the rest of the program. Reading it imports no torch; writing does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.settings.registry import Registry

if TYPE_CHECKING:
    from core.runs.trained import Trained


@dataclass(frozen=True)
class ExporterSpec:
    """One form of export: a file with the weights of a run's checkpoint."""

    name: str
    title: str  # on the button
    help: str  # what one does with such a file, in a sentence
    endings: tuple[str, ...]  # of file names that choose it; files of Epochlab get the first
    write: "Callable[[Trained, str], bytes]"  # (model, the run's name) → the file
    # Lines of Python before, and the expression that loads the file "{file}" as a state_dict; "" where plain torch
    # cannot.
    imports: str = ""
    loads: str = ""
    order: int = 100  # place among the others
    media_type: str = "application/octet-stream"

    def file_name(self, stem: str) -> str:
        return stem + self.endings[0]


EXPORTERS: Registry[ExporterSpec] = Registry(
    "exporter", "core.exporters.formats", ExporterSpec, key=lambda spec: (spec.order, spec.name)
)


def exporter_of(filename: str) -> ExporterSpec:
    """The exporter that a file's ending asks for; `BadInput` names the endings there are."""
    ending = Path(filename).suffix.lower()
    for spec in EXPORTERS.entries.values():
        if ending in spec.endings:
            return spec
    have = ", ".join(one for spec in EXPORTERS.entries.values() for one in spec.endings)
    raise BadInput(
        "{file:name} ends in {ending}; allowed: {have}", file=filename, ending=ending or "nothing", have=have
    )
