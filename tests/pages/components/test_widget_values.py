"""Values that no control sends, sent to all controls of all pages: none ends a page, and the person is told."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import Serialized, Value, WStates

from benchmarks.client import Tab
from core.runs.lab import Lab
from pages.components import widget_values
from tests.browser.serving import serving
from tests.conftest import LONG
from tests.pages.makers import numbered, really_trained

NAN, INFINITY = float("nan"), float("inf")
TOLD = "A control was sent a value that it cannot have"
VALUES: list[tuple[str, Any]] = [
    *[("int_value", value) for value in (99, -1, 2**62)],
    *[("double_value", value) for value in (NAN, INFINITY, 1e308, -5.5)],
    *[("bool_value", value) for value in (True, False)],
    *[("string_value", value) for value in ("", "no such thing", 100_000 * "x", "\0\u202e", "[]", "NaN", "1e400")],
    *[
        ("string_value", f'{{"selection": {selection}}}')
        for selection in ("5", "null", '{"rows": ["a", -1, 1e99]}', '{"rows": [-1, 99]}', '{"rows": 3, "cells": 1}')
    ],
    *[("string_array_value", value) for value in ([], ["no such thing"], 1000 * ["a"])],
    *[("double_array_value", value) for value in ([], [NAN], [INFINITY, -INFINITY], [1e9])],
    *[("int_array_value", value) for value in ([], [99])],
    *[("json_value", value) for value in ("null", "{", "[1]", '"x"', "NaN", '{"raw": 5, "objects": 3}')],
    *[("json_trigger_value", value) for value in ("{", '{"event": 3}', "[1, null]")],
    ("string_trigger_value", "x"),
    ("bytes_value", b"\0\xff"),
    *[(name, None) for name in ("file_uploader_state_value", "chat_input_value", "arrow_value")],
]  # fmt: skip
VIEWS = [  # page, link; RUN and PAUSED are ids
    ("", ""),
    ("Data", "data=digits&view=images"),
    ("Train", "run=RUN"),
]
FURTHER_VIEWS = [
    ("Compare", "compare=curves"),
    ("Predict", "way=images"),
    *[("Data", f"data=digits&view={view}") for view in ("classes", "batch", "details")],
    ("Train", "run=PAUSED"),
    *[("Compare", f"compare={view}") for view in ("settings", "confusion")],
    *[("Predict", f"way={way}") for way in ("draw", "upload")],
]


def sent(control: str, kind: str, value: Any) -> WidgetState:
    state = WidgetState(id=control)
    if kind.endswith("array_value"):
        getattr(state, kind).SetInParent()
        getattr(state, kind).data.extend(value)
    elif kind == "string_trigger_value":
        state.string_trigger_value.data = value
    elif kind == "file_uploader_state_value":
        file = state.file_uploader_state_value.uploaded_file_info.add()
        file.file_id, file.name, file.size = "none", "../../etc/passwd.zip", 2**60
    elif value is None:
        getattr(state, kind).SetInParent()
    else:
        setattr(state, kind, value)
    return state


def controls_in(message: Message, kind: str = "") -> Iterator[tuple[str, str]]:
    """The ids of controls that a message shows, each with the name of the field that it is in."""
    for field, value in message.ListFields():
        if field.name == "id" and isinstance(value, str) and value.startswith("$$ID"):
            yield value, kind
        elif field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else [value]:
                yield from controls_in(part, field.name)


class HandMade(Tab):
    """A tab that knows the controls it was shown, and what it was told."""

    def __init__(self, *where: str) -> None:
        super().__init__(*where)
        self.controls: dict[str, str] = {}  # id → kind
        self.told: list[str] = []

    def take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "delta":
            self.controls |= dict(controls_in(message.delta))
            element = message.delta.new_element
            if element.WhichOneof("type") == "toast":
                self.told.append(element.toast.body)
        super().take(message)


@pytest.mark.slow
@pytest.mark.parametrize("views", [VIEWS, pytest.param(FURTHER_VIEWS, marks=LONG)], ids=len)
def test_no_value_for_any_control_ends_a_page(views: list[tuple[str, str]], lab: Lab, tmp_path: Path) -> None:
    ids = {"RUN": really_trained(lab, "one").id, "PAUSED": numbered(lab, "two", state="paused").id}
    wrong: list[str] = []
    counted = 0

    async def send_all(address: str, page: str, link: str) -> None:
        nonlocal counted
        async with HandMade(address, page, link) as tab:
            await tab.rerun()
            opened = [name for name, kind in tab.controls.items() if kind in ("expandable", "popover", "add_block")]
            tab.states = [sent(name, "bool_value", True) for name in opened]
            await tab.rerun()
            controls = list(tab.controls)
            assert not tab.errors and (controls or not page), f"{page} {link}: {tab.errors}"
            for kind, value in VALUES:
                tab.told.clear()
                tab.states = [sent(control, kind, value) for control in controls]
                await tab.rerun()
                counted += 1
                if tab.errors or not any(TOLD in words for words in tab.told):
                    wrong.append(f"{page} {link}: {kind} {str(value)[:40]}: {tab.errors or 'nothing is said'}")
                tab.errors.clear()

    with serving(tmp_path, spare=False) as server:
        for page, link in views:
            for name, run in ids.items():
                link = link.replace(name, run)
            asyncio.run(send_all(server.address, page, link))
    assert not wrong, wrong
    assert counted == len(views) * len(VALUES) > 100


# One control


def states(value: WidgetState, kind: str, read: Callable[[Any], Any]) -> WStates:
    kept = WStates()
    kept.set_widget_metadata(WidgetMetadata(value.id, read, lambda value: value, value_type=kind))
    kept.states[value.id] = Serialized(value)
    return kept


@pytest.mark.parametrize(
    ("declared", "kind", "value", "read"),
    [
        ("double_value", "double_value", 0.5, 0.5),
        ("double_value", "int_value", 3, 3),  # as a box for whole numbers sends them
        ("int_value", "double_value", 0.5, "the default"),
        ("string_array_value", "int_value", 99, "the default"),
        ("string_value", "string_value", "raises", "the default"),
        ("json_value", "json_value", "{", "the default"),
    ],
)
def test_what_a_control_cannot_have_is_its_default(
    declared: str, kind: str, value: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[bool] = []
    monkeypatch.setattr(widget_values, "say_unusable", lambda: said.append(True))

    def reader(raw: Any) -> Any:
        if raw == "raises":
            raise KeyError(raw)
        return "the default" if raw is None else raw

    widget_values.guard()
    kept = states(sent("box", kind, value), declared, reader)
    assert kept["box"] == kept["box"] == read
    assert said == ([True] if read == "the default" else [])  # once
    assert kept.states["box"] == Value(read)


def test_a_control_that_is_not_known_has_no_value() -> None:
    widget_values.guard()
    with pytest.raises(KeyError):
        WStates()["box"]
