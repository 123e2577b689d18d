"""Whatever is told on a page is told as it is: markup in a sentence stays text."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS, MAX_NOTES_CHARS, MAX_TAG_CHARS, MAX_TAGS
from tests.pages.makers import numbered

TRAIN = "pages/2_Train.py"


@pytest.mark.parametrize("link", [{"run": "**x** <b>"}, {"recipe": "**x** <b>"}, {"data": "**x** <b>"}])
def test_a_link_is_repeated_as_text(show: Callable[..., AppTest], digits: Lab, link: dict[str, str]) -> None:
    (error,) = show(TRAIN, **link).error
    assert "&#42;&#42;x&#42;&#42; &#60;b&#62;" in error.value


def details(app: AppTest) -> list[Any]:
    """The boxes of a run's name and of its tags."""
    return [next(box for box in app.text_input if box.label == word) for word in ("Name", "Tags, with commas between")]


def managed(show: Callable[..., AppTest], run_id: str) -> AppTest:
    app = show(TRAIN, run=run_id)
    app.session_state[f"manage-{run_id}"] = True
    return app.run()


def test_what_is_kept_is_bounded_and_can_be_seen(show: Callable[..., AppTest], lab: Lab) -> None:
    run = numbered(lab, "a run")
    app = managed(show, run.id)
    name, tags = details(app)
    name.set_value("a\tb\x1b[31m\u202e" + "x" * MAX_NAME_CHARS)
    tags.set_value(",".join(["t\x00" + "y" * 80, " ", *map(str, range(100))]))
    app.text_area[0].set_value("one\n\x07two" + "z" * MAX_NOTES_CHARS)
    next(button for button in app.button if button.label == "Save").click().run()
    kept = lab.run(run.id)
    assert kept.name.startswith("a b\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}xxx")
    assert len(kept.name) == MAX_NAME_CHARS and len(kept.tags) == MAX_TAGS and max(map(len, kept.tags)) == MAX_TAG_CHARS
    assert kept.notes.startswith("one\n\N{REPLACEMENT CHARACTER}two") and len(kept.notes) == MAX_NOTES_CHARS


def test_only_what_was_changed_in_this_tab_is_saved(show: Callable[..., AppTest], lab: Lab) -> None:
    run = numbered(lab, "a run")
    app = managed(show, run.id)
    lab.rename(run.id, "named elsewhere")
    lab.annotate(run.id, tags=["there"], notes="written elsewhere")
    app.text_area[0].set_value("written here")
    next(button for button in app.button if button.label == "Save").click().run()
    kept = lab.run(run.id)
    assert (kept.name, kept.tags, kept.notes) == ("named elsewhere", ["there"], "written here")
    name, tags = details(app)
    assert (name.value, tags.value, app.text_area[0].value) == ("named elsewhere", "there", "written here")


def test_runs_that_read_the_same_are_told_apart_where_one_is_chosen(show: Callable[..., AppTest], lab: Lab) -> None:
    runs = [lab.store.add(RunConfig(), "the same", state="failed") for _ in range(2)]
    for run in runs:
        lab.store.change(run.id, created=1e9)
    (box,) = (box for box in show(TRAIN, view="runs").selectbox if box.label == "Run")
    assert len(set(box.options)) == 2 and all(any(run.id in option for option in box.options) for run in runs)
