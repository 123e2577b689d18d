"""The code behind the form, and behind a run: the script of plain PyTorch, part by part, each to be copied."""

from collections.abc import Callable, Sequence
from difflib import ndiff
from functools import lru_cache, partial
from textwrap import dedent
from typing import Literal

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.data_at_hand import data_of, data_of_run
from core.runs.lab import Lab
from core.runs.naming import EXACT_SCRIPT, SCRIPT, file_name
from core.runs.store import Run
from core.script.forms import FORMS
from core.script.text import Script
from pages.components import background, frame
from pages.components.code_panel import code_box
from pages.components.listing import in_column, line_selector, show_code, show_lines
from pages.components.scrolling import scroll_to
from pages.train.draft import Checked
from pages.train.form_link import RUN_ASKED
from pages.train.result import download_file

CODE = "code"  # the parameter and the key of the switch between a run and the code of the form
LAST_CODE = "last_code"  # in the session: the text of the form before the last change of it, and after
CHANGE = "code-change"  # the key of the container of what the last change did
LISTING_PX = 400  # the least height of the whole script beside the form
BESIDE = "code-beside"  # the key of all of it there: it is as high as the window has room, by frame.css
MARK = (  # of a changed line, as CSS; some lines around it are in sight, too
    "background: color-mix(in srgb, var(--link) 20%, transparent); box-shadow: -0.35rem 0 0 var(--link);"
    "scroll-margin: 5rem;"
)


def code_toggle() -> bool:
    """Whether the code of the form stands beside it, in the place of a run; until a run is started or chosen."""
    if st.session_state.pop(RUN_ASKED, False):
        st.session_state[CODE] = False
    return st.toggle(
        _("Code"), key=CODE, bind="query-params",
        help=_("The plain PyTorch of the settings on the form. Change one, and its line is marked."),
    )  # fmt: skip


@frame.show_problems()
def code_of_form(checked: Checked, prepared: Prepared | None, lab: Lab) -> None:
    """The script for the settings of the form, with what the last change of them did to it."""
    if checked.config and prepared is None:
        prepared = data_of(DataSource.of(checked.config.data), lab.workspace)
    if checked.config is None or prepared is None:
        st.info(_("The code is written once the settings are right and the data set is prepared."))
    elif not background.lacks_torch():
        script = written(checked.config.to_json(), prepared.meta.fingerprint, prepared, lab)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(_("The code of the settings on the form"), width="content")
            with st.popover(_("Download"), icon=":material/download:"):
                downloads(lambda: script, "train")
        mark_lines(show_change(script.text))
        with st.container(key=BESIDE):
            show_parts(script, LISTING_PX)


def code_of_run(run: Run, lab: Lab) -> None:
    """The script of a run as files, and part by part. Made while it is open."""
    if not (box := code_box(f"code-{run.id}")):
        return
    with box, frame.show_problems():
        if background.lacks_torch():
            return
        source = DataSource.of(run.config.data)
        prepared = data_of_run(run, lab.workspace) or prepare.require(source, lab.workspace)
        own = file_name(run.name, run.id, SCRIPT)

        def script(*, exact: bool = False) -> Script:
            return written(run.config.to_json(), prepared.meta.fingerprint, prepared, lab, run, exact=exact)

        with st.container(horizontal=True):
            downloads(script, own)
            if prepare.find(source, lab.workspace):  # it has the images in the order of the prepared ones
                about = _("Longer; on this computer it gives the numbers of this run, epoch by epoch.")
                file = f"{file_name(run.name, run.id, EXACT_SCRIPT)}.py"
                content = lambda: FORMS[".py"](script(exact=True), file)  # noqa: E731
                download_file(_("Exact script (.py)"), content, file, "text/x-python", about)
        plain = script()
        if commands := plain.commands:
            st.caption(_("It reads its images from the folder “images” beside it. On a computer that has the data set, "
                         "these commands make it:"))  # fmt: skip
            st.code("\n".join(commands), language="bash", wrap_lines=True)
        show_parts(plain)


