"""Choosing a data set: the built-in ones, what was imported, and a way to add one's own images."""

import os
from contextlib import suppress
from dataclasses import dataclass, replace

import streamlit as st

from core.datasets import catalog
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.importing import archive
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.allowed_paths import advice, confined, roots
from core.prepared.arrays import Meta
from core.sanitize import disambiguate
from pages.components import frame
from pages.components.markdown import escape_markdown

LAST_SOURCE = "data_last"  # in the session: the DataSource chosen last, so that the page opens there again
DEFAULT_DATA_SET = "digits"  # the data set that is shown while none was chosen
SOURCE_PENDING = "data_pending"  # another data set was chosen elsewhere than in the box


@dataclass(frozen=True)
class Choice:
    """A data set and what it is called among the others."""

    source: DataSource
    title: str

    @property
    def link(self) -> dict[str, str]:
        """What names it in a link."""
        return {"data": self.source.name} | ({"path": self.source.path} if self.source.path else {})


def data_set_choices(workspace: Workspace) -> list[Choice]:
    """Every data set that can be chosen, built-in ones first."""
    found = [Choice(DataSource(spec.name), translate(spec.title)) for spec in catalog.catalog().values()]
    found += [Choice(DataSource.of(meta), meta.title) for meta in prepare.imported(workspace)]
    titles = disambiguate(
        {choice: choice.title for choice in found}, lambda choice: choice.source.path or _("built in")
    )
    return [replace(choice, title=title) for choice, title in titles.items()]


def title_of(meta: Meta) -> str:
    """A prepared data set by its title; one's own images keep the name that they came with."""
    return meta.title if DataSource.of(meta).is_folder else translate(meta.title)


def select_data_set(workspace: Workspace) -> Choice:
    """A select box of all data sets. What is chosen stands in the link as `data` and `path`."""
    by_source = {option.source: option for option in data_set_choices(workspace)}
    asked = requested_source()
    if asked not in by_source and asked.path:  # a link to a folder not prepared yet
        with frame.show_problems():
            place = confined(asked.path, workspace)
            asked = DataSource(catalog.FOLDER, place)
            by_source.setdefault(asked, Choice(asked, place))
    sources = list(by_source)
    # Set before the box is drawn: the browser still holds the old choice, and would bring it back.
    if st.session_state.pop(SOURCE_PENDING, False) and asked in by_source:
        st.session_state["data_choice"] = asked
    chosen = st.selectbox(
        _("Data set"),
        sources,
        index=sources.index(asked) if asked in by_source else 0,
        format_func=lambda source: by_source[source].title,
        key="data_choice",
        on_change=reset_filters,
        help=_("What a model learns from. Your own images can be added below."),
    )
    # A title that has changed, as another set of that name came, is sent back as mere text.
    choice = by_source.get(chosen) or by_source.get(asked) or by_source[sources[0]]
    st.session_state[LAST_SOURCE] = choice.source
    for name in ("data", "path"):
        if name in choice.link:
            st.query_params[name] = choice.link[name]
        elif name in st.query_params:
            del st.query_params[name]
    return choice


def requested_source() -> DataSource:
    """The data set that the link names, else the one chosen last, else the first."""
    if "data" in st.query_params:
        with suppress(BadInput):  # a link to what there is not shows what there is
            return DataSource(st.query_params["data"], st.query_params.get("path"))
        return DataSource(DEFAULT_DATA_SET)
    last: DataSource = st.session_state.get(LAST_SOURCE, DataSource(DEFAULT_DATA_SET))
    return last


def reset_filters() -> None:
    """Another data set has other classes and pages. Set, not removed: the link would bring what is removed back."""
    st.session_state["class"], st.session_state["image_page"] = [], 1


def show_data_set(source: DataSource) -> None:
    """Make the page show another data set in its next run."""
    reset_filters()
    st.session_state[SOURCE_PENDING] = True
    st.session_state[LAST_SOURCE] = source
    st.query_params["data"] = source.name
    if source.path:
        st.query_params["path"] = source.path


def add_own_images(workspace: Workspace) -> DataSource | None:
    """A path on the server's disk or a ZIP from the browser; returns what is to be prepared, once."""
    st.markdown(
        _(
            "One folder for each class, named after it, with its images inside. Folders `train`, `val` and `test` "
            "around them are kept as splits; without them, a part is set aside for testing."
        )
    )
    open_to_typing = bool(roots(workspace))
    if open_to_typing and (typed := path_form(workspace)):
        return DataSource(catalog.FOLDER, typed)
    upload = st.file_uploader(
        _("Or upload a ZIP") if open_to_typing else _("Upload a ZIP"),
        type=["zip"],
        help=_("It is read as it is, never unpacked on the disk."),
    )
    if upload is not None and st.session_state.get("uploaded") != upload.file_id:
        try:
            saved = archive.save_upload(upload.name, upload, workspace)
        except Problem as error:
            frame.show_problem(error)
            return None
        st.session_state["uploaded"] = upload.file_id  # the uploader keeps its file; it is imported once
        return DataSource(catalog.FOLDER, str(saved))
    return None


def path_form(workspace: Workspace) -> str | None:
    """A box for a path; what was typed once it is sent, or why it cannot be used."""
    with st.form("own_folder", border=False):
        path = st.text_input(
            _("Folder or ZIP on this computer"),
            placeholder=_("/home/me/flowers"),
            help=_(
                "A path as the computer sees it that runs Epochlab. Nothing is moved or changed there. {advice}",
                advice=escape_markdown(advice(workspace)),
            ),
        ).strip()
        pressed = st.form_submit_button(_("Use this folder"), icon=":material/folder_open:")
    if not pressed:
        return None
    with frame.show_problems():
        if not path:
            raise BadInput("Type the path of a folder first.")
        place = confined(path, workspace)
        if os.path.exists(place):
            return place
        raise BadInput("There is no {path} on this computer. Check the path.", path=path)
    return None
