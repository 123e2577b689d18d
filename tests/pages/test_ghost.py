"""What the run behind the curves differs in."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.runs.lab import Lab
from tests.pages.makers import numbered

Show = Callable[..., AppTest]


def test_settings_that_went_with_the_model_are_not_told(show: Show, digits: Lab) -> None:
    numbered(digits, "first", model__channels=(32, 64), optimizer__lr=0.002)
    run = numbered(digits, "second", model__name="layers", model__layers="flatten, dense 9", optimizer__lr=0.01)
    app = show("pages/2_Train.py", run=run.id)
    told = next(str(one.value) for one in app.caption if "Since then" in str(one.value))
    assert "Model CNN → Own layers, Learning rate 0.002 → 0.01, Layers flatten, dense 9." in told.replace("\u2060", "")
    assert "Channels" not in told and "–" not in told
