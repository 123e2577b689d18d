"""Train: the form, what stands in the way of a start, and a run watched."""

import html
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets.source import DataSource
from core.models.families import vision
from core.models.families.vision import unavailable
from core.prepared import prepare
from core.recipes import RECIPES, recipe
from core.run_config import RunConfig
from core.runs import outcomes
from core.runs.lab import Lab
from core.runs.store import Run
from pages.train import live, new_run
from pages.train.pretrained import out_of_reach
from tests.file_server import serving
from tests.pages.makers import follow_mirrors, numbered
from tests.rows import epoch_row, step_row

Show = Callable[..., AppTest]
TRAIN = "pages/2_Train.py"


def shown(markdown: str) -> str:
    """What a reader sees of escaped words."""
    return html.unescape(markdown).replace("\N{WORD JOINER}", "")


def text(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*app.markdown, *app.caption, *app.header, *app.info, *app.error])


def run_box(app: AppTest) -> Any:
    """The select box of runs."""
    return next(box for box in app.selectbox if box.label == "Run")


def trained(lab: Lab, state: str = "finished", **data) -> Run:
    """A run with two epochs behind it."""
    run = lab.store.add(RunConfig().replace(data), "mine", state=state)
    lab.store.report(
        run.id,
        [step_row(i, i / 10, 2 / i, 0.5 + i / 50, 0.001, 900.0, i / 5) for i in range(1, 21)],
        epoch_row(1, 10, 0.9, 0.7, 905, 1293, 0.5, 0.95, 137, 144, 0.001, 2.0),
    )
    summary = {"test_accuracy": 0.9831, "test_correct": 354, "test_total": 360, "seconds": 4.0}
    epoch = epoch_row(2, 20, 0.4, 0.9, 1164, 1293, 0.3, 0.9, 130, 144, 0.001, 4.0)
    lab.store.report(run.id, [], epoch, seconds=4.0, summary=summary if state == "finished" else None)
    return run


# Setting up


def test_start_submits_what_the_form_says(show: Show, digits: Lab) -> None:
    app = show(TRAIN, view="new")
    app.text_input(key="exact.training.epochs").set_value("3").run()
    app.select_slider(key="slide.optimizer.lr").set_value(0.01).run()
    app.text_input(key="set.model.channels").set_value("8; 16").run()
    app.text_input(key="run_name").set_value("my run").run()
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = digits.runs()
    config = run.config
    assert (run.name, run.recipe, config.training.epochs, config.optimizer.lr) == ("my run", "digits-quick", 3, 0.01)
    assert config.model.channels == (8, 16)


def test_mirroring_digits_is_warned_of(show: Show, digits: Lab) -> None:
    app = show(TRAIN, view="new")
    assert not app.warning
    app.session_state["draft"] = app.session_state["draft"] | {"augment.flip": True}
    app.run()
    assert app.warning[0].value.startswith("Mirror is on") and not app.button(key="start").disabled


@pytest.mark.parametrize("typed", ["0", "-5", "999999", "2.5", ""])
def test_a_number_of_epochs_that_cannot_be_is_named_and_not_replaced(show: Show, digits: Lab, typed: str) -> None:
    app = show(TRAIN, view="new")
    app.text_input(key="exact.training.epochs").set_value(typed).run()
    assert app.button(key="start").disabled
    assert any("Epochs" in error.value and "1 to 1000" in error.value for error in app.error)


def test_the_slider_and_the_box_beside_it_are_one_setting(show: Show, digits: Lab) -> None:
    app = show(TRAIN, view="new")
    app.select_slider(key="slide.training.epochs").set_value(30).run()
    assert app.text_input(key="exact.training.epochs").value == "30"
    app.text_input(key="exact.optimizer.lr").set_value("3e-4").run()
    assert app.select_slider(key="slide.optimizer.lr").value == 3e-4
    app.text_input(key="exact.training.epochs").set_value("77").run()
    assert app.select_slider(key="slide.training.epochs").value == 77
    app.text_input(key="exact.training.batch_size").set_value("15").run()
    assert app.select_slider(key="slide.training.batch_size").value == 15


def test_an_error_stands_at_the_field_and_start_is_greyed_with_the_reason(show: Show, digits: Lab) -> None:
    app = show(TRAIN, view="new")
    app.text_input(key="set.model.channels").set_value("32, many").run()
    words = "Channels must be a list of at most 64 whole numbers from 1 to 2048."
    assert [one.value for one in app.error] == [words]
    assert app.button(key="start").disabled
    assert any(f"Under Model: {words}" in shown(one.value) for one in app.caption)
    app.text_input(key="set.model.channels").set_value("32").run()
    assert not app.error and not app.button(key="start").disabled


