"""Inspect: the chosen run, its split, and the section that is open."""

from collections.abc import Callable

from makers import really_trained
from streamlit.testing.v1 import AppTest

from core.runs.lab import Lab

Show = Callable[..., AppTest]
INSPECT = "pages/4_Inspect.py"


def test_without_a_trained_run_it_offers_to_train_one(show: Show, lab: Lab) -> None:
    app = show(INSPECT)
    app.button(key="first_run").click().run()
    (run,) = lab.runs()
    assert (run.recipe, run.state) == ("digits-quick", "queued")


def test_the_link_says_which_run_and_which_images(show: Show, lab: Lab) -> None:
    really_trained(lab, "older")
    run = really_trained(lab, "newer")
    app = show(INSPECT, run=run.id, split="val")
    assert app.multiselect(key="runs_picked").value == [run.id]
    assert app.segmented_control(key="split").value == "val"
    assert app.segmented_control(key="split").options == ["Test", "Validation", "Training"]
