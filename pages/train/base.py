"""What the settings on the form began with: a recipe, an earlier run, or nothing. What differs stands as chips."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from core.datasets.source import SOURCE_SETTINGS, DataSource, with_version
from core.errors import Problem
from core.locale import _, translate
from core.models.layers.text import LAYERS_SETTING
from core.models.spec import OF_RUN, WEIGHTS_SETTING
from core.prepared import prepare
from core.recipes import RECIPES, recipe
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.naming import changed_name, default_name
from core.runs.setting_words import in_words, layers_change
from core.runs.starting_weights import find
from core.runs.store import UNREADABLE, Run
from pages.components import widget_values
from pages.components.markdown import escape_markdown
from pages.components.scrolling import scroll_to
from pages.components.spec_words import title
from pages.components.starting import FIRST_RECIPE
from pages.train import draft as drafts
from pages.train import forms

BASE = "draft_base"  # in the session: a `Base`
NEXT_RUN = "next-run"  # the key of the container of the form
RUN_PREFIX = "run:"  # of a run among the choices of the box


@dataclass(frozen=True)
class Base:
    """A recipe by its name, or a run by its id; neither: own settings."""

    recipe: str = ""
    run: str = ""

    @property
    def params(self) -> dict[str, str]:
        """What names it in a link."""
        return {"like": self.run} if self.run else {"recipe": self.recipe} if self.recipe else {}

    def config(self, lab: Lab) -> RunConfig | None:
        """Its settings; a recipe for own photographs takes the folder chosen now, or the newest import. None for own
        settings, and for a run that was deleted or whose settings cannot be read."""
        if self.run:
            try:
                run = lab.run(self.run)
            except Problem:
                return None
            return None if run.code == UNREADABLE else run.config
        if not self.recipe:
            return None
        chosen = recipe(self.recipe)
        if not chosen.folder:
            return chosen.config
        draft = forms.current_draft()
        if draft.get("data.path"):
            return chosen.config.replace({name: draft[name] for name in SOURCE_SETTINGS})
        newest = next(map(DataSource.of, prepare.imported(lab.workspace)), None)
        return chosen.config.replace(newest.settings) if newest else chosen.config

    def began_with(self, lab: Lab) -> str | None:
        """The recipe that it is, or that its run began with."""
        if self.run:
            with suppress(Problem):
                return lab.run(self.run).recipe
        return self.recipe or None

    def title(self, lab: Lab) -> str:
        if self.run:
            return lab.run(self.run).name
        return translate(recipe(self.recipe).title) if self.recipe else ""


def base_of() -> Base:
    found: Base = st.session_state.get(BASE, Base())
    return found


def begin(shown: Run | None, lab: Lab) -> None:
    """What a form begins with that nobody has filled yet: the settings of the run beside it, or else of the first
    recipe. The next run then differs from that one in what is changed, and in nothing else."""
    if forms.has_draft():
        return
    if shown is None:
        choose_base(Base(recipe=FIRST_RECIPE), lab)
        return
    unchanged = next((one.name for one in RECIPES if one.config == shown.config), "")
    choose_base(Base(recipe=unchanged) if unchanged else Base(run=shown.id), lab)


def show_form() -> None:
    """Bring the form into sight, which on a telephone stands below the run."""
    scroll_to(f".st-key-{NEXT_RUN}")


def choose_base(base: Base, lab: Lab) -> None:
    """Fill the form with what it says; own settings leave the form as it is."""
    st.session_state[BASE] = base
    if config := base.config(lab):
        forms.replace_draft(drafts.from_config(config))


def base_select(lab: Lab) -> None:
    """The box of recipes; an earlier run is among them while the form began with it."""
    base = base_of()
    titles = {"": _("Own settings")} | {entry.name: translate(entry.title) for entry in RECIPES}
    now = base.recipe
    if base.run and base.config(lab):
        now = RUN_PREFIX + base.run
        titles |= {now: _("The run {run:name}", run=base.title(lab))}
    if st.session_state.get("start_from") != now:
        st.session_state["start_from"] = now
    names = list(titles)
    st.selectbox(
        _("Start from"),
        names,
        index=names.index(now),
        format_func=lambda name: titles.get(name, name),
        key="start_from",
        on_change=on_base_change,
        args=(lab,),
        help=_(
            "A recipe fills the form with hyperparameters (the settings that are chosen, not learned) that are "
            "known to work. Change what you like."
        ),
    )
    if base.recipe:
        st.caption(translate(recipe(base.recipe).about))
    elif base.run and now != RUN_PREFIX + base.run:
        st.caption(_("The run that this form began with was deleted, or its settings cannot be read."))


def on_base_change(lab: Lab) -> None:
    chosen = st.session_state["start_from"]
    if not chosen or chosen in [entry.name for entry in RECIPES]:
        choose_base(Base(recipe=chosen), lab)
    elif not str(chosen).startswith(RUN_PREFIX):
        widget_values.say_unusable()


def change_chips(lab: Lab) -> None:
    """Every setting that is not as it began: `Learning rate 0.001 → 0.01`. A click takes the change back."""
    base = base_of()
    config = base.config(lab)
    if config is None or not (changed := change_words(config, lab)):
        return
    with st.container(horizontal=True, key="changes"):
        for name, words in changed.items():
            st.button(
                escape_markdown(words),
                icon=":material/close:",
                type="tertiary",
                key=f"change-{name}",
                help=_("Take this change back."),
                on_click=take_back,
                args=(name, config),
            )
        if len(changed) > 1:
            st.button(
                _("Take all back"), icon=":material/undo:", type="tertiary", key="undo", on_click=choose_base,
                args=(base, lab),
            )  # fmt: skip


def take_back(name: str, config: RunConfig) -> None:
    if name == "data.name":
        forms.set_source(DataSource.of(config.data))
    elif name.endswith(".name"):
        forms.set_value(name, config.flat()[name])
    else:  # also of an entry that `config` has not chosen
        forms.set_value(name, drafts.unchanged(forms.current_draft(), config)[name])


def value_words(name: str, info: FieldInfo, value: Any, lab: Lab) -> str:
    """A setting's value as the form shows it; a run whose weights are taken by its name."""
    of_run = OF_RUN.fullmatch(str(value)) if name == WEIGHTS_SETTING else None
    return in_words(name, info, value, names_by_id(of_run["run"] if of_run else "", lab))