def test_a_model_that_cannot_be_built_is_told_before_the_start(show: Show, digits: Lab) -> None:
    app = show(TRAIN, view="new")
    app.text_input(key="set.model.channels").set_value("8, 8, 8, 8, 8").run()
    assert app.button(key="start").disabled
    assert app.error[0].value.startswith("Channels has 5 blocks")


def test_start_prepares_a_built_in_set_and_says_first_what_that_takes(show: Show, lab: Lab) -> None:
    app = show(TRAIN, recipe="mnist-mlp")
    told = "Start prepares MNIST first: 12 MB to download and 70,000 images, in a few seconds at 5 MB/s."
    captions = [shown(one.value).replace("\u202f", ",").replace("\u00a0", " ") for one in app.caption]
    assert any(told in one for one in captions), captions
    app = show(TRAIN, recipe="digits-quick")
    assert any("Start prepares Digits (8 × 8) first: " in shown(one.value) for one in app.caption)
    app.button(key="start").click().run()
    assert not app.exception and not app.error
    assert [run.state for run in lab.runs()] == ["queued"]


def test_own_images_that_are_not_prepared_grey_the_start(show: Show, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    app = show(TRAIN, data="folder", path=str(tmp_path / "mine"))
    assert app.button(key="start").disabled
    assert any("not prepared yet. Prepare it above." in shown(one.value) for one in app.caption)


def test_a_recipe_fills_the_form_and_changes_are_told(show: Show, lab: Lab) -> None:
    app = show(TRAIN, view="new")
    app.selectbox(key="start_from").set_value("mnist-mlp").run()
    assert app.text_input(key="exact.training.batch_size").value == "15"
    assert app.text_input(key="set.model.widths").value == "64, 64, 64"
    app.text_input(key="exact.training.batch_size").set_value("64").run()
    assert app.button(key="change-training.batch_size").label == "Batch size 15 → 64"
    app.button(key="change-training.batch_size").click().run()
    assert app.text_input(key="exact.training.batch_size").value == "15"
    assert not [one for one in app.button if str(one.key).startswith("change-")]


def test_a_setting_that_only_the_chosen_entry_has_is_taken_back_to_what_that_brings_along(
    show: Show, digits: Lab
) -> None:
    app = show(TRAIN, **{"recipe": "digits-quick", "optimizer.name": "sgd", "optimizer.momentum": "0.7"})
    app.button(key="change-optimizer.momentum").click().run()
    assert not app.exception and app.session_state["draft"]["optimizer.momentum"] == 0.0
    assert app.session_state["draft"]["optimizer.name"] == "sgd"


def test_a_run_of_an_unchanged_recipe_knows_its_recipe(show: Show, digits: Lab) -> None:
    app = show(TRAIN, recipe="digits-quick")
    app.button(key="start").click().run()
    (run,) = digits.runs()
    assert (run.recipe, run.config) == ("digits-quick", recipe("digits-quick").config)


def test_a_name_tells_all_that_is_not_as_in_its_recipe(show: Show, digits: Lab) -> None:
    config = recipe("digits-quick").config
    run = digits.store.add(config.replace({"model.batch_norm": False}), recipe="digits-quick", state="finished")
    app = show(TRAIN, like=run.id, **{"optimizer.lr": "0.01"})
    name = "Digits in seconds · Batch norm off, Learning rate 0.01"
    assert app.text_input(key="run_name").placeholder == f"Name: {name}"


def test_runs_that_nobody_names_are_told_apart(show: Show, digits: Lab) -> None:
    for _ in range(2):
        show(TRAIN, recipe="digits-quick").button(key="start").click().run()
    assert {run.name for run in digits.runs()} == {"Digits in seconds", "Digits in seconds 2"}


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"recipe": "no`sense"}, "There is no recipe “no`sense”. Choose one"),
        ({"data": "nonsense"}, "There is no data set “nonsense”. Choose one"),
        ({"like": "nonsense"}, "There is no run “nonsense” any more."),
        ({"run": "nonsense"}, "There is no run “nonsense” any more. It may have been deleted. Choose another."),
    ],
)
def test_a_link_to_nothing_is_told_in_words_and_the_page_goes_on(
    show: Show, digits: Lab, link: dict, words: str
) -> None:
    digits.store.add(RunConfig(), "mine", state="finished")
    app = show(TRAIN, **link)
    (error,) = app.error
    assert words in shown(error.value) and "python" not in error.value
    assert not app.button(key="start").disabled if "run" not in link else "mine" in text(app)
    app = follow_mirrors(app).run()
    assert [one.value for one in app.error] == [error.value], "it stays for whoever did not look at once"
    app.text_input(key="exact.training.epochs").set_value("17").run()
    assert not app.error


