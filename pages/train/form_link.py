"""The form in the page's link: what it began with, and every setting that was changed since. A reload brings the form
back, and a teacher can hand out an exercise. A link fills the form; it starts nothing."""

import json
from contextlib import suppress
from typing import Any

import streamlit as st

from core.datasets.source import SOURCE_SETTINGS, DataSource
from core.errors import BadInput, Problem
from core.models.layers.text import MAX_TEXT_CHARS
from core.prepared import prepare
from core.recipes import RECIPES, fitting, recipe
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS
from core.settings.documents import read_json
from pages.components import frame, link_mirror, link_refusals
from pages.components.data_picker import LINK_PARAMS as DATA_PARAMS
from pages.components.data_picker import link_to, source_in_link
from pages.components.run_picker import NAME_PARAM
from pages.components.scrolling import PAGE_TOP, scroll_to
from pages.components.starting import FIRST_RECIPE
from pages.train import draft as drafts
from pages.train import forms
from pages.train.base import Base, base_of, choose_base, show_form
from pages.train.draft import Draft
from pages.train.numbers import typed_value

KNOWN = "draft_links"  # in the session: links that this form has followed or has written itself
BASE_PARAMS = ("recipe", "like")
LAST_NAMES = {name.partition(".")[2] for name in RunConfig().flat()} - {"name", "path", "layout"}
BEHIND = "behind"  # the parameter with the run that a person has pinned behind the curves
CALLED = "called"  # the parameter with the name that was typed for the next run
NAME_TYPED = "name_typed"  # in the session: that name; a text box forgets it when another page is shown
RUN_ASKED = "run_asked"  # in the session: a run was started or chosen, and is to be seen
MAX_VALUE_CHARS = MAX_TEXT_CHARS  # characters of a value in a link; a list of layers is the longest


def follow_link(lab: Lab) -> None:
    """Fill the form from a link such as `?recipe=mnist-cnn&optimizer.lr=0.01`, `?like=RUN` or `?data=mnist`, once for
    each. Links that the form itself has written while the page is open are not followed: a tick may bring an older
    one. Own images alone bring the recipe that fits them."""
    asked = of_form()
    if frame.page_entered():
        st.session_state[KNOWN] = []
    if not asked or asked in st.session_state.setdefault(KNOWN, []):
        return
    st.session_state[KNOWN].append(asked)
    fill(asked, lab)


def of_form() -> dict[str, str]:
    """The parameters of the link that are for the form; what names a data set as links call it."""
    own = dict(zip(SOURCE_SETTINGS, DATA_PARAMS, strict=True))
    return {own.get(name, name): st.query_params[name] for name in st.query_params if is_own(name)}


def source_of_link(lab: Lab) -> DataSource | None:
    """The data set that the link fills the form with; None where it names none that can be had."""
    asked = of_form()
    with suppress(Problem):
        if source := source_in_link(asked, lab.workspace):
            return source
        for begun in (Base(run=asked.get("like", "")), Base(recipe=asked.get("recipe", ""))):
            if config := begun.config(lab):
                return DataSource.of(config.data)
    return None


def fill(asked: dict[str, str], lab: Lab) -> None:
    """Each part of the link that cannot be had is told, and the others are taken."""
    if (wanted := asked.get("recipe")) and wanted not in [entry.name for entry in RECIPES]:
        link_refusals.refuse(
            BadInput("There is no recipe {asked:name}. Choose one under Start from, below.", asked=wanted)
        )
        asked = asked | {"recipe": FIRST_RECIPE}  # and not the settings of a run that somebody else made
    source = None
    with link_refusals.keep_problems():
        source = source_in_link(asked, lab.workspace)
    st.session_state[NAME_TYPED] = asked.pop(CALLED, "")[:MAX_NAME_CHARS]
    if not asked:
        return
    changes = {name: value_of(text) for name, text in asked.items() if name not in (*BASE_PARAMS, *DATA_PARAMS)}
    base = Base(recipe=asked.get("recipe", ""))
    if "like" in asked:
        with link_refusals.keep_problems():
            base = Base(run=lab.run(asked["like"]).id)  # or it is told that there is none
            if not changes and not lab.runs(1, ["running"]):  # a change is to be made, and there are no curves to watch
                show_form()
    if base != Base():
        choose_base(base, lab)
    elif changes:
        choose_base(Base(), lab)
        forms.replace_draft(drafts.from_config(RunConfig()))
    if source:
        if source.is_folder and not changes and not set(BASE_PARAMS) & asked.keys():
            prepared = prepare.find(source, lab.workspace) if source.path else None
            choose_base(Base(recipe=fitting(prepared.meta if prepared else None).name), lab)
        forms.set_source(source)
    take_changes(changes)


