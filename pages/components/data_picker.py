"""Choosing a data set: the built-in ones, what was imported, and a way to add one's own images."""

import os
from dataclasses import dataclass, replace

import streamlit as st

from core.datasets import catalog
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.importing import archive
from core.prepared import prepare
from core.prepared.allowed_paths import advice, confined, roots
from core.sanitize import disambiguate
from pages.components import frame
from pages.components.markdown import escape_markdown

LAST = "data_last"  # in the session: (name, path) chosen last, so that the page opens there again
PENDING = "data_pending"  # another data set was chosen elsewhere than in the box


@dataclass(frozen=True)
class Choice:
    """A data set as the link names it: a built-in's name, or `folder` and the path of a folder or ZIP."""

    name: str
    path: str | None
    title: str

    @property
    def link(self) -> dict[str, str]:
        return {"data": self.name} | ({"path": self.path} if self.path else {})


def choices(workspace: Workspace) -> list[Choice]:
    """Every data set that can be chosen, built-in ones first."""
    found = [Choice(spec.name, None, spec.title) for spec in catalog.catalog().values()]
    found += [Choice(catalog.FOLDER, meta.path, meta.title) for meta in prepare.imported(workspace)]
    titles = disambiguate({choice: choice.title for choice in found}, lambda choice: choice.path or "built in")
    return [replace(choice, title=title) for choice, title in titles.items()]


def pick(workspace: Workspace) -> Choice:
    """A select box of all data sets. What is chosen stands in the link as `data` and `path`."""
    options = choices(workspace)
    by_key = {(option.name, option.path): option for option in options}
    asked = wanted()
    if asked[0] == catalog.FOLDER and asked not in by_key and asked[1]:  # a link to a folder not prepared yet
        with frame.problem():
            asked = (catalog.FOLDER, confined(asked[1], workspace))
            by_key.setdefault(asked, Choice(*asked, asked[1]))
    keys = list(by_key)
    # Set before the box is drawn: the browser still holds the old choice, and would bring it back.
    if st.session_state.pop(PENDING, False) and asked in by_key:
        st.session_state["data_choice"] = asked
    key = st.selectbox(
        "Data set",
        keys,
        index=keys.index(asked) if asked in by_key else 0,
        format_func=lambda key: by_key[key].title,
        key="data_choice",
        on_change=forget,
        help="What a model learns from. Your own images can be added below.",
    )
    # A title that has changed, as another set of that name came, is sent back as mere text.
    choice = by_key.get(key) or by_key.get(asked) or by_key[keys[0]]
    st.session_state[LAST] = (choice.name, choice.path)
    for name in ("data", "path"):
        if name in choice.link:
            st.query_params[name] = choice.link[name]
        elif name in st.query_params:
            del st.query_params[name]
    return choice


def wanted() -> tuple[str, str | None]:
    """The data set that the link names, else the one chosen last, else the first."""
    if "data" in st.query_params:
        return st.query_params["data"], st.query_params.get("path")
    last: tuple[str, str | None] = st.session_state.get(LAST, ("digits", None))
    return last


def forget() -> None:
    """Another data set has other classes and pages. Set, not removed: the link would bring what is removed back."""
    st.session_state["class"], st.session_state["image_page"] = [], 1


def choose(name: str, path: str | None) -> None:
    """Make the page show another data set in its next run."""
    forget()
    st.session_state[PENDING] = True
    st.session_state[LAST] = (name, path)
    st.query_params["data"] = name
    if path:
        st.query_params["path"] = path


def add_own(workspace: Workspace) -> tuple[str, str] | None:
    """A path on the server's disk or a ZIP from the browser; returns what is to be prepared, once."""
    st.markdown(
        "One folder for each class, named after it, with its images inside. Folders `train`, `val` and `test` "
        "around them are kept as splits; without them, a part is set aside for testing."
    )
    open_to_typing = bool(roots(workspace))
    if open_to_typing and (typed := typed_path(workspace)):
        return catalog.FOLDER, typed
    upload = st.file_uploader(
        "Or upload a ZIP" if open_to_typing else "Upload a ZIP",
        type=["zip"],
        help="It is read as it is, never unpacked on the disk.",
    )
    if upload is not None and st.session_state.get("uploaded") != upload.file_id:
        try:
            saved = archive.save_upload(upload.name, upload, workspace)
        except Problem as error:
            frame.say(error)
            return None
        st.session_state["uploaded"] = upload.file_id  # the uploader keeps its file; it is imported once
        return catalog.FOLDER, str(saved)
    return None


def typed_path(workspace: Workspace) -> str | None:
    """A box for a path; what was typed once it is sent, or why it cannot be used."""
    with st.form("own_folder", border=False):
        path = st.text_input(
            "Folder or ZIP on this computer",
            placeholder="/home/me/flowers",
            help="A path as the computer sees it that runs Epochlab. Nothing is moved or changed there. "
            + escape_markdown(advice(workspace)),
        ).strip()
        pressed = st.form_submit_button("Use this folder", icon=":material/folder_open:")
    if not pressed:
        return None
    with frame.problem():
        if not path:
            raise BadInput("Type the path of a folder first.")
        place = confined(path, workspace)
        if os.path.exists(place):
            return place
        raise BadInput("There is no {path} on this computer. Check the path.", path=path)
    return None