def test_a_link_that_cannot_be_followed_leaves_no_settings_of_somebody_elses_run(show: Show, digits: Lab) -> None:
    numbered(digits, "mine", optimizer__lr=0.5)
    for link in ({"recipe": "nosuch"}, {"recipe": "digits-quick", "data": "folder", "path": "/etc/passwd"}):
        app = show(TRAIN, **link)
        assert app.error and app.session_state["draft"]["optimizer.lr"] == recipe("digits-quick").config.optimizer.lr


def test_a_link_from_a_run_fills_the_form_where_that_run_is_not(show: Show, digits: Lab) -> None:
    """A teacher's link, opened on another computer: the recipe, and all that is not as there."""
    config = recipe("digits-quick").config.replace({"model.batch_norm": False, "training.epochs": 8})
    run = digits.store.add(config, recipe="digits-quick", state="finished")
    link = dict(follow_mirrors(show(TRAIN, like=run.id, **{"training.epochs": "20"})).query_params.items())
    link = {name: text[0] if isinstance(text, list) else text for name, text in link.items() if name != "run"}
    assert link == {"like": run.id, "recipe": "digits-quick", "model.batch_norm": "false", "training.epochs": "20"}
    numbered(digits, "of somebody else", optimizer__lr=0.5)
    app = show(TRAIN, **link | {"like": "deadbeef"})
    (told,) = app.error
    assert "There is no run “deadbeef” any more." in shown(told.value)
    wanted = recipe("digits-quick").config.replace({"model.batch_norm": False})
    assert app.session_state["draft"] == wanted.flat()


def test_beside_the_form_stands_a_run_on_its_images_where_the_link_names_none(show: Show, lab: Lab) -> None:
    on_digits = numbered(lab, "on digits")
    numbered(lab, "on MNIST", data__name="mnist")
    assert "on digits" in text(app := show(TRAIN, recipe="digits-quick"))
    assert follow_mirrors(app).query_params["run"] in (on_digits.id, [on_digits.id])
    app = show(TRAIN, recipe="fashion-cnn")
    assert any("There are no runs on these images yet." in one.value for one in app.info)
    assert app.selectbox(key="run-None-None").value is None and "run" not in follow_mirrors(app).query_params
    assert "on MNIST" in text(show(TRAIN))


def test_settings_survive_a_switch_of_pages(show: Show, digits: Lab) -> None:
    app = show(TRAIN, view="new")
    app.text_input(key="exact.training.epochs").set_value("17").run()
    app.switch_page("app.py").run()
    app.query_params["view"] = "new"
    app.switch_page(TRAIN).run()
    assert app.text_input(key="exact.training.epochs").value == "17"


def test_a_link_from_the_data_page_chooses_the_data(show: Show, lab: Lab) -> None:
    assert show(TRAIN, data="fashion-mnist").selectbox(key="data_of_run").value == DataSource("fashion-mnist")


def own_images(lab: Lab, folder: Path, side: int, mode: str = "RGB") -> DataSource:
    """A prepared folder of noise in two classes; of more than 64 pixels they are of two sizes."""
    random = np.random.default_rng(side)
    for name in ("ants", "bees"):
        for number in range(20):
            place = folder / ("train", "val")[number % 2] / name
            place.mkdir(parents=True, exist_ok=True)
            pixels = random.integers(0, 256, (side, side + number % 3 * (side > 64), 3), np.uint8)
            Image.fromarray(pixels).convert(mode).save(place / f"{number}.png")
    source = DataSource("folder", str(folder))
    list(prepare.prepare(source, lab.workspace))
    return source


