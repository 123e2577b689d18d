"""The data of a run for those who only write about it: prepared, or as far as a checkpoint or an entry describes it."""

from core.datasets.catalog import spec
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared import prepare
from core.prepared.arrays import Meta, Prepared
from core.prepared.described import described, description
from core.runs.store import Run


def data_of_run(run: Run, workspace: Workspace) -> Prepared | None:
    """None where the run has no checkpoint yet, and its data set is neither prepared nor comes by name."""
    source = DataSource.of(run.config.data)
    if found := prepare.find(source, workspace):
        return found
    from core.training import checkpoint  # brings torch

    path = checkpoint.checkpoint_path(workspace.run(run.id), checkpoint.LAST)
    if path.exists():
        return described(Meta.model_validate_json(checkpoint.load(path)["meta"]))
    return data_of(source, workspace)


def data_of(source: DataSource, workspace: Workspace) -> Prepared | None:
    """None for images of one's own that are not prepared."""
    if found := prepare.find(source, workspace):
        return found
    return None if source.is_folder or source.version else described(description(spec(source.name)))
