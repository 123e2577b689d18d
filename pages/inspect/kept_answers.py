"""What the runs answered, from where it is kept; where it is not yet, a button, the progress, or what went wrong."""

from collections.abc import Sequence

import streamlit as st

from core.datasets.source import DataSource
from core.insight import part_features, predictions
from core.insight.answers import changed
from core.insight.evaluation_job import EvaluationJob, Job, part_name
from core.insight.image_scores import ImageScores, image_scores
from core.insight.part_features import PartFeatures
from core.insight.predictions import Predictions
from core.locale import _, ngettext
from core.runs.store import Run
from pages.components.job_controls import job_controls
from pages.inspect.inspected import Inspected


def answers_or_controls(inspected: Inspected, runs: Sequence[Run], split: str = "") -> dict[str, Predictions] | None:
    """Run id → its predictions on the split, or on the one that is chosen; None while any is missing: then the controls
    that make them are shown."""
    asked = split or inspected.asked
    found = {run.id: kept(inspected, run, asked) for run in runs}
    missing = [EvaluationJob(run, asked, inspected.which, inspected.lab.workspace) for run in runs if not found[run.id]]
    if missing:
        evaluation_controls(missing)
        return None
    return {run: one for run, one in found.items() if one}


def kept(inspected: Inspected, run: Run, asked: str | DataSource) -> Predictions | None:
    """What is kept of a run's checkpoint. `Problem` where the images have changed since."""
    path = inspected.lab.files.checkpoint(run.id, inspected.which)
    found = predictions.find(path, part_name(asked), inspected.version(run))
    if isinstance(asked, DataSource):
        now = inspected.prepared.meta.fingerprint
        return found if found and found.fingerprint == now else None  # it may have changed since: it is shown anew
    prepared = inspected.prepared_of(run)
    if found and found.fingerprint != prepared.meta.fingerprint:
        raise changed(prepared.meta.title, run.name)
    return found


def scores_of(inspected: Inspected, run: Run, found: Predictions, split: str, temperature: float = 1.0) -> ImageScores:
    """Each image's scores, worked out once for a version of the checkpoint."""
    home = str(inspected.lab.workspace.home)
    return cached_scores(found, home, run.id, inspected.which, split, inspected.version(run), temperature)


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_scores(
    _found: Predictions, home: str, run: str, which: str, split: str, version: str, temperature: float
) -> ImageScores:
    return image_scores(_found, temperature)


def features_or_controls(inspected: Inspected, run: Run, asked: str | DataSource) -> PartFeatures | None:
    """What the last layer saw of the images of a part; None while it is missing: then the controls that make it are
    shown. `Problem` of a part that is too large."""
    path = inspected.lab.files.checkpoint(run.id, inspected.which)
    found = part_features.find(path, part_name(asked), inspected.version(run))
    prepared = inspected.prepared if isinstance(asked, DataSource) else inspected.prepared_of(run)
    if found and found.fingerprint == prepared.meta.fingerprint:
        return found
    words = _(
        "For this the model looks at every image once more, and what its last layer sees of it is kept with the run. "
        "It takes seconds, and minutes for large models."
    )
    job_controls([EvaluationJob(run, asked, inspected.which, inspected.lab.workspace)], _("Look at the images"), words)
    return None


def evaluation_controls(jobs: Sequence[Job]) -> None:
    words = ngettext(
        "Every image is shown to the model once, and its answers are kept with the run. It takes seconds, and minutes "
        "for large models.",
        "Every image is shown to each of the {n:count} models once, and their answers are kept with the runs. It takes "
        "seconds, and minutes for large models.",
        len(jobs),
    )
    job_controls(jobs, _("Evaluate"), words)
