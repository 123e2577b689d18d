"""The style of the drawings that a run has learnt, as far as it is known on this computer: measured where its data set
is prepared, and kept with the run or brought along by a pack where it is not."""

from contextlib import suppress

from core.datasets.catalog import catalog
from core.datasets.drawing_style import FILE, SQUARE, DrawingStyle
from core.datasets.source import DataSource
from core.errors import Problem
from core.files import atomic
from core.files.paths import Workspace
from core.prepared import prepare
from core.prepared.arrays import Meta
from core.prepared.drawable import is_drawable
from core.runs.store import Run

LEAST = 0.05  # pixels of a stroke and of a drawing, in a style that a stranger gives


def known_style(run: Run, workspace: Workspace) -> DrawingStyle | None:
    """None where the training images are not drawn, or are not known."""
    source = DataSource.of(run.config.data)
    prepared = prepare.find(source, workspace)
    kept = None if prepared else kept_style(run.id, workspace)
    found = kept or style_of_data(source, workspace)
    if found and prepared and prepared.meta.fingerprint == run.fingerprint:
        keep_style(found, run.id, workspace)
    return found


def learnt_drawings(run: Run, workspace: Workspace) -> bool:
    """Whether a drawing makes sense to a run's model, as far as that is known here."""
    source = DataSource.of(run.config.data)
    gone = prepare.find(source, workspace) is None
    return is_drawable(source, workspace) or (gone and kept_style(run.id, workspace) is not None)


def style_of_data(source: DataSource, workspace: Workspace) -> DrawingStyle | None:
    """That of a data set; None where its images are not drawn, or that is not known."""
    prepared = prepare.find(source, workspace)
    if prepared is None:
        entry = catalog().get(source.name)
        return entry.measured.style if entry and entry.measured else None
    if not is_drawable(source, workspace):
        return None
    from core.inference.drawing_style import drawing_style_of

    return drawing_style_of(prepared)


def require_style(run: Run, workspace: Workspace) -> DrawingStyle:
    """That of images which are drawn; `Problem` with what to do where it is not known."""
    from core.inference.drawing_style import drawing_style_of

    found = known_style(run, workspace)
    return found or drawing_style_of(prepare.require(DataSource.of(run.config.data), workspace))


def kept_style(run: str, workspace: Workspace) -> DrawingStyle | None:
    """The style that came with a run."""
    try:
        return DrawingStyle.model_validate_json((workspace.run(run) / FILE).read_bytes())
    except (OSError, ValueError):
        return None


def keep_style(style: DrawingStyle, run: str, workspace: Workspace) -> None:
    """Keep it with a run, for when the images are gone. A folder that cannot be written is no harm."""
    folder = workspace.run(run)
    if folder.is_dir() and not (folder / FILE).exists():
        with suppress(Problem):
            atomic.write(style.model_dump_json().encode(), folder / FILE)


def checked_style(content: bytes, meta: Meta) -> DrawingStyle:
    """A stranger's file, read. ValueError where it is no style of such images."""
    style = DrawingStyle.model_validate_json(content)
    height, width = meta.size or (SQUARE, SQUARE)
    longer = max(height, width)
    lengths = (style.stroke, style.thickest, style.extent)
    places = (style.blur, style.margin or 0, *style.centre)
    right = all(LEAST <= one <= longer for one in lengths) and all(0 <= one <= longer for one in places)
    if style.size != (height, width) or not right:
        raise ValueError("no style of these images")
    return style


def packed_style(run: Run, workspace: Workspace) -> str:
    """The style as JSON that goes with a run; "" where there is none."""
    try:
        style = known_style(run, workspace)
    except Problem:  # its images are blank, or gone
        style = None
    return style.model_dump_json() if style else ""