def take_changes(changes: dict[str, Any]) -> None:
    """Take over what can be, entries before their settings. What was typed into a box and is no value of it stands
    there again with what is wrong; for anything else that cannot be there is a sentence."""
    config, typed = drafts.check(forms.current_draft()).config or RunConfig(), {}
    for name in sorted(changes, key=lambda name: not name.endswith(".name")):
        try:
            config = config.replace({name: changes[name]})
        except BadInput as problem:
            draft = drafts.from_config(config)
            if forms.can_be_typed(name, draft) and isinstance(changes[name], str | int | float):
                typed[name] = typed_value(changes[name], drafts.fields(draft)[name])
                continue
            words = drafts.error_text(problem, forms.current_draft())
            link_refusals.refuse(BadInput("Not taken from the link: {problem}", problem=words))
    if changes:
        forms.replace_draft(drafts.from_config(config) | typed)


def mirror_link(lab: Lab) -> None:
    """Let the browser's link say what the form says."""
    params = params_of(forms.current_draft(), base_of(), lab)
    remember(params)
    own = [*BASE_PARAMS, *DATA_PARAMS, *LAST_NAMES, CALLED, NAME_PARAM, "view"]  # `view` is of earlier versions
    link_mirror.mirror(params, own, key="form", dotted=True)


def show_run(run: str, lab: Lab) -> None:
    """Make the link name the run that is shown, and still say what the form says."""
    params = params_of(forms.current_draft(), base_of(), lab) if forms.has_draft() else {}
    remember(params)
    pinned = {BEHIND: st.query_params[BEHIND]} if BEHIND in st.query_params else {}
    st.query_params.from_dict({**params, **pinned, "run": run})
    st.session_state[RUN_ASKED] = True
    scroll_to(PAGE_TOP)


def remember(params: dict[str, str]) -> None:
    """Know this link for the form's own."""
    known: list[dict[str, str]] = st.session_state.setdefault(KNOWN, [])
    if params not in known:
        known.append(params)


def params_of(draft: Draft, base: Base, lab: Lab) -> dict[str, str]:
    """The form as parameters of a link, values as `--set` takes them."""
    config = base.config(lab)
    begun = config or RunConfig()
    params = base.params if config else {}
    if name := st.session_state.get(NAME_TYPED):
        params = params | {CALLED: name}
    changed, source = drafts.changes(draft, begun), drafts.source_of(draft)
    if base.run and config:  # for who opens the link where that run is not: its recipe, and all that is not as there
        known = base.began_with(lab)
        begun = recipe(known).config if known else RunConfig()
        params = params | ({"recipe": known} if known else {})
        changed = drafts.changes(draft, begun) | changed
    if source != DataSource.of(begun.data) or (config and source.is_folder):
        params = params | link_to(source)
    return params | {
        name: text
        for name, value in changed.items()
        if name not in SOURCE_SETTINGS and len(text := text_of(value)) <= MAX_VALUE_CHARS
    }


def is_own(name: str) -> bool:
    """Whether a parameter is for the form. A setting without its part, such as `lr`, is meant for it, too."""
    return name in (*BASE_PARAMS, *DATA_PARAMS, CALLED) or "." in name or name in LAST_NAMES


def value_of(text: str) -> Any:
    """JSON, or else the text itself, as on the command line."""
    try:
        return read_json(text)
    except BadInput:
        return text


def text_of(value: Any) -> str:
    """What `value_of` reads as the same value."""
    return value if isinstance(value, str) and value_of(value) == value else json.dumps(value)