def names_by_id(run_id: str, lab: Lab) -> dict[str, str]:
    """The name of a run that is there, by its id."""
    run = find(run_id, lab.store) if run_id else None
    return {run.id: run.name} if run else {}


def change_words(config: RunConfig, lab: Lab) -> dict[str, str]:
    """Dotted name of each setting that is not as it began → its title, its value then and its value now."""
    draft, flat = forms.current_draft(), config.flat()
    known = drafts.fields(draft)
    found: dict[str, str] = {}
    for name, value in drafts.changes(draft, config).items():
        if name in SOURCE_SETTINGS:
            now = drafts.source_of(draft)
            before = DataSource.of(config.data)
            found["data.name"] = _("Data set {before} → {now}", before=source_title(before), now=source_title(now))
        elif name in known:
            info = known[name]
            typed = isinstance(value, str) and name not in flat
            now_words = value if typed else value_words(name, info, value, lab)
            if name == LAYERS_SETTING:
                found[name] = _("{setting}: {change}", setting=title(info), change=layers_change(flat.get(name), value))
            elif name in flat:
                found[name] = _(
                    "{setting} {before} → {now}", setting=title(info), before=value_words(name, info, flat[name], lab),
                    now=now_words,
                )  # fmt: skip
            else:
                found[name] = _("{setting} {now}", setting=title(info), now=now_words)
    return found


def source_title(source: DataSource) -> str:
    title = translate(source.base.title) if source.path or not source.is_folder else _("own images")
    return with_version(title, source.version)


def suggested_name(config: RunConfig, lab: Lab) -> str:
    """What the run with these settings is called by what differs from the recipe, or else from the run that the form
    began with; "" where that would say little."""
    base = base_of()
    begun = base.config(lab)
    if not begun:
        return ""
    origin = lab.run(base.run).origin if base.run else None  # a run like a fork is none
    title = origin.name if origin else base.title(lab)
    names = names_by_id(config.model.of_run, lab)
    # A name that begins with a recipe tells all that is not as there, whichever run the form began with.
    known = None if origin else base.began_with(lab)
    return default_name(config, known, names) if known else changed_name(config, begun, title, names)
