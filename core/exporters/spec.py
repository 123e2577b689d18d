"""The description of one form of export for the rest of the program. Reading it imports no torch; writing does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Problem, wrong_ending
from core.files.paths import Workspace
from core.locale import translate
from core.settings.registry import Registry

if TYPE_CHECKING:
    from core.datasets.drawing_style import DrawingStyle
    from core.importing.ground import Ground
    from core.runs.store import Run
    from core.runs.trained import Trained


@dataclass(frozen=True)
class Exported:
    """What leaves: a run, and what one of its checkpoints holds."""

    run: "Run"
    trained: "Trained"
    workspace: Workspace
    which: str = "last"  # the checkpoint: `last` or `best`

    @cached_property
    def style(self) -> "DrawingStyle | None":
        """How the training images are drawn; None where they are not, or that is not known here."""
        from core.inference.known_style import known_style

        return known_style(self.run, self.workspace)

    @cached_property
    def ground(self) -> "Ground | None":
        """What the training images lie on; None where that is not known here."""
        from core.datasets.source import DataSource
        from core.importing.ground import Ground
        from core.inference.image_style import image_style_of
        from core.prepared import prepare

        prepared = prepare.find(DataSource.of(self.run.config.data), self.workspace)
        usual = prepared and image_style_of(prepared)
        return Ground(usual.ground, usual.level) if usual else None


@dataclass(frozen=True)
class Extra:
    """Packages that only some need, an optional dependency in `pyproject.toml`."""

    name: str
    packages: tuple[str, ...]  # as pip calls them
    megabytes: int  # that they take on the disk, with what they need beside torch and numpy
    imports: tuple[str, ...] = ()  # as `import` calls them, where that is otherwise

    def missing(self) -> bool:
        return any(find_spec(package) is None for package in self.imports or self.packages)

    def lacking(self, title: str) -> Problem | None:
        """What has to be installed before the thing of this title, in a sentence."""
        if not self.missing():
            return None
        return Problem(
            "{title} needs packages that are not installed, about {megabytes} MB: pip install {packages}",
            title=title,
            megabytes=self.megabytes,
            packages=" ".join(self.packages),
        )


@dataclass(frozen=True)
class ExporterSpec:
    """One form of export: a file of what a run's checkpoint holds."""

    name: str
    title: str  # on the button
    help: str  # what one does with such a file, in a sentence
    endings: tuple[str, ...]  # of file names that choose it; files of Epochlab get the first
    write: Callable[[Exported], bytes]  # → the file's content
    # Lines of Python before, and the expression that loads the file "{file}" as a state_dict; "" where plain torch
    # cannot.
    imports: str = ""
    loads: str = ""
    # English words for the model card beside the file "{file}"; "" where `loads` says it or a card lies in the file.
    usage: str = ""
    lines: str = ""  # Python that answers “picture.png” with the file FILE, where `loads` does not say how
    order: int = 100  # place among the others
    media_type: str = "application/octet-stream"
    extra: Extra | None = None  # what writing needs beside the app

    def file_name(self, stem: str) -> str:
        return stem + self.endings[0]

    def lines_for(self, filename: str) -> str:
        """`lines` that ask the file of this name."""
        return self.lines.replace("FILE", filename)

    def lacking(self) -> Problem | None:
        """What has to be installed first, in a sentence."""
        return self.extra.lacking(translate(self.title)) if self.extra else None


EXPORTERS: Registry[ExporterSpec] = Registry(
    "exporter", "core.exporters.formats", ExporterSpec, key=lambda spec: (spec.order, spec.name)
)


def exporter_of(filename: str) -> ExporterSpec:
    """The exporter that a file's ending asks for; `BadInput` names the endings there are."""
    ending = Path(filename).suffix.lower()
    for spec in EXPORTERS.entries.values():
        if ending in spec.endings:
            return spec
    raise wrong_ending(filename, ending, [one for spec in EXPORTERS.entries.values() for one in spec.endings])


def settings_name(filename: str) -> str:
    """What the file of the settings that belong to a file is called: those of another form, or of another run under the
    same name, lie beside it."""
    return f"{filename}.json"


def card_name(filename: str) -> str:
    """What the model card of a file is called: several forms of one run may lie side by side, each with its own."""
    return f"{filename}.md"
