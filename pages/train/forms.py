"""The form of a run, made from the descriptions that the settings carry: a new setting or model family appears in
it by itself. Each control is a view of the draft; a change is written back before the page is drawn again."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from core import formatting
from core.datasets.source import SOURCE_SETTINGS, DataSource
from core.locale import _, translate
from core.models.layers.text import LAYERS_SETTING
from core.models.spec import WEIGHTS_SETTING
from core.run_config import REGISTRIES, RunConfig
from core.runs.setting_words import in_words
from core.script.lines import told_line
from core.settings.fields import bounds, choices, hints, whole_items
from core.settings.numbers import typed_decimal, typed_whole
from pages.components import widget_values
from pages.components.markdown import escape_markdown
from pages.components.spec_words import empty_text, hint, option_title, title
from pages.components.written_values import remember_written, was_written
from pages.train import draft as drafts
from pages.train.draft import Draft
from pages.train.numbers import is_number, nearest_stop, shortest_text, slider_stops, typed_value, with_value

MODEL_SETTING = "model.name"
# In sight without opening anything: what is turned most often.
FIRST_SETTINGS = ("optimizer.name", "optimizer.lr", "training.epochs", "training.batch_size")
# Drawn elsewhere than in its section, by what it is: the data set, the model and its weights, the list of layers.
DRAWN_ELSEWHERE = (*SOURCE_SETTINGS, MODEL_SETTING, WEIGHTS_SETTING, LAYERS_SETTING, *FIRST_SETTINGS)
DRAFT = "draft"  # in the session: the settings on the form


def has_draft() -> bool:
    """Whether the session has settings on the form."""
    return DRAFT in st.session_state


def current_draft() -> Draft:
    """The session's draft; it begins with the defaults."""
    if DRAFT not in st.session_state:
        st.session_state[DRAFT] = drafts.from_config(RunConfig())
    draft: Draft = st.session_state[DRAFT]
    return draft


def set_value(name: str, value: Any) -> None:
    st.session_state[DRAFT] = drafts.with_change(current_draft(), name, value)


def set_source(source: DataSource) -> None:
    for name, value in source.settings.items():
        set_value(name, value)


def replace_draft(draft: Draft) -> None:
    """Replace the whole draft; the controls follow when they are drawn next."""
    st.session_state[DRAFT] = draft


def entry_select(name: str, info: FieldInfo) -> None:
    """The entries of a part by their titles; about the one chosen a line, or with the help where room is scarce."""
    specs = REGISTRIES[name.partition(".")[0]].entries
    about = translate(specs[current_draft()[name]].about)
    words = help_of(name, info, about if name in FIRST_SETTINGS else "")
    bound_control(
        name,
        lambda value, **wiring: st.selectbox(
            title(info),
            list(specs),
            index=list(specs).index(value),
            format_func=lambda entry: translate(specs[entry].title),
            help=words,
            **wiring,
        ),
        among=list(specs),
    )
    if name not in FIRST_SETTINGS:
        st.caption(about)


def draw_section(part: str, errors: dict[str, str], advanced: bool = False) -> None:
    """The controls of one part of the settings that matter now; the plain ones, or those folded away."""
    for name, info in drafts.fields(current_draft()).items():
        own = name.startswith(part + ".") and bool(hints(info)["advanced"]) == advanced
        if own and name not in DRAWN_ELSEWHERE:
            draw_setting(name, info, errors)


def draw_first(errors: dict[str, str], beside: Callable[[], None]) -> None:
    """The few settings that matter most, in the order of `FIRST_SETTINGS`; `beside` draws what stands beside the first
    of them, above the box of the learning rate."""
    first, *others = FIRST_SETTINGS
    with st.container(horizontal=True, vertical_alignment="bottom"):
        draw_one(first, errors)
        beside()
    for name in others:
        draw_one(name, errors)


def draw_one(name: str, errors: dict[str, str]) -> None:
    """A setting that is drawn elsewhere than in its section."""
    draw_setting(name, drafts.fields(current_draft())[name], errors)