def downloads(script: Callable[[], Script], own: str) -> None:
    """A button for each form of the script, in a file that is called `own`."""
    kinds = {".py": (_("Script (.py)"), "text/x-python"),
             ".ipynb": (_("Notebook (.ipynb)"), "application/x-ipynb+json"),
             ".zip": (_("As a folder (.zip)"), "application/zip")}  # fmt: skip
    for ending, (label, kind) in kinds.items():
        content = partial(made, script, ending, own + ending)
        download_file(label, content, own + ending, kind)


def made(script: Callable[[], Script], ending: str, file: str) -> bytes:
    return FORMS[ending](script(), file)


@st.cache_data(max_entries=16, show_spinner=False)
def written(
    settings: str, fingerprint: str, _prepared: Prepared, _lab: Lab, _run: Run | None = None, *, exact: bool = False
) -> Script:
    """The script of settings, as JSON, on the data with this fingerprint."""
    from core.inference.known_style import known_style, style_of_data
    from core.script.exact import exact_script  # brings torch
    from core.script.plain import plain_script

    config = RunConfig.from_json(settings)
    if exact:
        return exact_script(config, _prepared)
    source = DataSource.of(config.data)
    style = known_style(_run, _lab.workspace) if _run else style_of_data(source, _lab.workspace)
    return plain_script(config, _prepared, style)


def show_change(text: str) -> list[int]:
    """Show the lines that the last change of a setting touched, as they were and as they are. Returns the numbers that
    they have in the text now, from 1, as it is shown."""
    before, last = st.session_state.get(LAST_CODE, (text, text))
    if changed := last != text:
        before = last
    st.session_state[LAST_CODE] = (before, text)
    shown = in_column(text)
    change = difference(in_column(before), shown)
    numbers = changed_lines(change)
    if changed and numbers:
        lines = shown.splitlines()
        told = [number for number in numbers if not lines[number - 1].startswith(("import ", "from "))]
        scroll_to(line_selector((told or numbers)[0]), "nearest")
    if touched := [line for line in change if line[:2] in ("- ", "+ ")]:
        with st.container(key=CHANGE):  # on a narrow screen it stays at the bottom, below the control that was moved
            st.caption(_("Your last change did this to the code; its lines are marked below."))
            st.code("\n".join(outdented(touched)), language="diff", wrap_lines=True)  # where the value is, is in sight
    return numbers


@lru_cache(maxsize=32)
def difference(before: str, after: str) -> Sequence[str]:
    """Kept, as every press on the page asks for that of the last change."""
    return tuple(ndiff(before.splitlines(), after.splitlines()))


def outdented(touched: Sequence[str]) -> list[str]:
    """Lines of a difference without the spaces that all of them begin with."""
    bodies = dedent("\n".join(line[2:] for line in touched)).split("\n")
    return [line[:2] + body for line, body in zip(touched, bodies, strict=True)]


def changed_lines(change: Sequence[str]) -> list[int]:
    """The numbers of the new lines, from 1, in what `ndiff` has found."""
    now = [line for line in change if line[:2] in ("  ", "+ ")]
    return [number for number, line in enumerate(now, start=1) if line.startswith("+ ")]


def mark_lines(numbers: Sequence[int]) -> None:
    """Mark these lines of the whole script."""
    if numbers:
        st.html(f"<style>{', '.join(map(line_selector, numbers))} {{{MARK}}}</style>")


def show_parts(script: Script, height: int | Literal["content"] = "content") -> None:
    """A tab for each part, and one for all of them, which is as high as it is or scrolls within `height` pixels."""
    whole, *tabs = st.tabs([_("All of it"), *(translate(part.title) for part in script.parts)])
    with whole:
        show_lines(in_column(script.text), height)
    for tab, part in zip(tabs, script.parts, strict=True):
        with tab:
            st.caption(translate(part.about))
            show_code(part.code)
