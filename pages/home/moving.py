"""Runs as one file for another computer, and the runs of such a file brought here."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.datasets.progress import PrepareProgress
from core.errors import Problem
from core.insight.background_job import Jobs
from core.locale import N_, _, ngettext
from core.packing import jobs
from core.packing.jobs import PackJob, UnpackJob
from core.program import COMMAND
from core.runs.lab import Lab
from core.sanitize import listed
from pages.components import frame
from pages.components.exports_route import download_link
from pages.components.markdown import escape_markdown
from pages.components.page_list import COMPARE
from pages.components.preparing import progress_fraction, progress_text
from pages.components.run_picker import run_titles

POLL_INTERVAL_S = 0.5  # seconds between two looks at the work
MAX_UPLOAD_MB = 2048  # as the server allows
CHOSEN, DATA, WITHOUT_EPOCHS = "pack-runs", "pack-data", "pack-without-epochs"  # the keys of what is chosen
MAX_LINKED = 20  # runs that a link to Compare names


def moving(lab: Lab) -> None:
    """Pack and unpack, folded away where nothing is at work; drawn while it is open, as its code takes the browser of
    a newcomer a fifth of a second."""
    there, here = PackJob((), False, lab.workspace), UnpackJob(lab.workspace.home, lab.workspace)
    states = jobs.pack_jobs.status(there).state, jobs.unpack_jobs.status(here).state
    busy = any(state != "absent" for state in states)
    fold = st.expander(_("Move to another computer"), icon=":material/drive_file_move:", expanded=busy,
                       on_change="rerun", key=f"moving-{busy}")  # fmt: skip
    if not fold.open:
        return
    with fold:
        st.markdown(
            _(
                "Runs become one file, with their settings, curves, weights and checkpoints. On another computer they "
                "can be looked at, tried on drawings and pictures, exported, and trained further."
            )
        )
        left, right = st.columns(2, gap="large")
        with left, frame.show_problems():
            st.markdown(f"**{_('Take runs away')}**")
            if not working(there, jobs.pack_jobs, N_("packing"), "pack", lab):
                pack_form(lab)
        with right, frame.show_problems():
            st.markdown(f"**{_('Bring runs here')}**")
            if not working(here, jobs.unpack_jobs, N_("checking"), "unpack", lab):
                unpack_form(here, lab)


def pack_form(lab: Lab) -> None:
    ready = [run for run in lab.runs() if not run.active]
    if not ready:
        st.caption(_("There is none yet that has been trained."))
        return
    titles = run_titles(ready)
    keep_chosen(titles)
    chosen = st.multiselect(
        _("Runs to pack"), list(titles), format_func=lambda run: titles.get(run, run), placeholder=_("All runs"),
        key=CHOSEN,
    )  # fmt: skip
    data = st.toggle(_("With imported images"), key=DATA, help=_(
        "The images of your own data sets as they were prepared, so that runs can be measured and trained further "
        "there. Built-in sets are prepared there as they were here."
    ))  # fmt: skip
    epochs = True
    if saved := sum(lab.files.epoch_bytes(run) for run in chosen or titles):
        epochs = not st.toggle(_("Best and last checkpoints only"), key=WITHOUT_EPOCHS)
        st.caption(_("Without those of single epochs the file is {size:size} smaller, and its runs can be forked after "
                     "their best and their last epoch alone.", size=saved))  # fmt: skip
    job = PackJob(chosen, data, lab.workspace, epochs)
    if st.button(_("Pack"), icon=":material/folder_zip:", key="pack"):
        jobs.pack_jobs.cancel(job)  # forget how an earlier one ended
        job.file.unlink(missing_ok=True)
        jobs.pack_jobs.start(job)
        st.rerun()
    if job.file.exists():
        told = jobs.result(job)
        show_left_out(told)
        download_link(job.file, _("Download the file, {size:size}", size=job.file.stat().st_size), _("runs"))
        if packed := [titles[run] for run in told.get("runs", []) if run in titles]:
            st.caption(escape_markdown(_("In it: {names}", names=listed(packed))))
        st.caption(escape_markdown(_("It lies at {path}", path=job.file)))
        for words in told.get("told", []):
            st.caption(escape_markdown(words))


def keep_chosen(titles: Mapping[str, str]) -> None:
    """What was chosen stays while the file is made and the controls are not drawn; of the runs, those that are left."""
    for key in (CHOSEN, DATA, WITHOUT_EPOCHS):
        if key in st.session_state:
            st.session_state[f"kept-{key}"] = st.session_state[key]
        elif f"kept-{key}" in st.session_state:
            st.session_state[key] = st.session_state[f"kept-{key}"]
    if CHOSEN in st.session_state:
        st.session_state[CHOSEN] = [run for run in st.session_state[CHOSEN] if run in titles]


def unpack_form(job: UnpackJob, lab: Lab) -> None:
    upload = st.file_uploader(_("A file of runs"), type=["zip"], max_upload_size=MAX_UPLOAD_MB, key="unpack-file")
    if upload and st.button(_("Unpack"), type="primary", icon=":material/unarchive:", key="unpack"):
        jobs.unpack_jobs.cancel(job)
        jobs.unpack_jobs.start(UnpackJob(jobs.keep_upload(upload.name, upload, lab.workspace), lab.workspace))
        st.rerun()
    told = jobs.result(job)
    if told:
        new, known = list(told["runs"].values()), list(told["here"].values())
        words = []
        if new:
            words.append(ngettext("{n:count} run is new here.", "{n:count} runs are new here.", len(new)))
        if known:
            words.append(ngettext("{n:count} run was here already.", "{n:count} runs were here already.", len(known)))
        if words:
            st.success(" ".join(words), icon=":material/check:")
        if shown := (new or known)[:MAX_LINKED]:
            st.page_link(COMPARE.file, label=_("Look at them"), icon=COMPARE.icon,
                         query_params={"runs": ",".join(shown)})  # fmt: skip
        show_left_out(told)
        for one in told["told"]:
            st.caption(escape_markdown(one))
    st.caption(_("A larger one: `{command} unpack FILE`", command=COMMAND))


def show_left_out(told: Mapping[str, Any]) -> None:
    """The runs that could not be taken, and why."""
    for words in told.get("left_out", []):
        st.warning(escape_markdown(words), icon=":material/warning:")


def working(job: PackJob | UnpackJob, kind: Jobs, stage: str, key: str, lab: Lab) -> bool:
    """How far the work is, with a way to stop it; False, with what went wrong, where none is at work."""
    status = kind.status(job)
    if status.state == "running":
        stop = partial(stopped, job, kind, lab)
        st.fragment(progress, run_every=POLL_INTERVAL_S)(job, kind, stage, key, stop)
        return True
    if kind is jobs.unpack_jobs and status.state in ("done", "failed"):  # else somebody may be sending one
        jobs.forget_upload(lab.workspace)
    if status.state == "failed":
        frame.show_problem(Problem(status.error))
    return False


def stopped(job: PackJob | UnpackJob, kind: Jobs, lab: Lab) -> None:
    kind.cancel(job)
    if kind is jobs.unpack_jobs:
        jobs.forget_upload(lab.workspace)
    lab.deletion.tidy()  # what it has left


@frame.show_problems()
def progress(job: PackJob | UnpackJob, kind: Jobs, stage: str, key: str, stop: Callable[[], None]) -> None:
    """Redraws itself alone; the whole page once the work has ended."""
    status = kind.status(job)
    if status.state != "running":
        st.rerun()
    report = PrepareProgress(stage, status.done, status.total, "bytes") if status.total else None
    st.progress(progress_fraction(report), text=progress_text(report, status.seconds_left))
    if st.button(_("Cancel"), icon=":material/close:", key=f"cancel-{key}"):
        stop()
        st.rerun()
