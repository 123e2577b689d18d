"""Choosing a data set: the built-in ones, what was imported, and a way to add one's own images."""

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core.datasets import catalog
from core.datasets.source import DataSource, layout_named
from core.errors import BadInput
from core.files.paths import Workspace
from core.loading.settings import DataConfig
from core.locale import _, translate
from core.prepared import imports, prepare
from core.prepared.allowed_paths import confined
from core.prepared.arrays import Meta
from core.sanitize import disambiguate
from pages.components import frame
from pages.components.spec_words import option_title

LAST_SOURCE = "data_last"  # in the session: the DataSource chosen last, so that the page opens there again
LINK_PARAMS = ("data", "path", "layout")  # what names a data set in a link
DEFAULT_DATA_SET = "digits"  # the data set that is shown while none was chosen
SOURCE_PENDING = "data_pending"  # another data set was chosen elsewhere than in the box


@dataclass(frozen=True)
class Choice:
    """A data set and what it is called among the others."""

    source: DataSource
    title: str

    @property
    def link(self) -> dict[str, str]:
        """The parameters that name it in a link."""
        return link_to(self.source)


def link_to(source: DataSource) -> dict[str, str]:
    """What names a data set in a link."""
    said = {"data": source.name, "path": source.path, "layout": source.layout}
    return {name: value for name, value in said.items() if value and value != "auto"}


def data_set_choices(workspace: Workspace) -> list[Choice]:
    """Every data set that can be chosen, built-in ones first."""
    found = [Choice(DataSource(spec.name), translate(spec.title)) for spec in catalog.catalog().values()]
    found += [Choice(DataSource.of(meta), meta.title) for meta in prepare.imported(workspace)]
    titles = disambiguate({choice: choice.title for choice in found}, partial(where, workspace=workspace))
    return [replace(choice, title=title) for choice, title in titles.items()]


def where(choice: Choice, workspace: Workspace) -> str:
    """What tells data sets of one title apart: the path, and how its folders were read where that was chosen."""
    source = choice.source
    if not source.is_folder:
        return _("built in")
    place = imports.place_of(source, workspace)
    if source.layout == "auto":
        return place
    return f"{place}, {option_title(DataConfig.model_fields['layout'], source.layout)}"


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
            asked = DataSource(catalog.FOLDER, place, asked.layout)
            by_source.setdefault(asked, Choice(asked, imports.place_of(asked, workspace)))
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
    # A title that has changed, because another set of that name was added, is sent back as plain text.
    choice = by_source.get(chosen) or by_source.get(asked) or by_source[sources[0]]
    st.session_state[LAST_SOURCE] = choice.source
    for name in LINK_PARAMS:
        if name in choice.link:
            st.query_params[name] = choice.link[name]
        elif name in st.query_params:
            del st.query_params[name]
    return choice


def requested_source() -> DataSource:
    """The data set that the link names, else the one chosen last, else the first. A link to one that does not exist
    leads to the first, with a sentence that says so."""
    if asked := st.query_params.get("data"):
        with frame.show_problems():
            if asked not in [*catalog.catalog(), catalog.FOLDER]:
                raise BadInput("There is no data set {asked:name}. Choose one below.", asked=asked)
            return DataSource(asked, st.query_params.get("path"), layout_named(st.query_params.get("layout", "auto")))
        return DataSource(DEFAULT_DATA_SET)
    last: DataSource = st.session_state.get(LAST_SOURCE, DataSource(DEFAULT_DATA_SET))
    return last


def reset_filters() -> None:
    """Another data set has other classes and pages. Set, not removed: the link would bring a removed choice back."""
    st.session_state["class"], st.session_state["image_page"] = [], 1


def show_data_set(source: DataSource) -> None:
    """Make the page show another data set in its next run."""
    reset_filters()
    st.session_state[SOURCE_PENDING] = True
    st.session_state[LAST_SOURCE] = source
    for name in LINK_PARAMS:
        st.query_params.pop(name, None)
    st.query_params.update(link_to(source))
