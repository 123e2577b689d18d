"""The code behind the form, and behind a run: the script of plain PyTorch, part by part, each to be copied."""

from difflib import ndiff

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.naming import file_name
from core.runs.store import Run
from core.script.forms import FORMS
from core.script.text import Script
from pages.components import background, frame
from pages.components.code_panel import code_box
from pages.train.draft import Checked
from pages.train.result import download_file

LAST_CODE = "last_code"  # in the session: the text that the panel of the form showed last, and what changed it


def code_of_form(checked: Checked, prepared: Prepared | None) -> None:
    """The script for the settings of the form, with what the last change of them did to it. Made while it is open."""
    if not (box := code_box("fold-code")):
        return
    with box, frame.show_problems():
        if checked.config is None or prepared is None:
            st.caption(_("The code is written once the settings are right and the data set is prepared."))
        elif not background.lacks_torch():
            script = written(checked.config.to_json(), prepared.meta.fingerprint, prepared, exact=False)
            show_change(script.text)
            show_parts(script)


def code_of_run(run: Run, lab: Lab) -> None:
    """The script of a run as files, and part by part. Made while it is open."""
    if not (box := code_box(f"code-{run.id}")):
        return
    with box, frame.show_problems():
        if background.lacks_torch():
            return
        prepared = prepare.require(DataSource.of(run.config.data), lab.workspace)
        own = file_name(run.name, run.id)

        def script(*, exact: bool = False) -> Script:
            return written(run.config.to_json(), prepared.meta.fingerprint, prepared, exact=exact)

        def download(label: str, ending: str, kind: str) -> None:
            download_file(label, lambda: FORMS[ending](script()), own + ending, kind)

        with st.container(horizontal=True):
            download(_("Script (.py)"), ".py", "text/x-python")
            download(_("Notebook (.ipynb)"), ".ipynb", "application/x-ipynb+json")
            download(_("All of it (.zip)"), ".zip", "application/zip")
            about = _("Longer; on this computer it gives the numbers of this run, epoch by epoch.")
            download_file(
                _("Exact script (.py)"), lambda: FORMS[".py"](script(exact=True)), f"{own}-exact.py", "text/x-python",
                about,
            )  # fmt: skip
        show_parts(script())


@st.cache_data(max_entries=16, show_spinner=False)
def written(settings: str, fingerprint: str, _prepared: Prepared, *, exact: bool) -> Script:
    """The script of settings, as JSON, on the data with this fingerprint."""
    from core.script.exact import exact_script  # brings torch
    from core.script.plain import plain_script

    config = RunConfig.from_json(settings)
    return exact_script(config, _prepared) if exact else plain_script(config, _prepared)


def show_change(text: str) -> None:
    """The lines that the last change of a setting touched, as they were and as they are."""
    before, change = st.session_state.get(LAST_CODE, (text, ""))
    if before != text:
        lines = ndiff(before.splitlines(), text.splitlines())
        change = "\n".join(line for line in lines if line[:2] in ("- ", "+ "))
    st.session_state[LAST_CODE] = (text, change)
    if change:
        st.caption(_("Your last change did this to the code:"))
        st.code(change, language="diff", wrap_lines=True)


def show_parts(script: Script) -> None:
    """A tab for each part, and one for all of them."""
    whole, *tabs = st.tabs([_("All of it"), *(translate(part.title) for part in script.parts)])
    with whole:
        st.code(script.text, language="python")
    for tab, part in zip(tabs, script.parts, strict=True):
        with tab:
            st.caption(translate(part.about))
            st.code(part.code, language="python")
