"""The form is made from what settings say about themselves: every one of them, whatever the family."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.run_config import REGISTRIES, RunConfig
from core.runs.lab import Lab
from core.script.lines import told_line
from core.settings.fields import hints
from core.settings.numbers import typed_decimal
from pages.components import written_values
from pages.train import draft as drafts
from pages.train import forms, numbers

Show = Callable[..., AppTest]


ENTRIES = [(part, name) for part, registry in REGISTRIES.items() for name in registry.entries]


@pytest.mark.parametrize("part,name", ENTRIES)
def test_every_setting_that_matters_has_a_control_with_help(part: str, name: str, show: Show, lab: Lab) -> None:
    app = show("pages/2_Train.py", view="new")
    for fold in ("fold-changes", "fold-advanced"):
        app.session_state[fold] = True
    app.run()
    before = app.session_state["draft"]
    app.selectbox(key=f"set.{part}.name").set_value(name).run()
    assert not app.exception and not app.error
    entry = REGISTRIES[part][name]
    assert entry.title in app.selectbox(key=f"set.{part}.name").options
    box = app.selectbox(key=f"set.{part}.name")
    assert entry.about in box.help or entry.about in [one.value for one in app.caption]
    after = app.session_state["draft"]
    begun = drafts.check(before).config
    own = {"model.layers": after["model.layers"]} if name == "layers" else {}  # of the network that was chosen
    assert begun and drafts.check(after).config == begun.replace({f"{part}.name": name, **own})
    assert all(after[key] == one for key, one in before.items() if not key.startswith(f"{part}."))
    kinds = [app.slider, app.select_slider, app.number_input, app.text_input, app.text_area, app.selectbox, app.toggle]
    controls = {one.key: one for kind in kinds for one in kind}
    draft = app.session_state["draft"]
    for dotted, info in drafts.fields(draft).items():
        if dotted.startswith("data.") and dotted.split(".")[1] in ("name", "path", "layout", "version", "columns"):
            continue
        found = [controls[key] for key in (f"slide.{dotted}", f"set.{dotted}") if key in controls]
        assert bool(found) == drafts.is_visible(draft, dotted, info), dotted
        if found:
            assert str(info.description) in found[0].help
            for end in ("too_high", "too_low"):
                assert str(hints(info)[end]) in found[0].help
            section, _dot, key = dotted.partition(".")
            _value, line = told_line(section, getattr(begun.replace({f"{part}.name": name}), section), key)
            assert line in found[0].help


def test_what_is_folded_away_is_drawn_only_while_it_is_open(show: Show, lab: Lab) -> None:
    app = show("pages/2_Train.py", view="new")
    closed = {one.key for one in [*app.slider, *app.select_slider, *app.toggle]}
    assert "set.optimizer.weight_decay" not in closed and "slide.optimizer.weight_decay" not in closed
    draft = app.session_state["draft"] | {"optimizer.weight_decay": 0.05, "augment.flip": True}
    app.session_state["draft"] = draft
    app.session_state["fold-advanced"] = app.session_state["fold-changes"] = True
    app.run()
    assert app.text_input(key="exact.optimizer.weight_decay").value == "0.05"
    assert app.toggle(key="set.augment.flip").value
    app.session_state["fold-advanced"] = app.session_state["fold-changes"] = False
    app.run()
    assert app.session_state["draft"] == draft


def test_the_few_that_matter_most_come_first_and_the_rest_is_folded(show: Show, lab: Lab) -> None:
    app = show("pages/2_Train.py")
    order = [one.key for one in [*app.selectbox, *app.select_slider]]
    for name in ("start_from", "data_of_run", "set.optimizer.name", "slide.optimizer.lr", "slide.training.epochs"):
        assert name in order
    folds = [one.label for one in app.expander]
    assert folds[:5] == ["Data", "Model", "Optimizer and schedule", "Data augmentation", "Advanced"]
    inside = {one.key for fold in app.expander for one in [*fold.selectbox, *fold.select_slider]}
    assert not inside & {
        "set.optimizer.name",
        "slide.optimizer.lr",
        "slide.training.epochs",
        "slide.training.batch_size",
    }


def test_what_a_control_showed_a_moment_ago_is_no_choice(
    show: Show, digits: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that is slow sends the box's old number with the slider's next one."""
    clock = [100.0]
    monkeypatch.setattr(written_values.time, "monotonic", lambda: clock[0])
    app = show("pages/2_Train.py")

    def slider() -> Any:
        return app.select_slider(key="slide.optimizer.lr")

    def box() -> Any:
        return app.text_input(key="exact.optimizer.lr")

    before = box().value
    slider().set_value(0.002).run()
    assert box().value == "0.002"
    box().set_value(before)
    slider().set_value(0.003).run()
    assert (slider().value, box().value, app.session_state["draft"]["optimizer.lr"]) == (0.003, "0.003", 0.003)
    box().set_value("0.002").run()
    assert (slider().value, box().value) == (0.003, "0.003"), "the tick of a run that trains brings it, too"
    clock[0] += written_values.ECHO_S
    box().set_value(before).run()
    assert (slider().value, box().value) == (0.001, "0.001"), "later it is a person's"


