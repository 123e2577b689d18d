"""What the run behind the curves differs in."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.runs.lab import Lab
from tests.pages.makers import numbered
from tests.pages.test_branch import shown

Show = Callable[..., AppTest]


def test_settings_that_went_with_the_model_are_not_told(show: Show, digits: Lab) -> None:
    numbered(digits, "first", model__channels=(32, 64), optimizer__lr=0.002)
    run = numbered(digits, "second", model__name="layers", model__layers="flatten, dense 9", optimizer__lr=0.01)
    app = show("pages/2_Train.py", run=run.id)
    told = next(str(one.value) for one in app.caption if "Since then" in str(one.value))
    assert "Model CNN → Own layers, Learning rate 0.002 → 0.01, Layers flatten, dense 9." in told.replace("\u2060", "")
    assert "Channels" not in told and "–" not in told


def test_behind_a_run_stands_the_one_that_its_form_began_with(show: Show, digits: Lab) -> None:
    broken = numbered(digits, "broken", optimizer__lr=0.5)
    numbered(digits, "another")
    mended = numbered(digits, "mended")
    app = show("pages/2_Train.py", like=broken.id, run=mended.id)
    assert any("Grey: “broken”. Since then: Learning rate 0.5 → 0.001." in shown(one.value) for one in app.caption)


def test_the_run_before_is_one_that_had_ended(show: Show, digits: Lab) -> None:
    """One that was queued before it, and ended later, would take another's place while somebody looks."""
    first, late, run = (numbered(digits, name) for name in ("first", "late", "this"))
    digits.store.change(first.id, finished=run.created - 1)
    digits.store.change(late.id, finished=run.created + 9)
    digits.store.change(run.id, started=run.created + 1)
    app = show("pages/2_Train.py", run=run.id)
    assert any("Grey: “first”" in shown(one.value) for one in app.caption)


def test_what_a_person_has_pinned_is_in_the_link(show: Show, digits: Lab) -> None:
    pinned, before, run = (numbered(digits, name) for name in ("pinned", "before", "this"))
    app = show("pages/2_Train.py", run=run.id, behind=pinned.id)
    assert any("Grey: “pinned”" in shown(one.value) for one in app.caption)
    box = next(one for one in app.selectbox if one.label == "Behind the curves")
    box.select(before.id).run()
    assert any("Grey: “before”" in shown(one.value) for one in app.caption)
    assert app.query_params["behind"] in (before.id, [before.id])
    box = next(one for one in app.selectbox if one.label == "Behind the curves")
    box.select("before").run()
    assert "behind" not in app.query_params
