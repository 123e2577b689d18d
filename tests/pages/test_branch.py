"""Train longer and fork, on the page of a run."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.lab import Lab
from pages.train.branch import ranges
from tests.pages.makers import really_trained

Show = Callable[..., AppTest]
TRAIN = "pages/2_Train.py"


def opened(show: Show, run_id: str) -> AppTest:
    app = show(TRAIN, run=run_id)
    app.session_state[f"branch-{run_id}"] = True
    return app.run()


def captions(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.caption)


def test_a_run_is_trained_longer(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "mine")
    app = opened(show, run.id)
    assert app.number_input(key=f"epochs-longer-{run.id}").value == 4
    assert "Kept are epochs 1–2; all checkpoints of this run take" in captions(app)
    app.number_input(key=f"epochs-longer-{run.id}").set_value(5).run()
    app.button(key=f"start-longer-{run.id}").click().run()
    assert not app.exception
    newest = lab.runs()[0]
    assert newest.name == "mine, to 5 epochs" and newest.config.training.epochs == 5 and newest.state == "queued"
    assert app.query_params["run"] == newest.id
    assert "Goes on from “mine” after epoch 2" in captions(app), "its curves are there while it waits"


def test_a_run_is_forked_with_another_rate_and_schedule(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "mine", schedule__name="linear", training__epochs=3)
    app = opened(show, run.id)
    app.button_group(key=f"way-{run.id}").set_value("fork").run()
    app.selectbox(key=f"fork-epoch-{run.id}").select(1).run()
    app.number_input(key=f"fork-lr-{run.id}").set_value(0.01).run()
    app.button_group(key=f"schedule-fork-{run.id}").set_value("restart").run()
    assert "once more" in captions(app)
    app.button(key=f"start-fork-{run.id}").click().run()
    assert not app.exception and not app.error
    fork = lab.runs()[0]
    assert fork.origin and (fork.origin.run, fork.origin.epoch, fork.origin.schedule) == (run.id, 1, "restart")
    assert fork.config == run.config.replace({"optimizer.lr": 0.01})


def test_a_held_rate_is_not_typed(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "mine", schedule__name="cosine", training__epochs=2)
    app = opened(show, run.id)
    app.button_group(key=f"way-{run.id}").set_value("fork").run()
    app.button_group(key=f"schedule-fork-{run.id}").set_value("hold").run()
    assert not [box for box in app.number_input if box.label == "Learning rate" and box.key == f"fork-lr-{run.id}"]
    app.button(key=f"start-fork-{run.id}").click().run()
    fork = lab.runs()[0]
    assert fork.config.schedule.name == "none" and 0 < fork.config.optimizer.lr < run.config.optimizer.lr


def test_a_constant_rate_has_no_schedule_to_choose(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "mine")
    assert not [one for one in opened(show, run.id).button_group if one.key == f"schedule-longer-{run.id}"]


def test_a_run_without_kept_epochs_offers_nothing(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "mine")
    for path in lab.workspace.run(run.id).glob("*.pt"):
        path.unlink()
    assert not any("fork" in one.label for one in show(TRAIN, run=run.id).expander)


@pytest.mark.parametrize(("numbers", "words"), [
    ([1, 2, 3, 4, 6], "1–4, 6"), ([3], "3"), ([1, 3, 5], "1, 3, 5"), ([999, 1000], "999–1\N{NARROW NO-BREAK SPACE}000"),
])  # fmt: skip
def test_neighbours_stand_together(numbers: list[int], words: str) -> None:
    assert ranges(numbers) == words
