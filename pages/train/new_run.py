"""The form of the next run: what it starts from, the few settings that matter most, all others folded below them, and
the button that starts it."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any, TypedDict

import streamlit as st

from core.datasets.catalog import FOLDER
from core.datasets.source import DataSource
from core.loading.augmentations import warnings
from core.locale import _, ngettext
from core.models.layers.text import LAYERS_SETTING
from core.prepared import before_a_run, imports, job
from core.prepared.arrays import Prepared
from core.prepared.before_a_run import comes_with_the_run
from core.run_config import RunConfig
from core.runs import trial
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS, default_name
from core.runs.store import Run
from pages.components import data_picker, frame
from pages.components.import_notice import import_notice
from pages.components.link_refusals import show_refusals
from pages.components.markdown import escape_markdown
from pages.components.page_list import DATA
from pages.components.preparing import prepared_or_controls
from pages.train import draft as drafts
from pages.train import forms
from pages.train.base import base_of, base_select, change_chips, names_by_id, show_form, suggested_name
from pages.train.draft import Checked
from pages.train.forecast import forecast_line
from pages.train.form_link import NAME_TYPED, mirror_link, show_run
from pages.train.layer_editor import layer_editor
from pages.train.layers import layers_fold
from pages.train.pretrained import weights_section, weights_select
from pages.train.rate_finder import rate_finder
from pages.train.schedule_chart import draw_schedule

FOLDED_PARTS = ("training", "optimizer", "schedule")  # what is left of them stands under one heading
DOUBLE_PRESS_S = 1.0  # seconds in which the same settings are not started again
STARTS = "starts"  # in the session: `Starts`
NAME_USED = "run_name_used"  # in the session: the name that was typed has been given to a run
ADVANCED_PARTS = ("data", "model", "training", "optimizer", "schedule", "loss")


def new_run_form(lab: Lab, shown: Run | None, runs: Sequence[Run]) -> tuple[Checked, Prepared | None]:
    """Draw the form of the run that comes after the one that is `shown` beside it; `runs` are the newest ones. Returns
    the settings on it, and the images if they are prepared."""
    show_refusals((forms.current_draft(), base_of(), shown and shown.id))
    checked = drafts.check(forms.current_draft())
    errors = checked.errors
    with st.container():  # whatever it shows, the form below stays where it is, and a control keeps the focus
        base_select(lab)
    with st.container():
        prepared = data_select(lab)
    forms.draw_first(errors, partial(rate_finder, checked.config if prepared else None, lab))
    with st.expander(_("Data"), icon=":material/image:", expanded=forms.has_errors(["data"], errors)):
        data_section(prepared, errors, lab)
    with st.expander(_("Model"), icon=":material/account_tree:", expanded=forms.has_errors(["model"], errors)):
        forms.draw_one(forms.MODEL_SETTING, errors)
        weights_select(checked, runs, errors, lab)
        forms.draw_section("model", errors)
        misfits = layer_editor(prepared) if LAYERS_SETTING in forms.current_draft() else []
    weights = st.container()  # filled last: a server that does not answer holds up nothing else
    with st.expander(
        _("Optimizer and schedule"), icon=":material/show_chart:", expanded=forms.has_errors(FOLDED_PARTS, errors)
    ):
        for part in FOLDED_PARTS:
            forms.draw_section(part, errors)
        if checked.config and prepared:
            draw_schedule(checked.config)
    # What is folded away here is half of all controls, and drawn only while it is open.
    changes = st.expander(_("Data augmentation"), icon=":material/shuffle:", on_change="rerun", key="fold-changes")
    if changes.open:
        with changes:
            forms.draw_section("augment", errors)
    with st.container():
        for words in warnings(checked.config.augment, prepared.meta) if checked.config and prepared else ():
            st.warning(words, icon=":material/warning:")
    rest = st.expander(_("Advanced"), icon=":material/settings:", on_change="rerun", key="fold-advanced")
    if rest.open:
        with rest:
            for part in ADVANCED_PARTS:
                forms.draw_section(part, errors, advanced=True)
    missing = [forms.with_location(name, words) for name, words in errors.items()] + misfits
    first = ""  # what Start does before the run
    if checked.config and prepared is None:
        chosen = DataSource.of(checked.config.data)
        if comes_with_the_run(chosen, lab.workspace) and job.status(chosen, lab.workspace).state == "absent":
            first = before_a_run.in_words(chosen, lab.workspace)
        else:
            missing.append(why_not_prepared(lab, chosen))
    out_of_reach: list[str] = []
    if checked.config:
        with weights:
            out_of_reach = weights_section(checked.config, lab)
    bar = st.container(key="start-bar")
    missing += [*out_of_reach, *layers_fold(checked, prepared, misfits, lab, starts=not out_of_reach)]
    with bar:
        start_bar(lab, checked, missing, runs, first)
    mirror_link(lab)
    return checked, prepared


def why_not_prepared(lab: Lab, chosen: DataSource) -> str:
    if chosen.is_folder and not chosen.path:
        return _("No images are chosen yet. Add your own on the Data page.")
    if job.status(chosen, lab.workspace).state == "running":
        return _("The data set is being prepared, see above.")
    return _("The data set is not prepared yet. Prepare it above.")


def data_select(lab: Lab) -> Prepared | None:
    """Choose the data set, and prepare it if that is still to do."""
    draft = forms.current_draft()
    options = {one.source: one for one in data_picker.data_set_choices(lab.workspace)}
    now = drafts.source_of(draft)
    if now not in options:
        place = imports.place_of(now, lab.workspace) if now.path else ""
        title = _("Images in {path}", path=place) if place else _("Your own images (none chosen yet)")
        options[now] = data_picker.Choice(now, title)
    if st.session_state.get("data_of_run") != now:
        st.session_state["data_of_run"] = now
    st.selectbox(
        _("Data set"),
        list(options),
        index=list(options).index(now),
        format_func=lambda source: options[source].title,
        key="data_of_run",
        on_change=on_data_change,
        help=forms.help_of("data.name", drafts.sections(draft)["data"].model_fields["name"]),
    )
    if now.is_folder and not now.path:
        st.info(_("Add your own images on the Data page first."), icon=":material/info:")
        st.page_link(DATA.file, label=_("Add images"), icon=":material/add_photo_alternate:")
        return None
    prepare_label = _("Prepare {title}", title=escape_markdown(options[now].title))
    by_start = comes_with_the_run(now, lab.workspace)
    return prepared_or_controls(now, lab.workspace, prepare_label, primary=not by_start)


def data_section(prepared: Prepared | None, errors: dict[str, str], lab: Lab) -> None:
    """What else is to be said and set of the data."""
    draft = forms.current_draft()
    now = drafts.source_of(draft)
    if prepared:
        import_notice(prepared, lab)
    if now.name != FOLDER or now.path:
        link = data_picker.link_to(now)
        st.page_link(DATA.file, label=_("Look at the images"), icon=":material/image:", query_params=link)
    forms.draw_section("data", errors)


def on_data_change() -> None:
    chosen = st.session_state["data_of_run"]
    if isinstance(chosen, DataSource):  # not the text of a title that another data set of its name has changed
        forms.set_source(chosen)


def start_bar(lab: Lab, checked: Checked, reasons: list[str], runs: Sequence[Run], first: str) -> None:
    """The bar that stays visible: what is not as it began, what the run will take, a name, and the button, disabled
    with the reason while something is missing. It grows upwards, so that the form does not move at the first change."""
    above, row = st.container(), st.container(horizontal=True, vertical_alignment="center")  # each keeps its place
    with above:
        change_chips(lab)
        if reasons:
            words = escape_markdown(reasons[0])
            if more := len(reasons) - 1:
                words = ngettext("{reason} ({n} more reason)", "{reason} ({n} more reasons)", more, reason=words)
            st.caption(f":material/block: {words}")
        elif first:
            st.caption(f":material/download: {escape_markdown(first)}")
        elif checked.config:
            forecast_line(checked.config, runs, lab)
    if st.session_state.pop(NAME_USED, False):
        st.session_state["run_name"] = ""  # it was for the run that was started
    elif "run_name" not in st.session_state:
        st.session_state["run_name"] = st.session_state.get(NAME_TYPED, "")
    recipe = base_of().began_with(lab)
    suggested = suggested_name(checked.config, lab) if checked.config else ""
    starts = starts_of_session()
    with row:
        # On a telephone alone: the bar is in reach there, and the settings stand far below.
        st.button(_("To the settings"), icon=":material/tune:", key="to-settings", on_click=show_form)
        shown = suggested or (
            default_name(checked.config, recipe, names_by_id(checked.config.model.of_run, lab))
            if checked.config
            else ""
        )
        name = st.text_input(
            _("Name of the run"),
            key="run_name",
            placeholder=_("Name: {name}", name=shown) if shown else _("Name"),
            max_chars=MAX_NAME_CHARS,
            label_visibility="collapsed",
        )
        st.session_state[NAME_TYPED] = name
        pressed = st.button(
            _("Start training"),
            shortcut="Alt+Enter",  # Ctrl + Enter is what a field of several lines is taken over with
            help=_("Or press Alt + Enter."),
            type="primary",
            icon=":material/play_arrow:",
            disabled=bool(reasons),
            key="start",
            on_click=on_start,
            args=(starts,),
        )
    pressed = pressed or starts["pressed"]
    if pressed and frame.page_entered():  # a tab that outlived its session: this form is not the one that it shows
        starts["pressed"] = False
        st.toast(_("The form was opened anew. Look at it, and press Start again."), icon=":material/undo:")
    elif pressed and reasons:  # what was typed last came with the press, and does not fit
        starts["pressed"] = False
    elif pressed:
        with frame.show_problems():
            # The next click can break a run of the page off wherever it calls Streamlit, the session's state included.
            # Here it does not: the press is taken, and the run is submitted.
            starts["pressed"] = False
            if checked.config and not pressed_twice(checked.config, starts):
                trial.stop_unasked()
                run = lab.submit(checked.config, name or (suggested and lab.store.free_name(suggested)), recipe)
                starts["last"] = (checked.config.to_dict(), time.monotonic())  # to submit it may have taken long
                st.session_state[NAME_USED] = True
                show_run(run.id, lab)
            st.rerun()


class Starts(TypedDict):
    """What was asked of Start in a session. It is changed in place, for to write to the session may break off."""

    pressed: bool  # and no run of the page has come to it yet
    last: tuple[dict[str, Any] | None, float]  # the settings that were started last, and when


def starts_of_session() -> Starts:
    found: Starts = st.session_state.setdefault(STARTS, Starts(pressed=False, last=(None, 0.0)))
    return found


def on_start(starts: Starts) -> None:
    """Remember the press: the run of the page that it begins forgets it if the next click breaks it off. To look into
    the session here may break off, too."""
    starts["pressed"] = True


def pressed_twice(config: RunConfig, starts: Starts) -> bool:
    """Whether a run with these settings was started here a moment ago: the second press of a double click."""
    now, (before, at) = time.monotonic(), starts["last"]
    starts["last"] = (config.to_dict(), now)
    return bool(before == config.to_dict() and now - at < DOUBLE_PRESS_S)
