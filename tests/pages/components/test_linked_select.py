"""Links that name none of a control's options."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.run_config import RunConfig
from core.runs.lab import Lab


def page() -> None:
    import streamlit as st

    from pages.components.linked_select import linked_select

    st.text(linked_select("Fruit", ["Apple", "Pear"], "fruit", default="Pear"))
    st.text(linked_select("Nut", ["Hazel", "Wal"], "nut"))


@pytest.mark.parametrize("fruit,shown", [(None, "Pear"), ("", "Pear"), ("Plum", "Pear"), ("Apple", "Apple")])
def test_what_is_not_there_leaves_the_default(fruit: str | None, shown: str) -> None:
    app = AppTest.from_function(page)
    if fruit is not None:
        app.query_params["fruit"] = fruit
    app.run()
    assert not app.exception
    assert [one.value for one in app.text] == [shown, "Hazel"]


@pytest.mark.parametrize("link", [
    ("pages/1_Data.py", {"split": ""}), ("pages/3_Compare.py", {"axis": "", "cells": ""}),
])  # fmt: skip
def test_the_pages_stand_it(show: Callable[..., AppTest], digits: Lab, link: tuple[str, dict[str, str]]) -> None:
    run = digits.store.add(RunConfig(), "mine", state="finished")
    show(link[0], name="digits", runs=run.id, **link[1])
