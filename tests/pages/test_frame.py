"""The frame around every page."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from core.errors import Problem, Unwritable
from core.program import ROOT
from core.run_config import RunConfig
from core.runs.lab import Lab
from pages.components import chart, frame, page_list
from pages.components.step_cache import StepCache
from tests.rows import epoch_row, step_row
from tests.runs.test_store import DAMAGE

Show = Callable[..., AppTest]
PAGES = [path.name for path in sorted((ROOT / "pages").glob("[0-9]*.py"))]


def test_every_page_has_a_name_and_an_icon_and_stands_in_the_order_of_its_number() -> None:
    assert [page.file for page in page_list.PAGES] == ["app.py", *(f"pages/{page}" for page in PAGES)]
    for page in page_list.PAGES:
        assert page.title and page.icon.startswith(":material/") and page.icon != ":material/article:"


def test_the_sidebar_links_to_every_page(show: Show) -> None:
    links = [one.proto.label for one in show("app.py").sidebar.get("page_link")]
    assert links[:3] == ["Home", "Data", "Train"]
    assert len(links) == 1 + len(PAGES)


def test_the_sidebar_tells_what_waits(show: Show, lab: Lab) -> None:
    lab.store.add(RunConfig(), "busy")
    assert any("1 waiting" in one.value for one in show("app.py").sidebar.caption)


def test_a_store_that_cannot_be_opened_is_told_in_words(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPOCHLAB_DB", "sqlite:////proc/nowhere/epochlab.db")
    app = show("app.py")
    assert app.error[0].value.startswith("The store sqlite")


def test_a_problem_becomes_a_box_and_the_page_goes_on() -> None:
    def page() -> None:
        import streamlit as st

        from core.errors import Problem
        from pages.components import frame

        with frame.show_problems():
            raise Problem("the disk is full; make room.")
        st.write("after")

    app = AppTest.from_function(page).run()
    assert app.error[0].value == "The disk is full; make room."
    assert app.markdown[-1].value == "after"


def test_only_problems_are_caught() -> None:
    with pytest.raises(ValueError), frame.show_problems():
        raise ValueError
    assert issubclass(Problem, Exception)


def test_plotly_is_served_where_the_browser_fetches_it() -> None:
    mount = chart.plotly_route()
    (route,) = mount.routes
    assert mount.path + route.path == chart.plotly_url() == "/app/static/plotly.min.js"
    served = asyncio.run(route.endpoint(Request({"type": "http", "method": "GET", "headers": []})))
    assert Path(served.path).name == "plotly.min.js" and Path(served.path).stat().st_size > 1_000_000
    assert not (ROOT / "static").exists()  # and no copy of it is made


def test_only_new_rows_are_read_and_a_rewind_is_noticed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lab.store.add(RunConfig())
    rows = [step_row(i, i / 10, 1.0, 0.5, 0.001, 900.0, float(i)) for i in range(1, 8)]
    lab.store.report(run.id, rows[:4])
    numbers = StepCache()
    assert numbers.read(lab.store, run.id) == rows[:4]
    asked: list[int] = []
    real = lab.store.steps
    monkeypatch.setattr(lab.store, "steps", lambda r, after=-1: asked.append(after) or real(r, after))
    lab.store.report(run.id, rows[4:])
    assert numbers.read(lab.store, run.id) == rows
    assert asked == [3]
    lab.store.rewind(run.id, 2)
    again = step_row(3, 0.3, 2.0, 0.1, 0.001, 1.0, 9.0)
    lab.store.report(run.id, [again], epoch_row(0, 0, None, None, None, None, 2.3, 0.1, 14, 144, None, 0.0))
    assert numbers.read(lab.store, run.id) == [*rows[:2], again]


@pytest.mark.parametrize("page", ["app.py", *(f"pages/{page}" for page in PAGES)])
def test_runs_that_cannot_be_looked_at_are_a_sentence(show, lab, monkeypatch, page):
    def refuse(*_, **__):
        raise Unwritable("The disk takes nothing more. Change it.")

    monkeypatch.setattr(Lab, "runs", refuse)
    assert {"The disk takes nothing more. Change it."} == {error.value for error in show(page).error}


@pytest.mark.parametrize("page", ["app.py", "pages/2_Train.py", "pages/3_Compare.py", "pages/5_Predict.py"])
def test_damaged_rows_take_no_page_down(show: Show, lab: Lab, page: str) -> None:
    runs = {change: lab.store.add(RunConfig(), f"{number}", state="finished") for number, change in enumerate(DAMAGE)}
    with sqlite3.connect(lab.workspace.home / "epochlab.db") as db:
        for (column, value), run in runs.items():
            db.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", [value, run.id])
    assert show(page).title, "`show` fails on an exception"