@pytest.mark.parametrize(("side", "mode", "name"), [(90, "RGB", "folder-photos"), (20, "L", "folder-cnn")])
def test_a_link_to_own_images_fills_the_recipe_that_fits_them(
    show: Show, lab: Lab, tmp_path: Path, side: int, mode: str, name: str
) -> None:
    source = own_images(lab, tmp_path / "mine", side, mode)
    app = show(TRAIN, data="folder", path=str(source.path))
    assert app.selectbox(key="start_from").value == name and app.selectbox(key="data_of_run").value == source
    assert app.session_state["draft"] == recipe(name).config.replace(source.settings).flat()
    assert not [one for one in app.button if str(one.key).startswith("change-")]
    other = show(TRAIN, data="folder", path=str(source.path), recipe="digits-quick")
    assert other.selectbox(key="start_from").value == "digits-quick", "a link that says how says it"


def test_the_link_of_the_data_page_is_one_that_does(show: Show, lab: Lab, tmp_path: Path) -> None:
    source = own_images(lab, tmp_path / "mine", 90)
    app = show("pages/1_Data.py", data="folder", path=str(source.path))
    link = next(one.proto for one in app.get("page_link") if one.proto.label == "Train with mine")
    asked = dict(parse_qsl(link.query_string))
    assert show(TRAIN, **asked).selectbox(key="start_from").value == "folder-photos"


def test_another_model_or_optimizer_brings_its_defaults(show: Show, digits: Lab) -> None:
    app = show(TRAIN, view="new")
    app.selectbox(key="set.optimizer.name").set_value("sgd").run()
    assert app.text_input(key="exact.optimizer.lr").value == "0.05"
    app.selectbox(key="set.model.name").set_value("mlp").run()
    assert app.text_input(key="set.model.widths").value == "64, 64, 64"


def test_a_link_with_a_run_fills_the_form_like_it(show: Show, digits: Lab) -> None:
    run = digits.store.add(RunConfig().replace({"training.epochs": 23}), state="finished")
    assert show(TRAIN, like=run.id).text_input(key="exact.training.epochs").value == "23"


# Weights that a model starts from


