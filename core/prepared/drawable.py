"""Whether a pen can draw what a data set shows: as was found when it was prepared, or as a person says."""

import json
from pathlib import Path

from core.datasets.catalog import spec
from core.datasets.source import DataSource
from core.files import atomic
from core.files.paths import Workspace
from core.prepared.prepare import find


def is_drawable(source: DataSource, workspace: Workspace) -> bool:
    """Whether a drawing on a canvas makes sense to a model of this data set; an import has to be prepared for it."""
    said = _said(workspace).get(source.base.key)
    return found_drawable(source, workspace) if said is None else said


def found_drawable(source: DataSource, workspace: Workspace) -> bool:
    """The same without what a person said."""
    if not source.is_folder:
        return spec(source.name).drawable
    prepared = find(source, workspace)
    return prepared is not None and prepared.meta.drawable


def say_drawable(source: DataSource, workspace: Workspace, drawable: bool) -> None:
    """Keep what a person says, beyond the data set's being prepared anew; what was found needs no keeping.
    Raises `Unwritable` when the disk refuses."""
    said = _said(workspace) | {source.base.key: drawable}
    if drawable == found_drawable(source, workspace):
        del said[source.base.key]
    atomic.write(json.dumps(said).encode(), _file(workspace))


def _said(workspace: Workspace) -> dict[str, bool]:
    try:
        said = json.loads(_file(workspace).read_bytes())
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in said.items() if isinstance(value, bool)} if isinstance(said, dict) else {}


def _file(workspace: Workspace) -> Path:
    return workspace.home / "drawable.json"
