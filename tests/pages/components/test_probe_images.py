"""One slider replays what runs answered on nine images."""

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from core.datasets.source import DataSource
from core.runs import watched_images
from core.runs.lab import Lab
from tests.pages.makers import numbered, really_trained

Show = Callable[..., AppTest]


def html(app: AppTest) -> str:
    return "\n".join(str(one.proto.body) for one in app.get("html"))


def test_a_slider_goes_through_the_epochs_of_all_runs(show: Show, lab: Lab) -> None:
    runs = [really_trained(lab, "one"), really_trained(lab, "two", training__epochs=3, training__seed=1)]
    app = show("pages/3_Compare.py", compare="images", runs=",".join(run.id for run in runs))
    assert html(app).count("<figure") == 18 and "Answers of “one” after epoch 2" in html(app)
    after = html(app)
    app.slider(key="replayed-epoch").set_value(0).run()
    assert html(app).count("<figure") == 18 and html(app) != after and "after epoch 0" in html(app)
    assert app.slider(key="replayed-epoch").max == 3


def test_a_run_without_answers_says_how_to_get_some(show: Show, lab: Lab) -> None:
    run = numbered(lab, "old")
    app = show("pages/3_Compare.py", compare="images", runs=run.id)
    assert any("answers nine images after every epoch" in one.value for one in app.caption)


def test_pictures_of_ones_own_are_replayed_too(show: Show, lab: Lab) -> None:
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
    watched_images.keep(image, DataSource("digits"), lab.workspace)
    run = really_trained(lab, "one")
    app = show("pages/3_Compare.py", compare="images", runs=run.id)
    assert html(app).count("<figure") == 10 and "Your picture, taken for" in html(app)