@pytest.fixture
def pretrained(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A link to a form with ImageNet's weights, which are nowhere on this computer."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(vision, "ADDRESS", "http://127.0.0.1:9/")  # nothing listens there
    out_of_reach.clear()
    config = RunConfig().replace({"model.name": "resnet18", "model.weights": "imagenet"})
    return {"like": lab.store.add(config, "earlier", state="finished").id}


def test_weights_that_cannot_be_had_are_told_before_start(show: Show, digits: Lab, pretrained: dict[str, str]) -> None:
    app = show(TRAIN, **pretrained)
    (words,) = [shown(one.value) for one in app.warning if "weights" in one.value]
    assert "ImageNet's weights of ResNet-18 are not on this computer, and 127.0.0.1 cannot be reached" in words
    assert "Connection refused" in words and "47 MB" in words and str(digits.workspace.weights) in words
    assert "http://127.0.0.1:9/resnet18-f37072fd.pth" in words
    assert app.button(key="start").disabled
    assert any("weights are missing, and cannot be downloaded here" in one.value for one in app.caption)
    app.button(key="weights-random").click().run()
    assert app.session_state["draft"]["model.weights"] == "random" and not app.button(key="start").disabled
    assert not [one for one in app.warning if "weights" in one.value]


def test_weights_that_were_put_there_meanwhile_are_found(show: Show, digits: Lab, pretrained: dict[str, str]) -> None:
    app = show(TRAIN, **pretrained)
    digits.workspace.weights.mkdir(parents=True)
    (digits.workspace.weights / "resnet18-f37072fd.pth").touch()
    app.button(key="weights-again").click().run()
    assert not app.button(key="start").disabled and not app.warning


def test_weights_that_will_be_downloaded_are_told_with_their_size(
    show: Show, digits: Lab, pretrained: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "resnet18-f37072fd.pth").touch()
    with serving(tmp_path) as address:
        monkeypatch.setattr(vision, "ADDRESS", address)
        app = show(TRAIN, **pretrained)
    assert any("The run downloads them first: 47 MB from 127.0.0.1." in shown(one.value) for one in app.info)
    assert not app.button(key="start").disabled


# Watching


def test_a_finished_run_shows_best_last_and_test(show: Show, lab: Lab) -> None:
    run = trained(lab)
    app = show(TRAIN, run=run.id)
    shown = {one.label: (one.value, one.delta) for one in app.metric}
    assert shown["Best validation accuracy"] == ("95.00\u00a0%", "137 of 144, epoch 1")
    assert shown["Last validation accuracy"] == ("90.00\u00a0%", "130 of 144, epoch 2")
    assert shown["Test accuracy"] == ("98.31\u00a0%", "354 of 360 test images classified correctly")


def test_loaded_weights_have_a_page_without_numbers(show: Show, lab: Lab) -> None:
    run = lab.store.add(RunConfig(), "loaded", state="finished")
    lab.store.change(run.id, message="Its weights were loaded from a_b.pt.")
    app = show(TRAIN, run=run.id)
    assert not app.metric
    assert app.info[0].value == "Its weights were loaded from a&#95;b.pt."
    assert "These weights were loaded from a file, so there are no curves." in [one.value for one in app.caption]


def test_the_newest_run_is_shown_unless_another_is_chosen(show: Show, lab: Lab) -> None:
    old = trained(lab)
    new = lab.store.add(RunConfig(), "newest", state="finished")
    app = show(TRAIN, view="runs")
    assert run_box(app).value == new.id
    run_box(app).set_value(old.id).run()
    assert "mine" in [one.value for one in app.header]
    assert run_box(show(TRAIN, run=old.id)).value == old.id


def test_a_tick_that_brings_old_choices_back_moves_nobody(show: Show, digits: Lab) -> None:
    """A fragment's tick may leave the browser before it has heard what the page shows now."""
    first, second = trained(digits), trained(digits)
    app = show(TRAIN, view="new")
    for run in (first, second, first):
        browser = app._tree.get_widget_states()
        app.query_params.clear()
        app.query_params["run"] = run.id  # as Start and links lead there
        app.run()
        app._run(browser)
        assert app.query_params["run"] in (run.id, [run.id]) and run_box(app).value == run.id


def test_a_bare_link_finds_the_run_that_waits_or_trains(show: Show, lab: Lab) -> None:
    trained(lab)
    run = lab.store.add(RunConfig(), "busy")
    app = show(TRAIN)
    assert run_box(app).value == run.id
    assert {"Pause", "Cancel"} <= {b.label for b in app.button}


@pytest.mark.parametrize(("validation", "told"), [(0.0, True), (0.1, False)])
def test_curves_measured_on_the_test_set_say_so(show: Show, lab: Lab, validation: float, told: bool) -> None:
    run = trained(lab, **{"data.validation": validation})
    app = show(TRAIN, run=run.id)
    assert any("judged too kindly" in one.value for one in app.info) == told


def test_a_failed_run_says_why_and_can_be_resumed(show: Show, lab: Lab) -> None:
    run = trained(lab, state="failed")
    lab.store.change(run.id, message="The loss became nan at step 7.")
    app = show(TRAIN, run=run.id)
    assert app.error[0].value.startswith("The loss became nan at step 7")
    app.button(key=f"resume-{run.id}").click().run()
    assert lab.run(run.id).state == "queued"


def test_memory_that_ran_out_offers_half_the_batch(show: Show, digits: Lab) -> None:
    run = digits.store.add(RunConfig(), "too large", state="failed")
    digits.store.change(run.id, outcome=outcomes.out_of_memory(64).to_dict())
    app = show(TRAIN, run=run.id)
    app.button(key=f"training.batch_size-{run.id}").click().run()
    other = next(one for one in digits.runs() if one.id != run.id)
    assert (other.state, other.config) == ("queued", run.config.replace({"training.batch_size": 32}))


def test_missing_imagenet_weights_offer_random_ones(show: Show, digits: Lab) -> None:
    config = RunConfig().replace({"model.name": "resnet18", "model.weights": "imagenet", "training.epochs": 7})
    run = digits.store.add(config, "mine", state="failed")
    missing = unavailable("They could not be downloaded. Put them there, or take {setting}=random.")
    digits.store.change(run.id, outcome=missing.to_dict())
    app = show(TRAIN, run=run.id)
    assert "model.weights" not in shown(app.error[0].value)
    app.button(key=f"model.weights-{run.id}").click().run()
    assert not app.exception
    other = digits.runs()[0]
    assert (other.state, other.config) == ("queued", config.replace({"model.weights": "random"}))


def test_cancel_stops_a_waiting_run(show: Show, lab: Lab) -> None:
    run = lab.store.add(RunConfig(), "busy")
    app = show(TRAIN, run=run.id)
    app.button(key=f"cancel-{run.id}").click().run()
    assert lab.run(run.id).state == "cancelled"
    assert not app.exception


def managed(show: Show, run_id: str) -> AppTest:
    app = show(TRAIN, run=run_id)
    app.session_state[f"manage-{run_id}"] = True
    return app.run()


def test_rename_tags_and_notes_are_kept(show: Show, lab: Lab) -> None:
    run = trained(lab)
    app = managed(show, run.id)
    next(box for box in app.text_input if box.label == "Name").set_value("better name")
    next(box for box in app.text_input if box.label == "Tags, with commas between").set_value("a, b")
    app.text_area[0].set_value("it learns")
    next(b for b in app.button if b.label == "Save").click().run()
    now = lab.run(run.id)
    assert (now.name, now.tags, now.notes) == ("better name", ["a", "b"], "it learns")
    assert "Saved" in [one.value for one in app.toast]


def test_delete_asks_and_says_what_goes(show: Show, lab: Lab) -> None:
    run = trained(lab)
    app = managed(show, run.id)
    app.button(key=f"delete-{run.id}").click().run()
    assert lab.run(run.id)
    assert any("checkpoints, and its log" in one.value for one in app.markdown)
    # A browser reruns the dialog alone; here the whole page runs, and needs the click that opened it again.
    app.button(key=f"delete-{run.id}").click()
    app.button(key="delete-yes").click().run()
    assert not lab.runs()


def test_nothing_to_watch_says_the_next_step(show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[dict] = []
    monkeypatch.setattr(live, "live_chart", lambda figure, label, key: drawn.append(figure))
    app = show(TRAIN, recipe="digits-quick")
    assert "There are no runs yet. Press Start training" in app.info[0].value
    axes = drawn[-1]["layout"]
    assert axes["xaxis"]["range"] == [0, 20] and "<b>Accuracy</b>" in axes["annotations"][1]["text"]
    assert not any(place is not None for trace in drawn[-1]["data"] for place in trace["y"]), "nothing is invented"


# The form and the run on one screen


def test_a_form_that_nobody_has_filled_begins_with_the_first_recipe_or_the_run_beside_it(
    show: Show, digits: Lab
) -> None:
    assert show(TRAIN).selectbox(key="start_from").value == "digits-quick"
    run = digits.store.add(RunConfig().replace({"training.epochs": 23}), "mine", state="finished")
    digits.store.add(recipe("mnist-mlp").config, state="finished")
    assert show(TRAIN).selectbox(key="start_from").value == "mnist-mlp"
    app = show(TRAIN, run=run.id)
    assert app.selectbox(key="start_from").value == f"run:{run.id}"
    assert app.text_input(key="exact.training.epochs").value == "23"
    changed = recipe("mnist-mlp").config.replace({"optimizer.lr": 0.5})
    digits.store.add(changed, recipe="mnist-mlp", state="finished")
    assert show(TRAIN).session_state["draft"] == changed.flat(), "not that of the recipe it came from"


def test_start_keeps_the_form_and_shows_the_run_beside_it(
    show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_run, "DOUBLE_PRESS_S", 600.0)  # how slow this machine may be
    app = show(TRAIN)
    app.select_slider(key="slide.optimizer.lr").set_value(0.01).run()
    app.button(key="start").click().run()
    (run,) = digits.runs()
    assert run_box(app).value == run.id and app.query_params["run"] in (run.id, [run.id])
    assert app.text_input(key="exact.optimizer.lr").value == "0.01"
    assert run.name == "Digits in seconds · Learning rate 0.01" and run.config.optimizer.lr == 0.01
    app.button(key="start").click().run()
    app.session_state["starts"] = {"pressed": False, "last": (None, 0.0)}  # a while later
    app.button(key="start").click().run()
    assert {one.name for one in digits.runs()} == {run.name, f"{run.name} (2)"}


def test_a_press_of_start_that_the_next_click_broke_off_is_taken(show: Show, digits: Lab) -> None:
    app = show(TRAIN)
    app.session_state["starts"] = {"pressed": True, "last": (None, 0.0)}
    app.run()
    assert len(digits.runs()) == 1
    app.run()
    assert len(digits.runs()) == 1


def test_a_link_fills_the_form_with_changes_and_starts_nothing(show: Show, digits: Lab) -> None:
    link = {"recipe": "mnist-mlp", "optimizer.lr": "0.01", "training.epochs": "3", "model.widths": "[16, 8]"}
    app = show(TRAIN, **link)
    wanted = {"optimizer.lr": 0.01, "training.epochs": 3, "model.widths": [16, 8]}
    assert app.session_state["draft"] == recipe("mnist-mlp").config.replace(wanted).flat()
    labels = [one.label for one in app.button if str(one.key).startswith("change-")]
    assert (
        labels == ["Hidden layers 64, 64, 64 → 16, 8", "Learning rate 0.001 → 0.01", "Epochs 2 → 3"]
        and not digits.runs()
    )


@pytest.mark.parametrize("name", [one.name for one in RECIPES if one.folder])
def test_a_recipe_for_own_images_without_images_says_where_they_are_added(show: Show, digits: Lab, name: str) -> None:
    app = show("pages/2_Train.py", recipe=name)
    assert app.button(key="start").disabled and not app.error
    assert any("No images are chosen yet. Add your own on the Data page." in one.value for one in app.caption)


def test_a_list_of_numbers_in_a_link_may_be_written_as_in_its_box(show: Show, digits: Lab) -> None:
    app = show("pages/2_Train.py", recipe="digits-quick", **{"model.channels": "16, 24,40"})
    assert app.session_state["draft"]["model.channels"] == [16, 24, 40] and not app.error and not app.warning


def test_the_form_is_in_the_link_as_a_new_visit_reads_it(show: Show, digits: Lab) -> None:
    app = show(TRAIN, recipe="mnist-mlp")
    app.select_slider(key="slide.optimizer.lr").set_value(0.01).run()
    app.selectbox(key="set.schedule.name").set_value("cosine").run()
    app.selectbox(key="data_of_run").set_value(DataSource("digits")).run()
    params = app.session_state["draft_links"][-1]
    assert params == {"recipe": "mnist-mlp", "data": "digits", "optimizer.lr": "0.01", "schedule.name": "cosine"}
    again = show(TRAIN, **params)
    assert again.session_state["draft"] == app.session_state["draft"]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"optimizer.lr": "many"}, "Learning rate must be"),
        ({"training.lr": "1"}, "Did you mean optimizer.lr?"),
        ({"lr": "3"}, "Did you mean optimizer.lr?"),
    ],
)
def test_a_link_with_a_setting_that_cannot_be_is_told(show: Show, digits: Lab, link: dict, words: str) -> None:
    app = show(TRAIN, recipe="digits-quick", **link)
    (told,) = [shown(one.value) for one in app.error]
    assert words in told and app.button(key="start").disabled == (words == "Learning rate must be")
    draft, begun = app.session_state["draft"], recipe("digits-quick").config.flat()
    assert draft | {"optimizer.lr": begun["optimizer.lr"]} == begun


