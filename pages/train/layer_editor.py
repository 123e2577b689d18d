"""The editor of an own list of layers: every layer with what it makes of an image and what that takes, and the numbers
of the one that is chosen. It is a view of one text of the draft; each change writes a new one."""

from collections.abc import Callable
from typing import Any
from zlib import crc32

import streamlit as st
from pydantic.fields import FieldInfo

from core.errors import Problem
from core.loading.input_spec import input_spec
from core.loading.settings import DataConfig
from core.locale import _, ngettext, translate
from core.models import model_spec
from core.models.layers import LAYERS
from core.models.layers.presets import PRESETS
from core.models.layers.spec import Shape, shape_text
from core.models.layers.text import (
    LAYERS_SETTING,
    MAX_LAYERS,
    MAX_TEXT_CHARS,
    as_kind,
    items,
    joined,
    tidied,
    with_number,
)
from core.models.layers.trace import Row, trace
from core.prepared.arrays import Prepared
from core.settings.fields import hints
from core.settings.numbers import typed_decimal, typed_whole
from core.settings.parsing import parse
from pages.components.markdown import escape_markdown
from pages.components.spec_words import empty_text, hint, title
from pages.train import draft as drafts
from pages.train import forms
from pages.train.draft import Draft
from pages.train.forms import bound_control, shortest_text

CHOSEN = "layer_row"  # in the session: the row that is chosen, from 0
NUMBER_WIDTH_PX = 118  # of the box of a number: two or three beside one another on a telephone


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
            if chosen < len(layers):
                layer_controls(chosen, rows[chosen])
            else:
                st.caption(_("The dense layer to the classes ends every network. It follows from the data set."))
            layer_buttons(chosen, len(layers), rows[chosen])
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
    """`3 · Convolution 32 3 padding=1`."""
    kind, _space, numbers = row.item.partition(" ")
    spec = LAYERS.entries.get(kind)
    words = f"**{translate(spec.title)}** {escape_markdown(numbers)}" if spec else escape_markdown(row.item)
    if last:
        words = _("{layer} (the classes)", layer=words)
    return f"{number + 1} · {words}"


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
    """Of all layers that fit."""
    effects = [row.effect for row in rows if row.effect]
    return " · ".join(
        [
            _("Input {shape} (channels × height × width)", shape=shape_text(shape)),
            parameters_text(sum(one.parameters for one in effects)),
            _("{operations:count} multiply-adds an image", operations=sum(one.multiply_adds for one in effects)),
        ]
    )


# The layer that is chosen


def layer_controls(at: int, row: Row) -> None:
    """Its kind, and its numbers, or the text of what cannot be read."""
    kind_select(at, row)
    if row.layer is None:
        item_control(
            at,
            "text",
            lambda value, **wiring: st.text_input(_("As it is written"), value, **wiring),
            show=lambda item: item,
            write=lambda item, typed: joined(items(str(typed))),
        )
        return
    numbers = {name: info for name, info in type(row.layer).model_fields.items() if name != "name"}
    if numbers:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for name, info in numbers.items():
                number_box(at, row.layer.name, name, info, getattr(row.layer, name))


def kind_select(at: int, row: Row) -> None:
    kinds = list(LAYERS.entries)
    words = translate(LAYERS[row.layer.name].about) if row.layer else None
    item_control(
        at,
        "kind",
        lambda value, **wiring: st.selectbox(
            _("Layer {number}", number=at + 1),
            kinds,
            index=kinds.index(value) if value in kinds else None,
            format_func=lambda kind: translate(LAYERS[kind].title) if kind in kinds else str(kind),
            help=words,
            **wiring,
        ),
        show=lambda item: item.partition(" ")[0] if item.partition(" ")[0] in kinds else None,
        write=lambda item, kind: as_kind(item, kind) if kind in kinds else item,
    )