def draw_setting(name: str, info: FieldInfo, errors: dict[str, str]) -> None:
    """A control, if the setting matters, and what is wrong with its value."""
    if drafts.is_visible(current_draft(), name, info):
        draw_control(name, info)
        if name in errors:
            st.error(escape_markdown(errors[name]), icon=":material/error:")


def has_errors(parts: Sequence[str], errors: dict[str, str], advanced: bool = False) -> bool:
    """Whether something is wrong with a setting that is folded away under these parts."""
    known = drafts.fields(current_draft())
    return any(
        name.partition(".")[0] in parts and bool(hints(known[name])["advanced"]) == advanced
        for name in errors
        if name in known and name not in FIRST_SETTINGS
    )


def with_location(name: str, problem: str) -> str:
    """What is wrong with a setting, and where on the page it stands: `Under Advanced: …`."""
    info = drafts.fields(current_draft()).get(name)
    if info is None or name in FIRST_SETTINGS:
        return problem
    if hints(info)["advanced"]:
        section = _("Advanced")
    else:
        titles = {"data": _("Data"), "model": _("Model"), "augment": _("Data augmentation")}
        section = titles.get(name.partition(".")[0], _("Optimizer and schedule"))
    return _("Under {section}: {problem}", section=section, problem=problem)


def draw_control(name: str, info: FieldInfo) -> None:
    """The control that suits the kind of value."""
    kinds = [info.annotation, *get_args(info.annotation)]
    part, _dot, key = name.partition(".")
    if key == "name" and part in REGISTRIES:
        entry_select(name, info)
    elif get_origin(info.annotation) is Literal:
        choice_select(name, info)
    elif bool in kinds:
        bound_control(name, lambda value, **wiring: st.toggle(title(info), value, help=help_of(name, info), **wiring))
    elif any(get_origin(kind) is tuple for kind in kinds):
        number_list(name, info)
    elif type(None) in kinds:
        optional_number(name, info)
    elif hints(info)["log"] or hints(info)["slider"]:
        slider_with_box(name, info)
    elif float in kinds or (int in kinds and has_short_range(info)):
        plain_slider(name, info)
    elif int in kinds:
        text_box(name, info, show=str, read=typed_whole)
    else:
        text_box(name, info)


def help_of(name: str, info: FieldInfo, about: str = "") -> str:
    """What the “?” of a control says: what the setting does, and its line of the code."""
    part, _dot, key = name.partition(".")
    settings = drafts.part_of(current_draft(), part)
    value, line = told_line(part, settings, key) if settings else (None, "")
    told = _("With {value}:", value=in_words(name, info, value)) if value is not None else ""
    return "\n\n".join(text for text in (hint(info), about, told, f"```python\n{line}\n```" if line else "") if text)


# One control each


def bound_control(
    name: str,
    draw: Callable[..., Any],
    *,
    show: Callable[[Any], Any] = lambda value: value,
    read: Callable[[Any], Any] = lambda shown: shown,
    kind: str = "set",
    among: Sequence[Any] | None = None,
) -> None:
    """Draw a widget as a view of one setting: `show` turns the value into what the widget holds, `read` back; a value
    that is not `among` its options is no choice.

    `draw(value, key=…, on_change=…)`. The widget's state is set only where it differs, so that moving a slider is not
    disturbed. It gets the value as its default too: the browser loads the code of a kind of widget when the
    first one comes, and one that appears only after the next run misses the state that was set."""
    key = f"{kind}.{name}"
    value = show(current_draft().get(name))
    if key not in st.session_state or st.session_state[key] != value:
        remember_written(key, st.session_state.get(key), value)
        st.session_state[key] = value

    def follow() -> None:
        if was_written(key, st.session_state[key]):
            return  # it is drawn with the value again
        chosen = read(st.session_state[key])
        if among is None or chosen in among:
            set_value(name, chosen)
        else:
            widget_values.say_unusable()

    draw(value, key=key, on_change=follow)


def choice_select(name: str, info: FieldInfo) -> None:
    options = choices(info)
    bound_control(
        name,
        lambda value, **wiring: st.selectbox(
            title(info),
            options,
            index=options.index(value),
            format_func=lambda option: option_title(info, option),
            help=help_of(name, info),
            **wiring,
        ),
        among=options,
    )


