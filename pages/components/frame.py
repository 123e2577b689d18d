"""The frame around every page: title, our own navigation, what is training now, and plain words for errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import streamlit as st

from core.errors import Problem
from core.formatting import percent
from core.locale import _, ngettext, translate
from core.runs.lab import Lab
from core.runs.store import ACTIVE
from core.settings import reader
from pages.components import background, clicks, widget_values
from pages.components.markdown import escape_markdown
from pages.components.page_list import HOME, PAGES, TRAIN, Page

ICON = Path(__file__).with_name("icon.svg")  # ours: a Material icon in the tab would be fetched from the network
STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
SCRIPT = Path(__file__).with_name("sidebar.js").read_text(encoding="utf-8")

CURRENT_PAGE, ENTERED = "page", "page_entered"  # in the session: the page shown, and whether this is its first run

mount_script = st.components.v2.component("epochlab_sidebar", js=SCRIPT, isolate_styles=False)

clicks.guard()
widget_values.guard()


@contextmanager
def show_problems() -> Iterator[None]:
    """Show a `Problem` of the block as an error box with its sentence; the page goes on after the block."""
    try:
        yield
    except Problem as error:
        show_problem(error)


def show_problem(error: Problem) -> None:
    """One error box, whatever its sentence repeats. Its first letter is made large, unless it begins with a file name
    or a setting."""
    words = str(error)
    if words.partition(" ")[0].isalpha():
        words = words[:1].upper() + words[1:]
    st.error(escape_markdown(words), icon=":material/error:")


def start_page(page: Page, *, auto_refresh: bool = True, titled: bool = True) -> Lab:
    """Start a page: its title, the sidebar, and the lab that it works with. First call of every page.

    `auto_refresh=False` does not refresh the sidebar's line, for a page that watches runs itself. `titled=False` leaves
    the title to the page, which has something to show beside it.
    """
    reader.begin()
    st.session_state[ENTERED] = st.session_state.get(CURRENT_PAGE) != page.file
    st.session_state[CURRENT_PAGE] = page.file
    st.set_page_config(
        page_title=_("{page} – Epochlab", page=translate(page.title)), page_icon=str(ICON), layout="wide"
    )
    st.html(f"<style>{theme_variables()}{STYLE}</style>")
    lab = None
    with show_problems():
        lab = current_lab()
    with st.sidebar:
        st.container(key="brand").markdown(":material/science: Epochlab")
        with st.container(key="pages"):
            for one in PAGES:
                st.page_link(one.file, label=translate(one.title), icon=one.icon, width="stretch")
            mount_script(key="sidebar", data={"current": PAGES.index(page)})
        if lab is not None:
            with show_problems():
                sidebar_runs(lab, auto_refresh)
    if lab is None:
        st.stop()
    background.start(lab)
    if titled and page is not HOME:
        page_title(page)
    return lab


def page_title(page: Page, width: Literal["stretch", "content"] = "stretch") -> None:
    st.title(translate(page.title), anchor=False, width=width)


def page_entered() -> bool:
    """Whether the reader has come to this page just now, from another one or by a link; not at its later runs."""
    return bool(st.session_state.get(ENTERED))


def theme_variables() -> str:
    """The theme's colours for STYLE, each for both themes."""

    def both(name: str) -> str:
        return f"light-dark({st.get_option(f'theme.light.{name}')}, {st.get_option(f'theme.dark.{name}')})"

    names = {"ground": "backgroundColor", "link": "linkColor", "edge": "borderColor", "primary": "primaryColor"}
    return f":root {{{' '.join(f'--{name}: {both(option)};' for name, option in names.items())}}}"


def current_lab() -> Lab:
    """The server's one lab. Cached by its folders, so that another EPOCHLAB_HOME gets another lab."""
    from core.files.paths import Workspace

    workspace = Workspace.from_environment()
    return open_lab(str(workspace.home), str(workspace.data), workspace.database)


@st.cache_resource(show_spinner=False)
def open_lab(home: str, data: str, database: str) -> Lab:
    return Lab.open(takes_runs=True)


def sidebar_runs(lab: Lab, auto_refresh: bool) -> None:
    """One line in the sidebar for what trains or waits; refreshed only while there is something to show."""
    busy = bool(lab.runs(states=ACTIVE))
    st.fragment(sidebar_run_links, run_every=3 if busy and auto_refresh else None)(lab, auto_refresh)


@show_problems()
def sidebar_run_links(lab: Lab, auto_refresh: bool) -> None:
    active = lab.runs(states=ACTIVE)
    running = [run for run in active if run.state == "running"]
    waiting = len(active) - len(running)
    if active:
        st.divider()
    for run in running[:3]:
        st.page_link(
            TRAIN.file,
            label=f"{escape_markdown(run.name)}: {percent(run.progress, 0)}"
            if auto_refresh
            else escape_markdown(run.name),
            icon=":material/play_circle:",
            query_params={"run": run.id},
            width="stretch",
        )
    if waiting:
        words = ngettext("{n} waiting", "{n} waiting", waiting)
        st.caption(f":material/hourglass_empty: {words}")
