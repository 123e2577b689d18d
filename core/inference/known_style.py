"""The style of the drawings that a run has learnt, as far as it is known on this computer."""

from core.datasets.drawing_style import DrawingStyle
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.inference.drawing_style import drawing_style_of
from core.prepared import prepare
from core.prepared.arrays import Meta
from core.prepared.drawable import is_drawable
from core.runs.store import Run


def known_style(run: Run, meta: Meta, workspace: Workspace) -> DrawingStyle | None:
    """None where the training images are not drawn, or are not at hand; `meta` is what the run says of them."""
    return style_of_data(DataSource.of(run.config.data), workspace)


def style_of_data(source: DataSource, workspace: Workspace) -> DrawingStyle | None:
    """The same of a data set."""
    prepared = prepare.find(source, workspace)
    return drawing_style_of(prepared) if prepared and is_drawable(source, workspace) else None
