"""Choosing a data set: the built-in ones, what was imported, and a way to add one's own images."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.datasets import catalog
from core.datasets.source import DataSource, layout_named, with_version
from core.errors import BadInput
from core.files.paths import Workspace
from core.loading.settings import DataConfig
from core.locale import _, translate
from core.prepared import imports, prepare
from core.prepared.allowed_paths import confined
from core.prepared.arrays import Meta
from core.prepared.versions import edits_of, versions
from core.sanitize import disambiguate
from pages.components import frame
from pages.components.link_mirror import mirror
from pages.components.link_refusals import keep_problems, show_refusals
from pages.components.spec_words import option_title

LAST_SOURCE = "data_last"  # in the session: the DataSource chosen last, so that the page opens there again
LINK_PARAMS = ("data", "path", "layout", "version", "columns")  # what names a data set in a link
DEFAULT_DATA_SET = "digits"  # the data set that is shown while none was chosen


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
    said = dict(zip(LINK_PARAMS, source.settings.values(), strict=True))
    return {name: value for name, value in said.items() if value and value != "auto"}


def data_set_choices(workspace: Workspace) -> list[Choice]:
    """Every data set that can be chosen, built-in ones first, each before its versions."""
    found = [Choice(DataSource(spec.name), translate(spec.title)) for spec in catalog.catalog().values()]
    found += [Choice(DataSource.of(meta), meta.title) for meta in prepare.imported(workspace)]
    titles = disambiguate({choice: choice.title for choice in found}, partial(where, workspace=workspace))
    return [
        Choice(source, with_version(title, source.version))
        for choice, title in titles.items()
        for source in [choice.source, *(one.source for one in versions(choice.source, workspace))]
    ]


def where(choice: Choice, workspace: Workspace) -> str:
    """What tells data sets of one title apart: the path, and how its folders were read where that was chosen."""
    source = choice.source
    if not source.is_folder:
        return _("built in")
    place = imports.place_of(source, workspace)
    way = "" if source.layout == "auto" else option_title(DataConfig.model_fields["layout"], source.layout)
    return ", ".join(filter(None, (place, way, source.columns)))


def title_of(meta: Meta) -> str:
    """A prepared data set by its title; one's own images keep the name that they came with."""
    source = DataSource.of(meta)
    return meta.title if source.is_folder else with_version(translate(source.base.title), source.version)


def select_data_set(workspace: Workspace, row: DeltaGenerator) -> Choice:
    """A select box of all data sets, in `row`. What is chosen stands in the link as `data` and `path`: a step in the
    browser's history if a person chose it, none if the page did."""
    refusals = st.container()
    by_source = {option.source: option for option in data_set_choices(workspace)}
    asked = requested_source(workspace)
    if asked not in by_source and asked.path:  # a folder not prepared yet
        by_source[asked] = Choice(asked, imports.place_of(asked, workspace))
    sources = list(by_source)
    asked = next((one for one in (asked, asked.base) if one in by_source), sources[0])  # its version may be gone
    before = None if frame.page_entered() else st.session_state.get(LAST_SOURCE)
    # A link that has changed is followed, unless the box has changed as well. Set before the box is drawn: the browser
    # still holds the old choice, and would bring it back.
    if asked != before == st.session_state.get("data_choice"):
        st.session_state["data_choice"] = asked
    chosen = row.selectbox(
        _("Data set"),
        sources,
        index=sources.index(asked),
        format_func=lambda source: by_source[source].title,
        key="data_choice",
        on_change=reset_filters,
        label_visibility="collapsed",
    )
    # A title that has changed, because another set of that name was added, is sent back as plain text.
    choice = by_source.get(chosen) or by_source[asked]
    st.session_state[LAST_SOURCE] = choice.source
    if choice.source != asked:
        write_link(choice.source)
    else:
        mirror(choice.link, LINK_PARAMS, key="data")
    with refusals:
        show_refusals(choice.source)
    return choice


def params_in_link() -> dict[str, str]:
    """What the link says of a data set."""
    return {name: st.query_params[name] for name in LINK_PARAMS if name in st.query_params}


def write_link(source: DataSource) -> None:
    """Make the link name another data set: a step in the browser's history."""
    for name in LINK_PARAMS:
        if name not in link_to(source):
            st.query_params.pop(name, None)
    st.query_params.update(link_to(source))


def requested_source(workspace: Workspace) -> DataSource:
    """The data set that the link names, else the one chosen last, else the first. A link to one that does not exist
    leads to the first, that to a version which is gone to its set, with a sentence that says so."""
    default = DataSource(DEFAULT_DATA_SET)
    if st.query_params.get("data"):
        asked = params_in_link()
        for params in (asked, {name: value for name, value in asked.items() if name != "version"}):
            with keep_problems():
                return source_in_link(params, workspace) or default
        return default
    last: DataSource = st.session_state.get(LAST_SOURCE, default)
    return last


def source_in_link(params: Mapping[str, str], workspace: Workspace) -> DataSource | None:
    """The data set that a link names, for whichever page it leads to; None if it names none. `BadInput` if there is no
    such set, or if its folder is not open to the browser."""
    path = params.get("path") and confined(params["path"], workspace)
    asked = params.get("data")
    if asked is None:
        return None
    if asked not in [*catalog.catalog(), catalog.FOLDER]:
        raise BadInput("There is no data set {asked:name}. Choose one under Data set, below.", asked=asked)
    layout, version, columns = (params.get(name, "") for name in ("layout", "version", "columns"))
    source = DataSource(asked, path or None, layout_named(layout or "auto"), version, columns)
    if source.version:
        edits_of(source, workspace)  # or there is no such version
    return source


def reset_filters() -> None:
    """Another data set has other classes and pages. Set, not removed: the link would bring a removed choice back."""
    st.session_state["class"], st.session_state["image_page"] = [], 1


def show_data_set(source: DataSource) -> None:
    """Make the page show another data set in its next run."""
    reset_filters()
    write_link(source)