def text_box(
    name: str,
    info: FieldInfo,
    *,
    show: Callable[[Any], str] = lambda value: value,
    read: Callable[[str], Any] = lambda text: text,
    more: str = "",
    placeholder: str = "",
) -> None:
    """A value that is typed. Text also for numbers, since a number box drops what is out of bounds: what cannot be
    read stays as typed, and the check names it."""
    bound_control(
        name,
        lambda value, **wiring: st.text_input(
            title(info), value, help=help_of(name, info) + more, placeholder=placeholder, **wiring
        ),
        show=lambda value: value if isinstance(value, str) else show(value),
        read=read,
    )


def number_list(name: str, info: FieldInfo) -> None:
    """A list such as `32, 64`."""
    whole = whole_items(info)
    whole_format = _("Whole numbers with commas between, such as 32, 64.")
    words = whole_format if whole else _("Numbers with commas between: 0.5, 2.")
    text_box(
        name,
        info,
        show=lambda value: ", ".join(str(item) if whole else shortest_text(item) for item in value),
        read=lambda text: typed_value(text, info),
        more="\n\n" + words,
        placeholder=empty_text(info),
    )


def optional_number(name: str, info: FieldInfo) -> None:
    """A whole number, or an empty box for none."""
    text_box(
        name,
        info,
        show=lambda value: "" if value is None else str(value),
        read=lambda text: typed_whole(text) if text.strip() else None,
        placeholder=empty_text(info),
    )


def can_be_typed(name: str, draft: Draft) -> bool:
    """Whether the control of a setting is a box in which any text can stand."""
    info = drafts.fields(draft).get(name)
    if info is None or name.endswith(".name") or get_origin(info.annotation) is Literal:
        return False
    kinds = [info.annotation, *get_args(info.annotation)]
    return bool not in kinds and not (float in kinds and not (hints(info)["log"] or hints(info)["slider"]))


def has_short_range(info: FieldInfo) -> bool:
    low, high = bounds(info)
    return low is not None and high is not None and high - low <= 100


def plain_slider(name: str, info: FieldInfo) -> None:
    """A slider over all that is accepted."""
    low, high = bounds(info)
    assert low is not None and high is not None
    step = hints(info)["step"] or (1 if info.annotation is int else 0.01)
    kind = int if info.annotation is int else float
    bound_control(
        name,
        lambda value, **wiring: st.slider(
            title(info),
            kind(low),
            kind(high),
            value,
            step=kind(step),
            format="%d" if kind is int else "%.2f",
            help=help_of(name, info),
            **wiring,
        ),
        show=lambda value: kind(min(max(value, low), high)) if isinstance(value, int | float) else kind(low),
        read=lambda value: round(value, 6),
    )


def slider_with_box(name: str, info: FieldInfo) -> None:
    """A slider for the usual values, and a box beside it for any other that is accepted."""
    low, high = hints(info)["slider"] or bounds(info)
    assert low is not None and high is not None
    whole = info.annotation is int
    steps = with_value(
        current_draft().get(name), slider_stops(low, high, hints(info), whole, zero=bounds(info)[0] == 0), *bounds(info)
    )
    written = str if whole else shortest_text
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound_control(
            name,
            lambda value, **wiring: st.select_slider(
                title(info),
                steps,
                value,
                format_func=formatting.count if whole else formatting.rate,
                help=help_of(name, info),
                **wiring,
            ),
            show=lambda value: nearest_stop(value, steps) if is_number(value) else resting_stop(name, steps),
            kind="slide",
        )
        bound_control(
            name,
            lambda value, **wiring: st.text_input(
                _("{title}, exactly", title=title(info)), value, label_visibility="collapsed", width=120, **wiring
            ),
            show=lambda value: value if isinstance(value, str) else written(value),
            read=typed_whole if whole else typed_decimal,
            kind="exact",
        )


def resting_stop(name: str, steps: Sequence[Any]) -> Any:
    """Where a slider stays while what is typed beside it is no number."""
    shown = st.session_state.get(f"slide.{name}")
    return shown if shown in steps else steps[0]
