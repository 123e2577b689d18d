"""What the runs answered, from where it is kept; where it is not yet, a button, the progress, or what went wrong."""

from collections.abc import Sequence

import streamlit as st

from core.datasets.source import DataSource
from core.errors import Problem
from core.insight import evaluation_job, part_features, predictions
from core.insight.answers import changed
from core.insight.background_job import JobStatus
from core.insight.evaluation_job import EvaluationJob, Job, MapJob, part_name
from core.insight.image_scores import ImageScores, image_scores
from core.insight.part_features import PartFeatures
from core.insight.predictions import Predictions
from core.locale import _, ngettext
from core.runs.store import Run
from pages.components import frame
from pages.components.markdown import escape_markdown
from pages.inspect.inspected import Inspected

POLL_INTERVAL_S = 0.5  # seconds between two looks at an evaluation
ASKED = "evaluations_asked"  # in the session: the logs of those that were asked for and are not done


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


def job_controls(jobs: Sequence[Job], label: str, words: str, key: str = "evaluate") -> None:
    """A button that starts what is missing, or how far it is."""
    asked = st.session_state.setdefault(ASKED, [])
    waiting = [job for job in jobs if str(job.log) in asked]
    if waiting:
        st.fragment(evaluation_progress, run_every=POLL_INTERVAL_S)(waiting, key)
        return
    for job in jobs:
        if (status := evaluation_job.status(job)).state == "failed":
            frame.show_problem(Problem("{name:name}: {error}", name=job.run.name, error=status.error))
    if st.button(label, type="primary", icon=":material/calculate:", key=key):
        for job in jobs:
            evaluation_job.cancel(job)  # forget how an earlier one ended
        st.session_state[ASKED] = [str(job.log) for job in jobs]
        st.rerun()
    st.caption(words)


@frame.show_problems()
def evaluation_progress(jobs: Sequence[Job], key: str) -> None:
    """Redraws itself alone; the whole page once all have ended. They are at work one after the other."""
    waiting = []
    for job in jobs:
        status = evaluation_job.status(job)
        if status.state == "absent":
            evaluation_job.start(job)  # unless another one is at work: then at a later tick
            status = evaluation_job.status(job)
        if status.state in ("absent", "running"):
            waiting.append(job)
            st.progress(status.done / status.total if status.total else 0.0, text=progress_text(job, status))
    if not waiting:
        st.session_state[ASKED] = []
        st.rerun()
    if st.button(_("Cancel"), icon=":material/close:", key=f"cancel-{key}"):
        st.session_state[ASKED] = []
        for job in jobs:
            evaluation_job.cancel(job)
        st.rerun()


def progress_text(job: Job, status: JobStatus) -> str:
    """`quick: 1 200 of 10 000 images, 3 s left`."""
    name = escape_markdown(job.run.name)
    if status.state == "absent":
        return _("{name}: waits until other work is done", name=name)
    if not status.total:
        return _("{name}: PyTorch is being loaded, which takes a few seconds", name=name)
    values = {"name": name, "done": status.done, "total": status.total}
    steps = isinstance(job, MapJob)
    if steps and not status.done:
        return _("{name}: the nearest images of each are looked for", name=name)
    text = (
        _("{name}: {done:count} of {total:count} steps", **values)
        if steps
        else _("{name}: {done:count} of {total:count} images", **values)
    )
    if status.seconds_left is None:
        return text
    return _("{progress}, {left:duration} left", progress=text, left=status.seconds_left)
