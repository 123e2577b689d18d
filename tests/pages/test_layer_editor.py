"""The editor of own layers on Train: rows, the numbers of the one that is chosen, and what does not fit at its row."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.models.layers import LAYERS
from core.models.layers.presets import PRESETS
from core.models.layers.text import MAX_LAYERS
from core.runs.lab import Lab
from core.runs.setting_words import MAX_LAYERS_CHARS
from core.settings.fields import hints
from pages.components import written_values

Show = Callable[..., AppTest]
TRAIN = "pages/2_Train.py"
SHORT = "conv 8 3 padding=1, relu, max_pool 2, flatten"


@pytest.fixture
def app(show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The form with a short list."""
    monkeypatch.setattr(written_values, "ECHO_S", 0.0)  # a test goes back and forth quicker than a person
    return show(TRAIN, **{"recipe": "digits-quick", "model.name": "layers", "model.layers": SHORT})


def layers(app: AppTest) -> str:
    assert not app.exception
    return str(app.session_state["draft"]["model.layers"])


def rows(app: AppTest) -> Any:
    return next(one for one in app.radio if one.label.startswith("Layers"))


def control(app: AppTest, row: int, what: str) -> Any:
    key = f"layer-{row}-{what}.model.layers"
    return next(one for kind in (app.selectbox, app.text_input) for one in kind if one.key == key)


def captions(app: AppTest) -> list[str]:
    return [html.unescape(one).replace("\N{NARROW NO-BREAK SPACE}", " ") for one in rows(app).proto.captions]


def reasons(app: AppTest) -> list[str]:
    said = [html.unescape(one.value).replace("\N{WORD JOINER}", "") for one in app.caption]
    return [one.removeprefix(":material/block: ") for one in said if one.startswith(":material/block:")]


def test_each_row_says_what_it_makes_of_an_image_and_what_that_takes(app: AppTest) -> None:
    assert rows(app).options == [
        "1 · **Convolution** channels 8, kernel size 3, padding 1",
        "2 · **ReLU** ",
        "3 · **Max pooling** window 2",
        "4 · **Flatten** ",
        "5 · **Dense** 10 (the classes)",
    ]
    assert captions(app) == [
        "8 × 8 × 8 · 80 parameters · 4 608 multiply-adds",
        "8 × 8 × 8",
        "8 × 4 × 4",
        "128",
        "10 · 1 290 parameters · 1 280 multiply-adds",
    ]
    formulas = [one.value for one in app.markdown if " = " in one.value]
    assert formulas[0] == "Height and width: (8 + 2·1 − 3)/1 + 1 = 8" and len(formulas) == 3
    assert not app.button(key="start").disabled


def test_the_numbers_of_the_row_that_is_chosen_are_turned(app: AppTest) -> None:
    control(app, 0, "conv-channels").set_value("16").run()
    control(app, 0, "conv-kernel").set_value("5000").run()
    assert "conv.kernel is 5000; allowed: a whole number from 1 to 32" in captions(app)[0]
    control(app, 0, "text").set_value("conv 16 5 padding=1").run()
    assert layers(app) == "conv 16 5 padding=1, relu, max_pool 2, flatten"
    rows(app).set_value(2).run()
    control(app, 2, "max_pool-stride").set_value("1").run()
    assert layers(app) == "conv 16 5 padding=1, relu, max_pool 2 stride=1, flatten"
    control(app, 2, "max_pool-stride").set_value("").run()
    assert layers(app) == "conv 16 5 padding=1, relu, max_pool 2, flatten"
    control(app, 2, "max_pool-stride").set_value("x, 3").run()
    assert layers(app) == "conv 16 5 padding=1, relu, max_pool 2 stride=x3, flatten"
    assert 'max_pool.stride is "x3"; allowed: a whole number from 1 to 32 or null' in captions(app)[2]
    control(app, 2, "kind").set_value("dropout").run()
    control(app, 2, "dropout-share").set_value("0,25").run()
    assert layers(app) == "conv 16 5 padding=1, relu, dropout 0.25, flatten"


@pytest.mark.parametrize("name", LAYERS.entries)
def test_every_kind_has_a_control_for_each_of_its_numbers(app: AppTest, name: str) -> None:
    rows(app).set_value(1).run()
    control(app, 1, "kind").set_value(name).run()
    assert layers(app).split(", ")[1].partition(" ")[0] == name
    assert LAYERS[name].about == control(app, 1, "kind").help
    for key, info in LAYERS[name].settings.model_fields.items():
        if key != "name":
            box = control(app, 1, f"{name}-{key}")
            assert str(info.description) in box.help and str(hints(info)["too_high"]) in box.help


def test_rows_are_moved_copied_deleted_and_added_and_the_choice_goes_along(app: AppTest) -> None:
    assert app.button(key="layer-up").disabled
    app.button(key="layer-down").click().run()
    assert layers(app) == "relu, conv 8 3 padding=1, max_pool 2, flatten" and rows(app).value == 1
    app.button(key="layer-up").click().run()
    assert layers(app) == SHORT and rows(app).value == 0
    app.button(key="layer-duplicate").click().run()
    assert layers(app) == f"conv 8 3 padding=1, {SHORT}" and rows(app).value == 1
    app.button(key="layer-delete").click().run()
    assert layers(app) == SHORT and rows(app).value == 1
    app.button(key="layer-add").click().run()
    assert layers(app) == "conv 8 3 padding=1, relu, relu, max_pool 2, flatten" and rows(app).value == 2
    rows(app).set_value(4).run()
    assert app.button(key="layer-down").disabled and not app.button(key="layer-up").disabled