def number_box(at: int, kind: str, name: str, info: FieldInfo, now: float | None) -> None:
    """A box for one number, of text: a number box keeps to itself what is out of bounds, here the row names it."""
    parse = typed_decimal if info.annotation is float else typed_whole
    empty = empty_text(info) if hints(info)["empty"] else ""
    item_control(
        at,
        f"{kind}-{name}",
        lambda value, **wiring: st.text_input(
            title(info), value, placeholder=empty, help=hint(info), width=NUMBER_WIDTH_PX, **wiring
        ),
        show=lambda _item: number_text(now),
        write=lambda item, typed: with_number(item, name, parse(typed) if typed.strip() else None),
    )


def number_text(value: float | None) -> str:
    if value is None:
        return ""
    return shortest_text(value) if isinstance(value, float) else str(value)


def item_control(
    at: int,
    what: str,
    draw: Callable[..., Any],
    *,
    show: Callable[[str], Any],
    write: Callable[[str, Any], str],
) -> None:
    """A control of one row: `show` turns the layer, as it is written, into what the control holds; `write` takes the
    layer and what was chosen, and returns the layer that is then meant."""

    def read(chosen: Any) -> str:
        layers = current_layers()
        if at < len(layers):
            layers[at] = write(layers[at], chosen)
        return joined(layers)

    bound_control(
        LAYERS_SETTING,
        draw,
        show=lambda text: show(items(str(text))[at]),
        read=read,
        kind=f"layer-{at}-{what}",
    )


def layer_buttons(at: int, count: int, row: Row) -> None:
    """Move, duplicate, delete and add; and the formulas of the row's numbers."""
    room = count < MAX_LAYERS
    own = at < count
    with st.container(horizontal=True, key="layer-buttons"):
        if own:
            button(_("Up"), "arrow_upward", "up", moved, (at, at - 1), disabled=at == 0)
            button(_("Down"), "arrow_downward", "down", moved, (at, at + 1), disabled=at == count - 1)
            button(_("Duplicate"), "content_copy", "duplicate", inserted, (at, at + 1), disabled=not room)
            button(_("Delete"), "delete", "delete", deleted, (at,))
            button(_("Add below"), "add", "add", added, (at + 1,), disabled=not room)
        else:
            button(_("Add above"), "add", "add", added, (at,), disabled=not room)
        if row.effect and row.effect.formulas:
            with st.popover(_("Formulas"), icon=":material/calculate:", type="tertiary"):
                for formula in row.effect.formulas:
                    st.markdown(f"{translate(formula.of)}: {formula.text}")


def button(
    label: str, icon: str, name: str, change: Callable[..., None], args: tuple[int, ...], *, disabled: bool = False
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="tertiary",
        key=f"layer-{name}",
        on_click=change,
        args=args,
        disabled=disabled,
    )


def current_layers() -> list[str]:
    return items(str(forms.current_draft()[LAYERS_SETTING]))


def take(layers: list[str], chosen: int) -> None:
    """Make these the list, with that row chosen."""
    forms.set_value(LAYERS_SETTING, joined(layers))
    st.session_state[CHOSEN] = chosen


def moved(at: int, to: int) -> None:
    layers = current_layers()
    layers.insert(to, layers.pop(at))
    take(layers, to)


def inserted(at: int, to: int) -> None:
    """A copy of a row at another place."""
    layers = current_layers()
    layers.insert(to, layers[at])
    take(layers, to)


def deleted(at: int) -> None:
    layers = current_layers()
    del layers[at]
    take(layers, at)


def added(to: int) -> None:
    """A ReLU, the layer that fits everywhere; another kind is chosen there."""
    layers = current_layers()
    layers.insert(to, "relu")
    take(layers, to)


# The whole list as text


def whole_text(info: FieldInfo) -> None:
    bound_control(
        LAYERS_SETTING,
        lambda value, **wiring: st.text_area(
            _("The list as text"), value, max_chars=MAX_TEXT_CHARS, help=hint(info), height=100, **wiring
        ),
        show=str,
        read=tidied,
    )
