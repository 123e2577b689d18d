"""Setting up a run: start from a recipe or own settings, data, model, training, and the button that starts it."""

import streamlit as st

from core.datasets import catalog
from core.datasets.catalog import FOLDER
from core.datasets.source import DataSource, layout_named
from core.errors import BadInput
from core.loading.augmentations import warnings
from core.locale import _, translate
from core.prepared import imports, job, prepare
from core.prepared.allowed_paths import confined
from core.prepared.arrays import Prepared
from core.recipes import RECIPES, Recipe, fitting, recipe
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS, default_name
from pages.components import data_picker, frame, widget_values
from pages.components.import_notice import import_notice
from pages.components.markdown import escape_markdown
from pages.components.page_list import DATA, TRAIN
from pages.components.preparing import prepared_or_controls
from pages.train import draft as drafts
from pages.train import forms
from pages.train.draft import Checked
from pages.train.layers import layer_table
from pages.train.pretrained import weights_section

CHOSEN_RECIPE = "draft_recipe"  # in the session: the recipe that the form was filled from
APPLIED_LINK = "draft_link"  # in the session: the link that the form was last filled from
LINK_PARAMS = ("recipe", "like", *data_picker.LINK_PARAMS)  # what a link can ask the form to be filled with


def new_run_form(lab: Lab) -> None:
    apply_link(lab)
    checked = drafts.check(forms.current_draft())
    with st.container():  # whatever it shows, the form below stays where it is, and a control keeps the focus
        recipe_select(lab)
    left, right = st.columns(2, gap="large")
    below = st.container()
    with left:
        st.header(_("Data"), anchor=False)
        prepared = data_section(lab, checked)
        st.header(_("Model"), anchor=False)
        forms.draw_section("model", checked.errors)
        weights = st.container()  # filled last: a server that does not answer holds up nothing else
    with below:
        missing = layers_section(lab, checked, prepared)
    with right:
        st.header(_("Training"), anchor=False)
        for part in ("training", "optimizer", "schedule"):
            forms.draw_section(part, checked.errors)
        # What is folded away is half of all controls, and drawn only while it is open.
        changes = st.expander(_("Data augmentation"), icon=":material/shuffle:", on_change="rerun", key="fold-changes")
        if changes.open:
            with changes:
                forms.draw_section("augment", checked.errors)
        if checked.config and prepared:
            for words in warnings(checked.config.augment, prepared.meta):
                st.warning(words, icon=":material/warning:")
        rest = st.expander(_("Advanced"), icon=":material/settings:", on_change="rerun", key="fold-advanced")
        if rest.open:
            with rest:
                for part in ("data", "model", "training", "optimizer", "schedule", "loss"):
                    forms.draw_section(part, checked.errors, advanced=True)
    if checked.config:
        with weights:
            missing += weights_section(checked.config.model)
    start_bar(lab, checked, missing)


def layers_section(lab: Lab, checked: Checked, prepared: Prepared | None) -> list[str]:
    """The layer table; returns what prevents a start, and where to correct it."""
    st.header(_("Layers"), anchor=False)
    if checked.config is None:
        st.caption(_("The layers are counted once the settings are right."))
        return [forms.with_location(name, words) for name, words in checked.errors.items()]
    if prepared is None:
        st.caption(_("The layers are counted once the data set is prepared."))
        return [why_not_prepared(lab, DataSource.of(checked.config.data))]
    trouble = layer_table(checked.config, prepared, forms.current_draft())
    return [trouble] if trouble else []


def why_not_prepared(lab: Lab, chosen: DataSource) -> str:
    if chosen.is_folder and not chosen.path:
        return _("No images are chosen yet. Add your own under Data, above.")
    if job.status(chosen, lab.workspace).state == "running":
        return _("The data set is being prepared under Data, above.")
    return _("The data set is not prepared yet. Prepare it under Data, above.")


def apply_link(lab: Lab) -> None:
    """Fill the form from a link such as `?recipe=mnist-cnn`, `?like=RUN` or `?data=mnist`, once for each link. Own
    images alone bring the recipe that fits them: what was on the form before was for other images."""
    asked = {name: st.query_params[name] for name in LINK_PARAMS if name in st.query_params}
    if not asked or asked == st.session_state.get(APPLIED_LINK):
        return
    st.session_state[APPLIED_LINK] = asked
    with frame.show_problems():
        if asked.get("recipe", RECIPES[0].name) not in [entry.name for entry in RECIPES]:
            raise BadInput(
                "There is no recipe {asked:name}. Choose one under Start from, below.", asked=asked["recipe"]
            )
        if asked.get("data", FOLDER) not in [*catalog.catalog(), FOLDER]:
            raise BadInput("There is no data set {asked:name}. Choose one under Data, below.", asked=asked["data"])
        path = asked.get("path") and confined(asked["path"], lab.workspace)
        if "recipe" in asked:
            use_recipe(recipe(asked["recipe"]), lab)
        if "like" in asked:
            st.session_state[CHOSEN_RECIPE] = ""
            forms.replace_draft(drafts.from_config(lab.run(asked["like"]).config))
        if "data" in asked:
            source = DataSource(asked["data"], path, layout_named(asked.get("layout", "auto")))
            if source.is_folder and not {"recipe", "like"} & asked.keys():
                prepared = prepare.find(source, lab.workspace) if source.path else None
                use_recipe(fitting(prepared.meta if prepared else None), lab)
            set_source(source)