def test_the_dense_layer_to_the_classes_can_only_be_added_to(app: AppTest) -> None:
    rows(app).set_value(4).run()
    found = {one.key for one in app.button if str(one.key).startswith("layer-")}
    assert found == {"layer-add"}
    app.button(key="layer-add").click().run()
    assert layers(app) == f"{SHORT}, relu"


def test_no_more_rows_are_added_than_there_can_be(app: AppTest) -> None:
    app.text_area(key="set.model.layers").set_value(", ".join(["flatten", *["relu"] * (MAX_LAYERS - 1)])).run()
    assert app.button(key="layer-add").disabled and app.button(key="layer-duplicate").disabled
    assert not app.button(key="start").disabled


def test_what_does_not_fit_is_named_at_its_row_and_start_says_so(app: AppTest) -> None:
    app.text_area(key="set.model.layers").set_value("conv 8 3, max_pool 4, conv 16 3, flatten").run()
    assert captions(app)[1] == "8 × 1 × 1" and captions(app)[3:] == ["–", "–"]
    assert captions(app)[2].startswith(
        ":material/error: **its window of 3 × 3 pixels is larger than the picture of 1 × 1"
    )
    assert app.button(key="start").disabled
    (reason,) = reasons(app)
    assert reason.startswith("Under Model, row 3 (conv 16 3): its window of 3 × 3")
    rows(app).set_value(2).run()
    control(app, 2, "conv-padding").set_value("1").run()
    assert not reasons(app) and not app.button(key="start").disabled


def test_what_is_no_layer_can_be_mended_or_removed_at_its_row(app: AppTest) -> None:
    app.text_area(key="set.model.layers").set_value("conv 9999, cov 3, flatten").run()
    assert layers(app) == "conv 9999, cov 3, flatten"
    assert "allowed: a whole number from 1 to 2048" in captions(app)[0] and "Did you mean conv?" in captions(app)[1]
    (reason,) = reasons(app)  # one setting, one reason: the first
    assert reason.startswith("Under Model: Layers, row 1 (conv 9999): conv.channels is 9999")
    control(app, 0, "text").set_value("conv 9").run()
    rows(app).set_value(1).run()
    assert control(app, 1, "kind").value is None
    control(app, 1, "kind").set_value("relu").run()
    assert layers(app) == "conv 9, relu, flatten" and not app.button(key="start").disabled


def test_a_preset_replaces_the_list_and_its_name_goes_with_the_first_change(app: AppTest) -> None:
    select = next(one for one in app.selectbox if one.key == "preset.model.layers")
    assert select.value is None
    assert select.options == [one.title for one in PRESETS.values()]
    select.set_value(PRESETS["lenet5"].layers).run()
    assert layers(app) == PRESETS["lenet5"].layers
    control(app, 0, "conv-channels").set_value("7").run()
    assert next(one for one in app.selectbox if one.key == "preset.model.layers").value is None


def test_the_list_starts_a_run_and_its_change_is_a_chip_that_can_be_taken_back(app: AppTest, digits: Lab) -> None:
    app.button(key="start").click().run()
    (run,) = digits.runs()
    assert (run.config.model.name, run.config.flat()["model.layers"]) == ("layers", SHORT)
    chip = app.button(key="change-model.layers").label
    assert len(html.unescape(chip)) < MAX_LAYERS_CHARS + 40
    app.button(key="change-model.layers").click().run()
    assert not app.exception and "change-model.layers" not in [one.key for one in app.button]


def test_a_run_of_own_layers_is_changed_by_one_word(show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.run_config import RunConfig

    config = RunConfig().replace({"model.name": "layers", "model.layers": SHORT})
    run = digits.store.add(config, "mine", state="finished")
    app = show(TRAIN, like=run.id)
    app.text_area(key="set.model.layers").set_value(f"{SHORT}, dropout 0.5").run()
    assert app.button(key="change-model.layers").label == "Layers: + dropout 0.5"
    assert app.text_input(key="run_name").placeholder == "Name: mine · Layers + dropout 0.5"
    app.text_area(key="set.model.layers").set_value("conv 8 3 1 1,relu;max_pool 2,flatten").run()
    assert "change-model.layers" not in [one.key for one in app.button]  # the same list, written otherwise


def test_rows_are_there_before_the_data_are(show: Show, lab: Lab) -> None:
    app = show(TRAIN, **{"recipe": "digits-quick", "model.name": "layers", "model.layers": SHORT})
    assert captions(app) == ["–"] * 5
    assert any(one.value == "Shapes and counts are shown once the data set is prepared." for one in app.caption)


@pytest.mark.parametrize("typed", ["3", "true", "<b>x</b>, [a](b)", "conv 8 $3$"])
def test_a_link_may_ask_for_any_text(show: Show, digits: Lab, typed: str) -> None:
    app = show(TRAIN, **{"recipe": "digits-quick", "model.name": "layers", "model.layers": typed})
    assert app.button(key="start").disabled and not app.exception
