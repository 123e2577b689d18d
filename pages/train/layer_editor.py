"""The editor of an own list of layers: every layer with what it makes of an image and what that takes, and the numbers
of the one that is chosen. It is a view of one text of the draft; each change writes a new one."""

from zlib import crc32

import streamlit as st
from pydantic.fields import FieldInfo

from core.errors import Problem
from core.loading.input_spec import input_spec
from core.loading.settings import DataConfig
from core.locale import _, ngettext, translate
from core.models import model_spec
from core.models.layers import LAYERS, LayerSettings
from core.models.layers.presets import PRESETS
from core.models.layers.spec import Shape, shape_text
from core.models.layers.text import (
    LAYERS_SETTING,
    MAX_TEXT_CHARS,
    joined,
    telling_numbers,
    tidied,
)
from core.models.layers.trace import Row, trace
from core.prepared.arrays import Prepared
from core.settings.parsing import parse
from pages.components.markdown import escape_markdown
from pages.components.spec_words import title
from pages.train import draft as drafts
from pages.train import forms
from pages.train.draft import Draft
from pages.train.forms import bound_control
from pages.train.layer_panel import CHOSEN, current_layers, layer_panel


def layer_editor(prepared: Prepared | None) -> list[str]:
    """Draw it; returns what prevents a start."""
    draft = forms.current_draft()
    info = drafts.fields(draft)[LAYERS_SETTING]
    layers = current_layers()
    shape, classes = image_of(draft, prepared)
    rows = trace(layers, shape, classes)
    preset_select()
    with st.container(key="layer-list"):
        chosen = row_select(rows)
        with st.container(border=True, key="layer-panel"):  # frame.css puts it below the row that is chosen
            layer_panel(chosen, len(layers), rows[chosen])
    whole_text(info)
    if shape is None:
        st.caption(_("Shapes and counts are shown once the data set is prepared."))
    else:
        st.caption(totals_text(rows, shape))
    return problems_of(rows)


def image_of(draft: Draft, prepared: Prepared | None) -> tuple[Shape | None, int | None]:
    """The shape of an image as the model gets it, (C, H, W), and how many classes there are; None where that is not
    known yet."""
    if prepared is None:
        return None, None
    values = {key: draft[f"data.{key}"] for key in DataConfig.model_fields if f"data.{key}" in draft}
    spec = model_spec("layers")
    try:
        seen = input_spec(parse(DataConfig, values, "data."), spec.input_of(spec.defaults()), prepared.meta)
    except Problem:  # it stands at its own field
        return None, None
    return (seen.channels, *seen.size), len(prepared.meta.classes)


def problems_of(rows: list[Row]) -> list[str]:
    """What does not fit to the images. What cannot be read is an error of the setting, and told as such."""
    if any(row.problem and row.layer is None for row in rows[:-1]):
        return []
    return [
        _("Under Model, row {row} ({layer}): {problem}", row=number, layer=row.item, problem=row.problem)
        for number, row in enumerate(rows, start=1)
        if row.problem
    ]


# The list


def preset_select() -> None:
    """A list to begin with; it replaces the whole one."""
    texts = {preset.layers: preset.title for preset in PRESETS.values()}
    bound_control(
        LAYERS_SETTING,
        lambda value, **wiring: st.selectbox(
            _("Begin with the layers of"),
            list(texts),
            index=list(texts).index(value) if value else None,
            format_func=lambda text: translate(texts.get(text) or str(text)),
            placeholder=_("Own list"),
            help=_("Replaces the list by that of another network. The list below is then yours to change."),
            **wiring,
        ),
        show=lambda text: text if text in texts else None,
        kind="preset",
        among=list(texts),
    )


def row_select(rows: list[Row]) -> int:
    """The list, one line a layer, and below it what the layer makes of an image. Returns the row that is chosen."""
    chosen: int = min(st.session_state.get(CHOSEN, 0), len(rows) - 1)
    # Another list is another control: what a browser sends late for an earlier one chooses nothing in this one.
    key = f"layer-rows-{crc32(joined([row.item for row in rows]).encode()):08x}"
    if st.session_state.get(key, chosen) != chosen:
        st.session_state[key] = chosen
    st.radio(
        _("Layers, from the image to the classes"),
        range(len(rows)),
        index=chosen,
        format_func=lambda number: row_title(number, rows[number], last=number == len(rows) - 1),
        captions=[row_caption(row) for row in rows],
        key=key,
        on_change=on_row_change,
        args=(key,),
        width="stretch",
    )
    return chosen


def on_row_change(key: str) -> None:
    if isinstance(chosen := st.session_state[key], int):
        st.session_state[CHOSEN] = chosen


def row_title(number: int, row: Row, *, last: bool) -> str:
    """`3 · Convolution channels 32, kernel size 3, padding 1`."""
    kind, _space, typed = row.item.partition(" ")
    spec = LAYERS.entries.get(kind)
    numbers = numbers_text(row.layer) if row.layer else typed
    words = f"**{translate(spec.title)}** {escape_markdown(numbers)}" if spec else escape_markdown(row.item)
    if last:
        words = _("{layer} (the classes)", layer=words)
    return f"{number + 1} · {words}"


def numbers_text(layer: LayerSettings) -> str:
    """Its numbers with their names."""
    told = telling_numbers(layer).items()
    return ", ".join(f"{title(type(layer).model_fields[name]).lower()} {text}" for name, text in told)


def row_caption(row: Row) -> str:
    """What it makes of an image and what that takes, or what is wrong with it."""
    if row.problem:
        return f":material/error: **{escape_markdown(str(row.problem))}**"
    if row.effect is None:
        return "–"
    parts = [shape_text(row.effect.output)]
    if row.effect.parameters:
        parts.append(parameters_text(row.effect.parameters))
    if row.effect.multiply_adds:
        parts.append(_("{operations:count} multiply-adds", operations=row.effect.multiply_adds))
    return " · ".join(parts)


def parameters_text(count: int) -> str:
    return ngettext("{n:count} parameter", "{n:count} parameters", count)


def totals_text(rows: list[Row], shape: Shape) -> str:
    """Of all layers; of a list in which one does not fit nothing is counted."""
    effects = [row.effect for row in rows if row.effect]
    begun = _("Input {shape} (channels × height × width)", shape=shape_text(shape))
    if len(effects) < len(rows):
        return " · ".join([begun, _("parameters are counted once every layer fits")])
    operations = sum(one.multiply_adds for one in effects)
    return " · ".join(
        [
            begun,
            parameters_text(sum(one.parameters for one in effects)),
            _("{operations:count} multiply-adds an image", operations=operations),
        ]
    )


# The whole list as text


def whole_text(info: FieldInfo) -> None:
    bound_control(
        LAYERS_SETTING,
        lambda value, **wiring: st.text_area(
            _("The list as text"),
            value,
            max_chars=MAX_TEXT_CHARS,
            help=forms.help_of(LAYERS_SETTING, info),
            height=100,
            **wiring,
        ),
        show=str,
        read=tidied,
    )