def test_what_is_right_in_a_link_is_taken_and_what_is_not_is_told(show: Show, digits: Lab) -> None:
    link = {"optimizer.lr": "-5", "optimizer.name": "lion", "training.epochs": "7", "foo.bar": "1",
            "schedule.name": "nosuch", "model.widths": "[[1]]"}  # fmt: skip
    app = show(TRAIN, recipe="digits-quick", **link)
    draft = app.session_state["draft"]
    assert (draft["optimizer.name"], draft["training.epochs"], draft["optimizer.lr"]) == ("lion", 7, -5)
    refused = [shown(one.value) for one in app.error if "Not taken from the link" in one.value]
    assert len(refused) == 3 and any("nosuch" in words for words in refused)
    assert any(one.value.startswith("Learning rate must be") for one in app.error)


def test_what_was_typed_and_is_no_value_comes_back_with_the_link(show: Show, digits: Lab) -> None:
    app = show(TRAIN, recipe="digits-quick")
    app.text_input(key="exact.training.epochs").set_value("40").run()
    app.text_input(key="exact.optimizer.lr").set_value("abc").run()
    again = show(TRAIN, **app.session_state["draft_links"][-1])
    assert again.text_input(key="exact.optimizer.lr").value == "abc"
    assert again.text_input(key="exact.training.epochs").value == "40" and again.button(key="start").disabled


