"""Work on trained runs in processes of their own: a button that begins it, how far it is, how much time is left, and a
way to stop it."""

from collections.abc import Sequence

import streamlit as st

from core.errors import Problem
from core.insight import evaluation_job
from core.insight.background_job import JobStatus
from core.insight.evaluation_job import Job, MapJob
from core.locale import _
from pages.components import frame
from pages.components.markdown import escape_markdown

POLL_INTERVAL_S = 0.5  # seconds between two looks at the work
ASKED = "evaluations_asked"  # in the session: the logs of those that were asked for and are not done


def job_controls(jobs: Sequence[Job], label: str, words: str, key: str = "evaluate", *, primary: bool = True) -> None:
    """A button that starts what is missing, or how far it is."""
    asked = st.session_state.setdefault(ASKED, [])
    waiting = [job for job in jobs if str(job.log) in asked]
    if waiting:
        st.fragment(evaluation_progress, run_every=POLL_INTERVAL_S)(waiting, key)
        return
    for job in jobs:
        if (status := evaluation_job.status(job)).state == "failed":
            frame.show_problem(Problem("{name:name}: {error}", name=job.run.name, error=status.error))
    if st.button(label, type="primary" if primary else "secondary", icon=":material/calculate:", key=key):
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
