"""The layer that is chosen in an own list: its kind, its numbers, and what can be done with it. Each change writes a
new list."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from core.locale import _, translate
from core.models.layers import LAYERS
from core.models.layers.text import LAYERS_SETTING, MAX_LAYERS, as_kind, items, joined, with_number
from core.models.layers.trace import Row
from core.settings.fields import hints
from core.settings.numbers import typed_decimal, typed_whole
from pages.components import scrolling
from pages.components.spec_words import empty_text, hint, title
from pages.train import forms
from pages.train.forms import bound_control
from pages.train.numbers import shortest_text

CHOSEN = "layer_row"  # in the session: the row that is chosen, from 0
NUMBER_WIDTH_PX = 118  # of the box of a number: two or three beside one another on a telephone


def layer_panel(at: int, count: int, row: Row) -> None:
    """`at`: the row, of `count` and one for the classes, which is not to be changed."""
    if at < count:
        layer_controls(at, row)
    else:
        st.caption(_("The dense layer to the classes ends every network. It follows from the data set."))
    layer_buttons(at, count, row)


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
    scrolling.keep_pressed_in_place()


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