def test_a_path_in_a_link_is_looked_at_however_it_is_called(show: Show, digits: Lab) -> None:
    app = show(TRAIN, **{"recipe": "folder-cnn", "data.path": "/etc"})
    assert app.error and "/etc" not in str(app.session_state["draft"])


def test_a_name_is_for_one_run(show: Show, digits: Lab) -> None:
    app = show(TRAIN)
    app.text_input(key="run_name").set_value("my run").run()
    app.button(key="start").click().run()
    assert app.text_input(key="run_name").value == ""
    app.select_slider(key="slide.optimizer.lr").set_value(0.02).run()
    app.button(key="start").click().run()
    assert [run.name for run in digits.runs()] == ["Digits in seconds · Learning rate 0.02", "my run"]


def test_a_second_press_at_once_starts_nothing(show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.train.new_run.DOUBLE_PRESS_S", 60.0)  # seconds: however slow the machine is
    app = show(TRAIN)
    app.button(key="start").click().run()
    app.button(key="start").click().run()
    assert len(digits.runs()) == 1


def test_a_run_whose_settings_cannot_be_read_is_no_start_and_stands_behind_nothing(show: Show, digits: Lab) -> None:
    broken, good = trained(digits), trained(digits)
    with sqlite3.connect(digits.workspace.home / "epochlab.db") as database:
        database.execute("update runs set config = 'x' where id = ?", (broken.id,))
    app = show(TRAIN, like=broken.id, run=good.id)
    assert not app.selectbox(key="start_from").value.startswith("run:")
    assert not [one for one in app.caption if "Grey" in one.value]


def test_the_deletion_of_the_run_that_a_form_began_with_is_told(show: Show, digits: Lab) -> None:
    first, second = trained(digits), trained(digits)
    app = show(TRAIN, like=first.id, run=second.id)
    digits.delete(first.id)
    app.run()
    assert any("was deleted" in one.value for one in app.caption)
    assert app.text_input(key="exact.training.epochs").value == str(first.config.training.epochs)


def test_a_link_that_the_form_wrote_earlier_takes_nothing_back(show: Show, digits: Lab) -> None:
    """A tick may bring the link of a moment ago."""
    app = show(TRAIN, recipe="digits-quick")
    app.run()
    app.select_slider(key="slide.optimizer.lr").set_value(0.01).run()
    app.query_params.clear()
    app.query_params["recipe"] = "digits-quick"
    app.run()
    assert app.text_input(key="exact.optimizer.lr").value == "0.01"


def test_a_run_is_a_start_for_the_next_one(show: Show, lab: Lab) -> None:
    run = trained(lab)
    app = show(TRAIN, recipe="mnist-mlp", run=run.id)
    app.button(key=f"again-{run.id}").click().run()
    assert app.selectbox(key="start_from").value == f"run:{run.id}"
    assert app.session_state["draft"] == run.config.flat()


def test_the_run_before_stands_behind_and_what_differs_is_told(show: Show, lab: Lab) -> None:
    trained(lab)
    second = trained(lab, **{"optimizer.lr": 0.01})
    app = show(TRAIN, run=second.id)
    said = [shown(one.value) for one in app.caption if "Grey" in one.value]
    assert said and "Learning rate 0.001 → 0.01" in said[0]
    assert "Test accuracy: no difference was measured." in said[0]
    box = next(box for box in app.selectbox if box.label == "Behind the curves")
    box.set_value("none").run()
    assert not [one for one in app.caption if "Grey" in one.value]


@pytest.mark.parametrize(
    ("epochs", "now", "end"),
    [(3, 0.0, 3), (20, 0.0, 20), (20, 19.5, 20), (100, 0.0, 20), (100, 20.5, 40), (100, 99, 100)],
)
def test_the_axis_of_epochs_grows_a_few_times_at_most(epochs: int, now: float, end: int) -> None:
    assert live.epochs_shown(RunConfig().replace({"training.epochs": epochs}), now) == end


def test_the_load_of_the_computer_is_told_on_demand(show: Show, lab: Lab) -> None:
    run = trained(lab, "running")
    lock = lab.files.lock(run.id)
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        lab.store.change(run.id, pid=os.getpid())
        app = show(TRAIN, run=run.id)
        assert "of memory" not in text(app) and "Processor" not in text(app)
        app.toggle(key=f"load-{run.id}").set_value(True).run()
        assert re.search(r"Processor [\d.]+ of \d+ cores · memory .+ of .+", text(app))


def test_the_name_that_was_typed_stays(show: Show, digits: Lab) -> None:
    app = show(TRAIN)
    app.text_input(key="run_name").set_value("my run").run()
    app.switch_page("pages/1_Data.py").run()
    app.switch_page(TRAIN).run()
    assert app.text_input(key="run_name").value == "my run"
    assert follow_mirrors(app).query_params["called"] == "my run"
    assert show(TRAIN, called="from a link").text_input(key="run_name").value == "from a link"
    again = show(TRAIN, **{"called": "both", "optimizer.lr": "0.01"})
    assert again.text_input(key="run_name").value == "both"
    assert again.text_input(key="exact.optimizer.lr").value == "0.01"
