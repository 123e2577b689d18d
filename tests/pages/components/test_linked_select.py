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
    wrong = fruit == "Plum"
    assert [one.value for one in app.toast] == ["The link asks for “Plum”, which cannot be chosen here."] * wrong
    assert ("fruit" in app.query_params) == (fruit is not None and not wrong)
    assert not app.run().toast  # told once


@pytest.mark.parametrize("link", [
    ("pages/1_Data.py", {"split": ""}), ("pages/3_Compare.py", {"axis": "", "cells": ""}),
])  # fmt: skip
def test_the_pages_stand_it(show: Callable[..., AppTest], digits: Lab, link: tuple[str, dict[str, str]]) -> None:
    run = digits.store.add(RunConfig(), "mine", state="finished")
    show(link[0], name="digits", runs=run.id, **link[1])


def words_page() -> None:
    import streamlit as st

    from pages.components.linked_select import (
        linked_multiselect,
        linked_pills,
        linked_select,
        linked_selectbox,
        linked_tabs,
    )

    def title(name: str) -> str:
        return {"apple": "Apfel", "pear": "Birne", "plum": "Pflaume"}[name]

    fruits = ["apple", "pear", "plum"]
    st.text(linked_select("Side by side", fruits, "side", title=title))
    st.text(linked_selectbox("In a box", fruits, "box", title=title))
    st.text(",".join(linked_pills("Some", fruits, "some", title=title, default=["plum"])))
    st.text(",".join(linked_multiselect("Several", fruits, "several", title=title)))
    st.text(next(name for name, tab in linked_tabs(fruits, "tab", title=title) if tab.open))


def shown(app: AppTest) -> list[str]:
    assert not app.exception
    return [one.value for one in app.text]


def link(app: AppTest) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}


def test_a_link_names_options_and_not_their_words() -> None:
    app = AppTest.from_function(words_page)
    assert shown(app.run()) == ["apple", "apple", "plum", "", "apple"]
    assert not app.query_params
    app.button_group(key="side").set_value("pear")
    app.selectbox(key="box").set_value("plum")
    app.button_group(key="some").set_value(["apple", "pear"])
    app.multiselect(key="several").set_value(["pear"])
    assert shown(app.run()) == ["pear", "plum", "apple,pear", "pear", "apple"]
    assert link(app) == {"side": ["pear"], "box": ["plum"], "some": ["apple", "pear"], "several": ["pear"]}
    app.button_group(key="side").set_value("apple")
    app.button_group(key="some").set_value([])
    assert shown(app.run())[::2] == ["apple", "", "apple"]
    assert link(app) == {"box": ["plum"], "some": [""], "several": ["pear"]}


def test_a_link_that_names_two_of_one_choice_gets_the_first() -> None:
    app = AppTest.from_function(words_page)
    app.query_params["side"] = ["plum", "pear"]
    assert shown(app.run())[0] == "pear"


@pytest.mark.parametrize("pear,plum", [("pear", "plum"), ("Birne", "Pflaume")])
def test_a_link_may_say_names_or_words(pear: str, plum: str) -> None:
    app = AppTest.from_function(words_page)
    app.query_params.update({"side": pear, "box": plum, "some": [pear], "several": [pear, plum], "tab": plum})
    assert shown(app.run()) == ["pear", "plum", "pear", "pear,plum", "plum"]


def test_a_link_with_nothing_asks_for_none() -> None:
    app = AppTest.from_function(words_page)
    app.query_params["some"] = ""
    assert shown(app.run())[2] == ""


def test_who_goes_back_gets_the_choice_before() -> None:
    app = AppTest.from_function(words_page).run()
    app.button_group(key="side").set_value("pear").run()
    app.button_group(key="some").set_value([]).run()
    app.query_params.clear()  # as the browser does it, two steps back
    assert shown(app.run()) == ["apple", "apple", "plum", "", "apple"]
    app.query_params["tab"] = "pear"
    assert shown(app.run())[4] == "pear"
    app.query_params["side"] = "plum"
    app.button_group(key="side").set_value("pear")  # a hand at the control comes first
    assert shown(app.run())[0] == "pear" and link(app)["side"] == ["pear"]
