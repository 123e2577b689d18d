"""What the form says before Start: the time and the memory, the schedule, the learning-rate finder."""

import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.recipes import recipe
from core.runs import trial
from core.runs.execute import execute
from core.runs.lab import Lab
from pages.train import forecast
from tests.rows import epoch_row
from tests.runs.conftest import until

Show = Callable[..., AppTest]
TRAIN = "pages/2_Train.py"
FIRST = recipe("digits-quick").config


def captions(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.caption)


def finished(lab: Lab, seconds: float, **changes: object) -> None:
    """A run of two epochs that took so long in all."""
    run = lab.store.add(FIRST.replace(changes), state="finished")
    lab.store.report(run.id, epoch=epoch_row(0, 0, None, None, None, None, 2.3, 0.1, 14, 144, 0.001, 0.0))
    for epoch in (1, 2):
        lab.store.report(
            run.id, epoch=epoch_row(epoch, epoch, 1, 0.5, 5, 10, 1, 0.5, 72, 144, 0.001, seconds * epoch / 2)
        )
    summary = {"test_accuracy": 0.9, "test_correct": 9, "test_total": 10, "training_seconds": seconds, "seconds": 9.0}
    lab.store.change(run.id, started=run.created, finished=run.created + seconds, summary=summary | {"memory": 4e8})


def test_the_time_is_that_of_runs_like_it(show: Show, digits: Lab) -> None:
    finished(digits, 4.0)
    app = show(TRAIN, recipe="digits-quick")
    assert "About 40 s · 400 MB of memory · from 1 run" in captions(app)
    app.text_input(key="exact.training.epochs").input("10").run()
    assert "About 20 s" in captions(app)
    app.selectbox(key="set.optimizer.name").select("sgd").run()
    assert "About" not in captions(app) and "not known yet" in captions(app)


def test_it_is_not_measured_beside_a_run_that_trains(
    timed_steps: None, show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast, "AT_REST_S", 0.0)
    digits.store.add(FIRST.replace({"training.batch_size": 512}))
    app = show(TRAIN, recipe="digits-quick")
    app.run()
    assert "measured once nothing trains" in captions(app) and not digits.workspace.trials.exists()


def test_none_are_timed_where_the_environment_forbids_it(
    show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast, "AT_REST_S", 0.0)
    app = show(TRAIN, recipe="digits-quick")
    app.run()
    assert "not known yet" in captions(app) and not digits.workspace.trials.exists()


def test_a_few_steps_are_timed_while_the_form_rests(
    timed_steps: None, commands_at_once: None, show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast, "AT_REST_S", 0.0)
    app = show(TRAIN, recipe="digits-quick")
    assert not digits.workspace.trials.exists(), "not at once"
    app.run()
    until(lambda: trial.status("estimate", FIRST, digits.workspace).state == "done")
    app.run()
    assert "About" in captions(app) and "from timed steps" in captions(app)


@pytest.mark.parametrize(("took", "words"), [(5.0, "took 5.0 s."), (9.0, "took 9.0 s; other work on this computer")])
def test_a_finished_run_says_how_far_off_it_was(show: Show, digits: Lab, took: float, words: str) -> None:
    finished(digits, 4.0)
    assert "Expected" not in captions(show(TRAIN, run=digits.runs()[0].id))
    time.sleep(0.01)
    finished(digits, took, **{"training.epochs": 2})
    later = digits.runs()[0]
    digits.store.change(later.id, started=later.created + 60, finished=later.created + 65)
    assert f"Expected 4.0 s, {words}" in captions(show(TRAIN, run=later.id))


def test_the_finder_suggests_a_rate_and_one_click_takes_it(commands_at_once: None, show: Show, digits: Lab) -> None:
    app = show(TRAIN, recipe="digits-quick", **{"optimizer.lr": "0.5"})
    app.session_state["finder"] = True  # open
    app.run().button(key="find-lr").click().run()
    config = FIRST.replace({"optimizer.lr": 0.5})
    until(lambda: trial.status("find-lr", config, digits.workspace).state != "running")
    app.run()
    assert "Suggested: a learning rate of" in captions(app)
    suggested = trial.status("find-lr", config, digits.workspace).reports[-1]["suggestion"]
    assert suggested < 0.1
    app.button(key="use-lr").click().run()
    assert app.session_state["draft"]["optimizer.lr"] == suggested
    assert not [one for one in app.button if one.key == "use-lr"] and digits.runs() == []


def test_the_schedule_is_drawn_where_the_rate_moves(show: Show, digits: Lab) -> None:
    def drawn(app: AppTest) -> bool:
        return "schedule-chart" in str(app.main)

    app = show(TRAIN, recipe="digits-quick")
    assert not drawn(app)
    app.selectbox(key="set.schedule.name").select("one_cycle").run()
    assert drawn(app)
    app.selectbox(key="set.schedule.name").select("plateau").run()
    assert not drawn(app) and "cannot be drawn before" in captions(app)


def test_a_run_that_was_trained_here_is_a_forecast(show: Show, digits: Lab) -> None:
    config = FIRST.replace({"training.epochs": 1})
    execute(digits.store.add(config, state="running"), digits)
    assert "from 1 run" in captions(show(TRAIN, recipe="digits-quick"))
