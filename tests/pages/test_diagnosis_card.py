"""Train: what the curves of a finished run say, and the button that starts the next one."""

import html
import shutil
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.events import DIVERGED
from core.training.fit import Diverged
from tests.insight.test_rules import SHOWN, SUMMARY, row
from tests.pages.makers import really_trained

Show = Callable[..., AppTest]
TRAIN = "pages/2_Train.py"


def shown(app: AppTest) -> str:
    """What a reader sees of the cards."""
    return html.unescape("\n".join(str(one.value) for one in app.markdown)).replace("\N{WORD JOINER}", "")


def finished(lab: Lab, rule: str, changes: dict[str, object] | None = None) -> Run:
    """A run whose curves show what a rule looks for."""
    run = lab.store.add(RunConfig().replace(changes or {}), "mine", state="finished")
    for one in SHOWN[rule]:
        lab.store.report(run.id, epoch=one)
    scores = {"test_accuracy": 350 / 360, "seconds": 4.0, "images_per_second": 900.0}
    lab.store.change(run.id, summary=SUMMARY | scores, seconds=4.0)
    return lab.store.get(run.id)


def test_two_sentences_and_one_press_to_the_next_run(show: Show, digits: Lab) -> None:
    run = finished(digits, "rate_too_high", {"optimizer.lr": 0.03})
    app = show(TRAIN, run=run.id)
    assert "**Training does not settle.** The loss swings instead of settling" in shown(app)
    assert "s · **Training does not settle**" in shown(app)  # above the curves, beside the score
    assert any(html.unescape(one.value).endswith("Learning rate 0.03 → 0.001") for one in app.caption)
    app.button(key=f"apply-rate_too_high-{run.id}").click().run()
    assert not app.exception
    other, before = digits.runs()
    assert before.id == run.id and other.config == run.config.replace({"optimizer.lr": 0.001})
    assert app.query_params["run"] == other.id
    assert app.text_input(key="exact.optimizer.lr").value == "0.001"  # the form says what was started
    assert app.button(key="change-optimizer.lr").label == "Learning rate 0.03 → 0.001"
    assert "Learning rate 0.001" in other.name


def test_a_fork_is_forked_again(show: Show, lab: Lab) -> None:
    """What the button starts goes on from the same state, and no run from random weights is called a fork."""
    first = really_trained(lab, "first", training__epochs=2)
    fork = lab.fork(first.id, 1, {"optimizer.lr": 0.05})
    lab.store.move(fork.id, "finished", only_from=["queued"])
    lab.store.change(fork.id, summary=SUMMARY | {"test_accuracy": 0.1, "seconds": 1.0, "images_per_second": 900.0})
    for epoch in range(2, 8):
        lab.store.report(fork.id, epoch=row(epoch, (2.3, 0.1), (2.3, 0.1)))
    app = show(TRAIN, run=fork.id)
    app.button(key=f"apply-stuck_at_chance-{fork.id}").click().run()
    newest = lab.runs()[0]
    assert newest.origin == fork.origin and newest.config.optimizer.lr == 0.001
    lab.delete(first.id)
    app = show(TRAIN, run=fork.id)
    app.button(key=f"apply-stuck_at_chance-{fork.id}").click().run()
    newest = lab.runs()[0]
    assert newest.origin is None and newest.name == "first · Learning rate 0.001"


def test_what_else_there_is_to_say_is_folded_away(show: Show, digits: Lab) -> None:
    run = finished(digits, "overfitting", {"data.validation": 0.0})
    app = show(TRAIN, run=run.id)
    assert [one.label for one in app.expander if "remark" in one.label] == ["1 more remark"]
    words = shown(app)
    assert words.index("**Overfitting.**") < words.index("**The test set was used to choose.**")


def test_a_run_that_failed_by_its_loss_has_the_button_and_the_reason_once(show: Show, digits: Lab) -> None:
    why = Diverged("The loss became {value} in epoch {epoch}, at {lr:g}.", value="nan", epoch=1, lr=10.0)
    run = digits.store.add(RunConfig().replace({"optimizer.lr": 10.0}), "mine", state="failed")
    digits.store.change(run.id, outcome=why.to_dict())
    assert digits.run(run.id).code == DIVERGED
    app = show(TRAIN, run=run.id)
    assert "**Diverged.** The steps were too large: try a learning rate of 0.001." in shown(app)
    app.button(key=f"apply-diverged-{run.id}").click().run()
    assert digits.runs()[0].config.optimizer.lr == 0.001


def test_without_the_images_it_says_what_to_do_and_starts_nothing(show: Show, digits: Lab) -> None:
    run = finished(digits, "rate_too_high", {"optimizer.lr": 0.03})
    app = show(TRAIN, run=run.id)
    shutil.rmtree(digits.workspace.cache / "digits")
    app.button(key=f"apply-rate_too_high-{run.id}").click().run()
    assert any("is not prepared yet" in html.unescape(one.value) for one in app.error) and len(digits.runs()) == 1


@pytest.mark.parametrize("state", ["running", "paused", "cancelled"])
def test_a_run_that_has_not_ended_is_not_judged(show: Show, digits: Lab, state: str) -> None:
    run = finished(digits, "rate_too_high", {"optimizer.lr": 0.03})
    digits.store.change(run.id, state=state)
    app = show(TRAIN, run=run.id)
    assert not [one for one in app.button if str(one.key).startswith("apply-")]


def test_a_verdict_and_a_doubt_do_not_say_the_same_twice(show: Show, digits: Lab) -> None:
    run = finished(digits, "stuck_at_chance", {"optimizer.lr": 0.1})
    digits.store.change(run.id, summary=(run.summary or {}) | {"classes_named": 1, "test_correct": 36})
    app = show(TRAIN, run=run.id)
    assert "**Stuck at chance.**" in shown(app) and not app.warning