def test_what_is_no_number_leaves_the_slider_where_it_is(show: Show, digits: Lab) -> None:
    app = show("pages/2_Train.py")
    app.select_slider(key="slide.optimizer.lr").set_value(0.02).run()
    app.text_input(key="exact.optimizer.lr").set_value("abc").run()
    assert app.select_slider(key="slide.optimizer.lr").value == 0.02 and app.button(key="start").disabled
    assert any("Learning rate must be" in one.value for one in app.error)


def test_help_says_what_is_seen_at_either_end() -> None:
    info = drafts.fields(drafts.from_config(RunConfig()))["optimizer.lr"]
    words = forms.hint(info)
    assert "**Too high:** The loss jumps" in words and "**Too low:** The loss falls" in words


def test_logarithmic_scales() -> None:
    lr = numbers.slider_stops(1e-5, 1, {"log": True, "step": None}, whole=False)
    assert lr[0] == 1e-5 and lr[-1] == 1 and 0.001 in lr and 3e-4 in lr
    assert numbers.slider_stops(1, 1024, {"log": True, "step": None}, whole=True) == [2**i for i in range(11)]
    assert numbers.slider_stops(1e-6, 0.1, {"log": True, "step": None}, whole=False, zero=True)[0] == 0


def test_the_value_itself_is_among_the_stops_where_it_is_accepted() -> None:
    assert numbers.with_value(100, [1, 2, 3], 1, 1000) == [1, 2, 3, 100]
    assert numbers.with_value(2, [1, 2, 3], 1, 1000) == [1, 2, 3]
    for wrong in (2000, "many", None):
        assert numbers.with_value(wrong, [1, 2, 3], 1, 1000) == [1, 2, 3]


def test_the_slider_stands_at_the_nearest_stop_in_ratio() -> None:
    stops = [0.0, 0.001, 0.01, 0.1]
    assert numbers.nearest_stop(0.004, stops) == 0.01
    assert numbers.nearest_stop(0.0, stops) == 0.0
    assert numbers.nearest_stop(5.0, stops) == 0.1
    assert numbers.nearest_stop("what", stops) == 0.0


@pytest.mark.parametrize(
    ("text", "value"), [("32, 64", [32, 64]), ("32 64", [32, 64]), ("", []), ("32; 64,", [32, 64]), ("3.5", "3.5")]
)
def test_lists_are_read_as_people_write_them(text: str, value: object) -> None:
    assert numbers.parse_numbers(text) == value


@pytest.mark.parametrize("value", [0.001, 3e-4, 0.0123456, 0.05, 1.0])
def test_an_exact_number_reads_back_as_the_same(value: float) -> None:
    assert typed_decimal(numbers.shortest_text(value)) == value


@pytest.mark.parametrize(
    ("text", "value"), [("0.5, 2", [0.5, 2.0]), ("1 1e-3", [1.0, 0.001]), ("", []), ("a", "a"), ("1, b", "1, b")]
)
def test_lists_of_numbers_are_read_as_people_write_them(text: str, value: object) -> None:
    assert numbers.parse_numbers(text, float) == value


def test_class_weights_are_typed_as_a_list(show: Show, lab: Lab) -> None:
    app = show("pages/2_Train.py", view="new")
    app.session_state["fold-advanced"] = True
    app.run()
    app.selectbox(key="set.loss.name").set_value("weighted_cross_entropy").run()
    box = app.text_input(key="set.loss.weights")
    assert box.placeholder == "the rarer a class is, the more" and "Empty: the rarer a class is, the more." in box.help
    assert "Numbers with commas between" in box.help
    box.set_value("1, 0.5").run()
    assert app.session_state["draft"]["loss.weights"] == [1.0, 0.5]
    assert app.text_input(key="set.loss.weights").value == "1, 0.5"
    app.text_input(key="set.loss.weights").set_value("1, -2").run()
    (error,) = app.error
    assert error.value.startswith("Class weights must be a list of at most 10000 numbers from 0 to")