def recipe_select(lab: Lab) -> None:
    """Recipes, and what has been changed since one was taken."""
    names = ["", *(entry.name for entry in RECIPES)]
    titles = {"": _("Own settings")} | {entry.name: translate(entry.title) for entry in RECIPES}
    now = st.session_state.get(CHOSEN_RECIPE, "")
    if st.session_state.get("start_from") != now:
        st.session_state["start_from"] = now
    st.selectbox(
        _("Start from"),
        names,
        index=names.index(now),
        format_func=lambda name: titles.get(name, name),
        key="start_from",
        on_change=lambda: on_recipe_change(st.session_state["start_from"], lab),
        help=_(
            "A recipe fills the form with hyperparameters (the settings that are chosen, not learned) that are "
            "known to work. Change what you like."
        ),
    )
    if not now:
        return
    chosen = recipe(now)
    st.caption(translate(chosen.about))
    changed = drafts.changed_titles(forms.current_draft(), recipe_config(chosen, lab))
    if changed:
        words = _("Not as in the recipe: {settings}.", settings=", ".join(changed))
        st.caption(f":material/edit: {words}")
        st.button(_("Back to the recipe"), icon=":material/undo:", on_click=use_recipe, args=(chosen, lab), key="undo")


def on_recipe_change(name: str, lab: Lab) -> None:
    if name in [entry.name for entry in RECIPES]:
        use_recipe(recipe(name), lab)
    elif not name:
        st.session_state[CHOSEN_RECIPE] = ""
    else:
        widget_values.say_unusable()


def use_recipe(chosen: Recipe, lab: Lab) -> None:
    st.session_state[CHOSEN_RECIPE] = chosen.name
    forms.replace_draft(drafts.from_config(recipe_config(chosen, lab)))


def recipe_config(chosen: Recipe, lab: Lab) -> RunConfig:
    """The recipe's settings; one for own photographs takes the folder chosen now, or the newest import."""
    if not chosen.folder:
        return chosen.config
    draft = forms.current_draft()
    if draft.get("data.path"):
        return chosen.config.replace({name: draft[name] for name in ("data.path", "data.layout")})
    newest = next(map(DataSource.of, prepare.imported(lab.workspace)), None)
    return chosen.config.replace(newest.settings) if newest else chosen.config


def data_section(lab: Lab, checked: Checked) -> Prepared | None:
    """Choose the data set, prepare it if that is still to do, and the plain settings of its part."""
    draft = forms.current_draft()
    options = {one.source: one for one in data_picker.data_set_choices(lab.workspace)}
    now = DataSource(draft["data.name"], draft["data.path"], draft["data.layout"])
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
        help=translate(str(drafts.sections(draft)["data"].model_fields["name"].description)),
    )
    if now.is_folder and not now.path:
        st.info(_("Add your own images on the Data page first."), icon=":material/info:")
        st.page_link(DATA.file, label=_("Add images"), icon=":material/add_photo_alternate:")
        prepared = None
    else:
        prepare_label = _("Prepare {title}", title=escape_markdown(options[now].title))
        prepared = prepared_or_controls(now, lab.workspace, prepare_label)
        if prepared:
            import_notice(prepared, lab)
        st.page_link(DATA.file, label=_("Look at the images"), icon=":material/image:", query_params=options[now].link)
    forms.draw_section("data", checked.errors)
    return prepared


def on_data_change() -> None:
    chosen = st.session_state["data_of_run"]
    if isinstance(chosen, DataSource):  # not the text of a title that another data set of its name has changed
        set_source(chosen)


def set_source(source: DataSource) -> None:
    for name, value in source.settings.items():
        forms.set_value(name, value)


def start_bar(lab: Lab, checked: Checked, reasons: list[str]) -> None:
    """The bar that stays visible: a name, and the button, disabled with the reason while something is missing."""
    taken = st.session_state.get(CHOSEN_RECIPE, "")
    same = bool(taken) and not drafts.changed_titles(forms.current_draft(), recipe_config(recipe(taken), lab))
    own = taken if same else None
    with st.container(key="start-bar"):
        if reasons:
            words = escape_markdown(reasons[0])
            if more := len(reasons) - 1:
                words = _("{reason} (and {more} more)", reason=words, more=more)
            st.caption(f":material/block: {words}")
        with st.container(horizontal=True, vertical_alignment="center"):
            name = st.text_input(
                _("Name of the run"),
                key="run_name",
                placeholder=(
                    _("Name: {name}", name=default_name(checked.config, own)) if checked.config else _("Name")
                ),
                max_chars=MAX_NAME_CHARS,
                label_visibility="collapsed",
            )
            pressed = st.button(
                _("Start training"), type="primary", icon=":material/play_arrow:", disabled=bool(reasons), key="start"
            )
    if pressed:
        assert checked.config is not None
        with frame.show_problems():
            run = lab.submit(checked.config, name, own)
            st.session_state.pop("run_name", None)
            st.switch_page(TRAIN.file, query_params={"run": run.id})
