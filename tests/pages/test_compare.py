"""Compare: the table, the ticked runs, and what stands below it."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
from filelock import FileLock
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Multiselect

from core.datasets.source import DataSource
from core.exporters.archive import export_many
from core.insight import suspects
from core.loading.split import parts
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.store import Run
from pages.compare import curves as compare_curves
from pages.compare import errors, scores
from pages.compare.run_table import (
    HEADER_PX,
    MAX_NAME_PX,
    NARROW_NAME_PX,
    ROW_HEIGHT_PX,
    column_order,
    fitting_names,
    name_width,
    table_height,
)
from pages.components.run_picker import NAME_IN_LINK
from pages.components.settings_table import MOST
from tests.pages.makers import follow_mirrors, numbered, really_trained
from tests.pages.test_train import shown

Show = Callable[..., AppTest]
COMPARE = "pages/3_Compare.py"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """The figures that the page drew, newest last."""
    figures: list[dict] = []
    monkeypatch.setattr(compare_curves, "live_chart", lambda figure, label, key: figures.append(figure))
    return figures


def lines(figure: dict) -> list[dict]:
    """The curves themselves: neither faint ones nor marks."""
    return [trace for trace in figure["data"] if "lines" in trace["mode"] and trace.get("opacity") is None]


def box(app: AppTest) -> Multiselect:
    return next(one for one in app.multiselect if one.label == "Compared runs")


def names(table: pd.DataFrame) -> list[str]:
    """What a browser shows in the column of links."""
    return [unquote(re.search(NAME_IN_LINK, link)[1]) for link in table["name"]]


def test_without_runs_it_offers_to_train_one(show: Show, lab: Lab) -> None:
    app = show(COMPARE)
    app.button(key="first_run").click().run()
    (run,) = lab.runs()
    assert (run.recipe, run.state) == ("digits-quick", "queued")


def compared(app: AppTest) -> str:
    """How many runs are compared, as the popover says."""
    labels = [str(one.proto.popover.label) for one in app.get("popover")]
    return next(label for label in labels if label.startswith("Compared"))


def test_with_one_run_it_says_how_to_make_a_second(show: Show, lab: Lab) -> None:
    numbered(lab, "alone")
    app = show(COMPARE)
    assert any("Train a second" in one.value for one in app.markdown)
    assert len(app.dataframe[0].value) == 1
    assert compared(app) == "Compared: 1 of 1"


def test_the_table_shows_every_run_newest_first_with_accuracies_in_percent(show: Show, lab: Lab) -> None:
    numbered(lab, "older", 0.8)
    numbered(lab, "newer", 0.9, optimizer__lr=0.01)
    table = show(COMPARE).dataframe[0].value
    assert names(table) == ["newer", "older"]
    assert table["best"].tolist() == pytest.approx([90, 80])
    assert table["lr"].tolist() == [0.01, 0.001]
    assert table["state"].tolist() == ["finished"] * 2


def test_a_name_in_the_table_is_a_link_to_its_run_and_sorts_as_a_name(show: Show, lab: Lab) -> None:
    hostile = numbered(lab, "b & c=d?#/ä+e%41")
    first = numbered(lab, "a")
    frame = show(COMPARE).dataframe[0]
    assert names(frame.value) == ["a", "b & c=d?#/ä+e%41"]
    for link, run in zip(frame.value["name"], (first, hostile), strict=True):
        assert parse_qs(urlsplit(link).query)["run"] == [run.id] and urlsplit(link).path == "Train"
    assert sorted(frame.value["name"]) == frame.value["name"].tolist()
    column = json.loads(frame.proto.columns)["name"]
    assert column["type_config"]["type"] == "link", "a pinned column of text looks disabled"


def test_what_a_narrow_screen_shows_of_the_table_is_the_score(show: Show, lab: Lab) -> None:
    numbered(lab, "one")
    frame = show(COMPARE).dataframe[0]
    assert list(frame.proto.column_order)[:4] == ["name", "again", "test", "lr"]
    assert column_order(["test", "lr"], narrow=True)[:3] == ["name", "test", "lr"]


def test_the_column_of_names_is_as_wide_as_they_are_where_there_is_room() -> None:
    widths = [name_width(["x" * chars], narrow=narrow) for chars in (5, 30, 200) for narrow in (False, True)]
    assert widths == [NARROW_NAME_PX, NARROW_NAME_PX, 260, NARROW_NAME_PX, MAX_NAME_PX, NARROW_NAME_PX]


def test_of_a_name_that_does_not_fit_stands_what_was_changed() -> None:
    names = ["Digits in seconds · Learning rate 0.01", "Digits in seconds, seed 3", "mine, seed 3", "a" * 40]
    told = ["… Learning rate 0.01", "… seed 3", "mine, seed 3", "a" * 40]
    assert fitting_names(names, NARROW_NAME_PX) == told and fitting_names(names, MAX_NAME_PX) == names


def test_a_long_table_shows_eight_rows_and_that_there_are_more() -> None:
    heights = [(table_height(rows) - 2 - HEADER_PX) / ROW_HEIGHT_PX for rows in (1, 8, 9, 500)]
    assert heights == [1, 8, 8.5, 8.5]
    assert (table_height(30, whole=True) - 2 - HEADER_PX) / ROW_HEIGHT_PX == 30


def test_every_run_leads_to_the_form_with_its_settings(show: Show, lab: Lab) -> None:
    run = numbered(lab, "one")
    app = show(COMPARE)
    assert app.dataframe[0].value["again"].tolist() == [f"Train?like={run.id}&run={run.id}"]
    assert f"like={run.id}&run={run.id}" in [str(one.proto.query_string) for one in app.get("page_link")]


def test_a_filter_hides_runs_and_says_when_none_is_left(show: Show, lab: Lab) -> None:
    numbered(lab, "a whale")
    numbered(lab, "a mouse", model__name="mlp")
    assert names(show(COMPARE, search="WHALE").dataframe[0].value) == ["a whale"]
    assert names(show(COMPARE, model="MLP").dataframe[0].value) == ["a mouse"]
    assert "Loosen" in show(COMPARE, search="nothing like it").info[0].value


def test_the_runs_of_the_link_are_drawn_in_their_own_colours(show: Show, lab: Lab, drawn: list[dict]) -> None:
    one, _, two = (numbered(lab, name) for name in ("one", "two", "three"))
    app = show(COMPARE, runs=f"{one.id},{two.id}")
    colours = {trace["name"].split(",")[0]: trace["line"]["color"] for trace in lines(drawn[-1])}
    assert set(colours) == {"one", "three"}
    assert colours["one"] != colours["three"]
    dashes = {trace["name"].split(", ")[1]: trace["line"]["dash"] for trace in lines(drawn[-1])}
    assert dashes == {"training": "solid", "validation": "dash"}
    assert set(app.query_params["runs"].split(",")) == {one.id, two.id}


def test_a_run_that_a_filter_hides_stays_ticked(show: Show, lab: Lab, drawn: list[dict]) -> None:
    one, two = numbered(lab, "one"), numbered(lab, "two")
    app = show(COMPARE, runs=f"{one.id},{two.id}")
    app.text_input(key="search").set_value("two").run()
    assert {trace["name"] for trace in lines(drawn[-1])} == {"training", "validation"}  # of one run alone
    app.text_input(key="search").set_value("").run()
    assert {trace["name"].split(",")[0] for trace in lines(drawn[-1])} == {"one", "two"}


def test_the_box_and_the_table_show_what_the_link_says(show: Show, lab: Lab, drawn: list[dict]) -> None:
    one, two, three = (numbered(lab, name) for name in ("one", "two", "three"))
    app = show(COMPARE, runs=f"{one.id},{two.id}")
    assert box(app).value == [two.id, one.id]
    first = app.dataframe[0].key
    box(app).select(three.id).run()
    assert set(app.query_params["runs"].split(",")) == {one.id, two.id, three.id}
    assert compared(app) == "Compared: 3 of 3"
    assert app.dataframe[0].key != first, "another table: the browser would bring the old ticks back"
    key = box(app).key
    app.run()
    assert box(app).key == key, "the control that a person works keeps the focus"
    app.query_params["runs"] = two.id  # as the browser's button back leaves it
    app.run()
    assert box(app).value == [two.id]
    assert {trace["name"] for trace in lines(drawn[-1])} == {"training", "validation"}


def test_a_choice_among_filtered_runs_leaves_the_others(show: Show, lab: Lab, drawn: list[dict]) -> None:
    one, two, three = (numbered(lab, name) for name in ("one", "two small", "three small"))
    app = show(COMPARE, runs=f"{one.id},{two.id}", search="small")
    assert box(app).value == [two.id]
    box(app).set_value([three.id]).run()
    assert set(app.query_params["runs"].split(",")) == {one.id, three.id}
    box(app).set_value([]).run()
    assert app.query_params["runs"] == one.id and "Choose one run" in app.info[0].value


def test_a_run_that_is_not_there_leaves_the_link(show: Show, lab: Lab, drawn: list[dict]) -> None:
    one = numbered(lab, "one")
    numbered(lab, "two")
    assert follow_mirrors(show(COMPARE, runs=f"{one.id},deleted")).query_params["runs"] in (one.id, [one.id])


def test_metric_axis_smoothing_and_log_scale_come_from_the_link(show: Show, lab: Lab, drawn: list[dict]) -> None:
    numbered(lab, "one")
    numbered(lab, "two")
    show(COMPARE, metric="Loss", axis="Steps", smoothing="0.9", log="true")
    layout, traces = drawn[-1]["layout"], drawn[-1]["data"]
    assert layout["yaxis"]["type"] == "log"
    assert "step" in layout["xaxis"]["title"]["text"]
    assert "yaxis2" not in layout
    training = [trace for trace in traces if trace.get("name") == "two, training"]
    assert [trace.get("opacity") for trace in training] == [0.3, None]  # the raw curve faint behind
    assert max(training[0]["x"]) == 30


def test_a_run_without_validation_images_is_measured_on_the_test_set(show: Show, lab: Lab, drawn: list[dict]) -> None:
    numbered(lab, "one", data__validation=0.0)
    numbered(lab, "two", data__validation=0.0)
    show(COMPARE)
    assert any(trace["name"] == "one, test" for trace in lines(drawn[-1]))


def test_what_differs_is_listed_with_titles_and_dotted_names(show: Show, lab: Lab) -> None:
    numbered(lab, "same")
    numbered(lab, "same", training__batch_size=16)
    (row,) = show(COMPARE, compare="Settings that differ").dataframe[1].value.to_numpy().tolist()
    assert row == ["Batch size", "16", "64", "training.batch_size"]


def test_confusion_is_worked_out_on_demand(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "real")
    numbered(lab, "without weights")
    app = show(COMPARE, compare="Confusion")
    assert not app.get("plotly_chart")
    next(button for button in app.button if button.label == "Evaluate").click().run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    right = f"{run.summary['test_correct']} of 360"
    assert any(right in one.value and "real" in one.value for one in app.markdown)
    assert app.dataframe[1].value.shape == (10, 3)


def test_whether_a_difference_is_more_than_chance_is_told_and_more_seeds_are_trained(show: Show, lab: Lab) -> None:
    """The newest run comes first; runs with other seeds are one group with it."""
    for name, seed in (("first", 0), ("its twin", 4), ("longer", 0)):
        really_trained(lab, name, training__seed=seed, training__epochs=3 if name == "longer" else 2)
    app = show(COMPARE, compare="Confusion")
    next(button for button in app.button if button.label == "Evaluate").click().run()
    (said,) = [shown(one.value) for one in app.markdown if "differs from" in one.value]
    assert "“its twin (mean of 2 seeds)” differs from “longer” by" in said
    next(button for button in app.button if button.label == "Train 3 more seeds").click().run()
    assert "Train 3 more seeds" not in [button.label for button in app.button]
    queued = [run for run in lab.runs() if run.state == "queued"]
    assert sorted((run.name, run.config.training.seed) for run in queued) == [
        ("longer, seed 1", 1), ("longer, seed 2", 2), ("longer, seed 3", 3),
    ]  # fmt: skip
    assert not app.exception and any("3 more are on their way" in one.value for one in app.caption)


def test_runs_of_a_link_that_are_not_there_are_told(show: Show, lab: Lab) -> None:
    numbered(lab, "one")
    other = numbered(lab, "other")
    app = show(COMPARE, runs=f"nosuch,{other.id}")
    assert any("“nosuch”" in shown(one.value) for one in app.toast)
    assert follow_mirrors(app).query_params["runs"] in (other.id, [other.id])


def test_a_confusion_matrix_of_too_many_classes_is_told_in_words(
    show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "MAX_CLASSES_IN_MATRIX", 9)
    really_trained(lab, "real")
    numbered(lab, "other")
    app = show(COMPARE, compare="Confusion")
    next(button for button in app.button if button.label == "Evaluate").click().run()
    assert not app.exception and not app.get("plotly_chart")
    assert any("10 classes are too many" in one.value and "ixed up" in one.value for one in app.caption)
    assert app.dataframe[1].value.shape == (10, 3)


def test_names_of_runs_cannot_be_markup(show: Show, lab: Lab, drawn: list[dict]) -> None:
    numbered(lab, "<b>*bold*</b>")
    numbered(lab, "plain")
    html = "".join(one.proto.body for one in show(COMPARE).get("html"))
    assert "&lt;b&gt;*bold*&lt;/b&gt;" in html
    assert "<b>*bold*" not in html


def test_settings_against_scores(show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: dict[str, dict] = {}
    monkeypatch.setattr(scores, "live_chart", lambda figure, label, key: figures.update({key: figure}))
    runs = [numbered(lab, f"run {place}", 0.9 - place / 10, optimizer__lr=10**-place) for place in (1, 2, 3)]
    for place, run in enumerate(runs):
        lab.store.change(run.id, summary={"test_accuracy": 0.9 - place / 10, "seconds": 5.0})
    ids = ",".join(run.id for run in runs)
    app = show(COMPARE, compare="scores", runs=ids)
    (points,) = figures["scatter"]["data"]
    assert sorted(zip(points["x"], points["y"], strict=True)) == [(0.001, 70), (0.01, 80), (0.1, 90)]
    assert len(figures["parallel"]["data"][0]["dimensions"]) == 2
    app.selectbox(key="score").select("seconds").run()
    assert set(figures["scatter"]["data"][0]["y"]) == {5.0} and app.query_params["score"] == "seconds"
    app = show(COMPARE, compare="scores", runs=runs[0].id)
    assert any("Choose two finished runs" in one.value for one in app.info)


def test_the_first_of_the_link_is_the_first_on_the_page(show: Show, lab: Lab, drawn: list[dict]) -> None:
    older, newer = numbered(lab, "older"), numbered(lab, "newer", optimizer__lr=0.1)
    for first, second in ((older, newer), (newer, older)):
        app = show(COMPARE, runs=f"{first.id},{second.id}", metric="Loss")
        legend = next(one.proto.body for one in app.get("html") if "<b>A</b>" in one.proto.body)
        assert legend.index(f"<b>A</b> {first.name}") < legend.index(f"<b>B</b> {second.name}")


def test_runs_of_a_link_that_would_be_out_of_sight_stand_first(show: Show, lab: Lab) -> None:
    runs = [
        numbered(lab, f"run {number}", 0.8 + number / 100, optimizer__lr=0.001 * (number + 1)) for number in range(10)
    ]
    app = show(COMPARE, runs=f"{runs[0].id},{runs[5].id}")
    assert names(app.dataframe[0].value)[:3] == ["run 0", "run 5", "run 9"]
    app.query_params["runs"] = f"{runs[0].id},{runs[4].id}"  # as a tick leaves it: the table stays as it is
    app.run()
    assert names(app.dataframe[0].value)[:3] == ["run 0", "run 5", "run 9"]
    assert names(show(COMPARE, runs=runs[8].id).dataframe[0].value)[:2] == ["run 9", "run 8"], "in sight as it is"


def test_what_two_scores_say_of_their_difference_stands_under_the_curves(show: Show, lab: Lab) -> None:
    runs = [numbered(lab, name, optimizer__lr=rate) for name, rate in (("first", 0.1), ("second", 0.2), ("third", 0.3))]
    for run, correct in zip(runs, (300, 340, 345), strict=True):
        lab.store.change(run.id, summary={"test_accuracy": correct / 360, "test_correct": correct, "test_total": 360})

    def told(*chosen: Run) -> str:
        return " ".join(one.value for one in show(COMPARE, runs=",".join(run.id for run in chosen)).caption)

    assert "B compared with A. Test accuracy: +11.11 points" in told(runs[0], runs[1])
    assert "these counts alone cannot tell" in told(runs[1], runs[2])
    assert "compared with" not in told(*runs) and "compared with" not in told(runs[0])


def test_seeds_become_one_line_with_a_band(show: Show, lab: Lab, drawn: list[dict]) -> None:
    same = [numbered(lab, f"seed {seed}", 0.8 + seed / 10, training__seed=seed) for seed in (0, 1)]
    other = numbered(lab, "other", optimizer__lr=0.1)
    ids = ",".join(run.id for run in [*same, other])
    show(COMPARE, runs=ids, metric="Accuracy")
    assert len(lines(drawn[-1])) == 6
    app = show(COMPARE, runs=ids, metric="Accuracy", together="true")
    areas = [trace for trace in drawn[-1]["data"] if trace.get("fill")]
    assert len(areas) == 2 and len(lines(drawn[-1])) == 4, "training and validation of a mean and of a run"
    assert "(mean of 2 seeds)" in "".join(str(one.proto.body) for one in app.get("html"))
    assert any(one.value.startswith("A band: one standard deviation") for one in app.caption)
    app = show(COMPARE, runs=other.id)
    assert not [one for one in app.toggle if one.label == "Seeds as one line"]
    third = numbered(lab, "seed 2", training__seed=2)
    show(COMPARE, runs=f"{ids},{third.id}", metric="Accuracy")
    assert len(lines(drawn[-1])) == 4, "of three seeds the mean is drawn"


def test_seeds_become_one_row_that_ticks_all_of_them(show: Show, lab: Lab, drawn: list[dict]) -> None:
    same = [numbered(lab, f"fast, seed {seed}", 0.8 + seed / 10, training__seed=seed) for seed in (0, 1)]
    other = numbered(lab, "other", optimizer__lr=0.1)
    app = show(COMPARE, runs=",".join(run.id for run in same), seed_rows="true")
    table = app.dataframe[0].value
    assert len(table) == 2 and sorted(table["seeds"]) == [1, 2]
    row = table[table["seeds"] == 2].iloc[0]
    assert row["test"] == pytest.approx(80.0) and row["deviation"] == pytest.approx(7.0711, abs=1e-3)
    assert app.query_params["runs"].split(",") == [run.id for run in same]
    assert other.id not in app.query_params["runs"]


def test_the_columns_of_the_table_are_chosen_and_stand_in_the_link(show: Show, lab: Lab) -> None:
    numbered(lab, "one")
    app = show(COMPARE)
    assert len(app.dataframe[0].proto.column_order) > 10
    app.multiselect(key="columns").set_value(["test", "lr"]).run()
    assert list(app.dataframe[0].proto.column_order) == ["name", "again", "test", "lr"]
    assert app.query_params["columns"] == ["test", "lr"]
    assert list(show(COMPARE, columns="speed").dataframe[0].proto.column_order) == ["name", "again", "speed"]


def test_all_ticked_runs_get_a_tag_or_are_deleted(show: Show, lab: Lab) -> None:
    first, second, third = (numbered(lab, name) for name in ("one", "two", "three"))
    lab.annotate(first.id, tags=["old"])
    app = show(COMPARE, runs=f"{first.id},{second.id}")
    tag = next(box for box in app.text_input if box.label == "Tag")
    tag.input("kept")
    next(button for button in app.button if button.label == "Add to all").click().run()
    assert [lab.run(run.id).tags for run in (first, second, third)] == [["old", "kept"], ["kept"], []]
    app.button(key="delete-ticked").click().run()
    assert any("**one**" in one.value and "**two**" in one.value for one in app.markdown)
    # A browser reruns the dialog alone; here the whole page runs, and needs the click that opened it again.
    app.button(key="delete-ticked").click()
    app.button(key="delete-yes").click().run()
    assert [run.name for run in lab.runs()] == ["three"]


def test_runs_of_which_one_trains_are_not_deleted(show: Show, lab: Lab) -> None:
    run = numbered(lab, "busy", state="running")
    lock = lab.files.lock(run.id)
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        assert show(COMPARE, runs=run.id).button(key="delete-ticked").disabled


def test_the_weights_of_all_ticked_runs_are_one_archive(lab: Lab) -> None:
    runs = [really_trained(lab, "one"), really_trained(lab, "two", training__seed=1)]
    with zipfile.ZipFile(io.BytesIO(export_many(runs, lab.workspace, "safetensors"))) as archive:
        names = archive.namelist()
        assert len(names) == 6 and {name.rpartition(".")[2] for name in names} == {"safetensors", "json", "md"}
        settings = [RunConfig.from_json(archive.read(name).decode()) for name in names if name.endswith("json")]
        assert settings == [run.config for run in runs]
        weights = safetensors.torch.load(archive.read(next(name for name in names if name.endswith("tensors"))))
    assert weights and all(tensor.isfinite().all() for tensor in weights.values())


def test_of_three_runs_only_what_differs_from_most_is_shown(show: Show, lab: Lab) -> None:
    same, other, faster = (numbered(lab, name, **more) for name, more in (
        ("same", {}), ("other", {}), ("faster", {"optimizer__lr": 0.01})))  # fmt: skip
    app = show(COMPARE, compare="settings", runs=f"{same.id},{other.id},{faster.id}")
    (rate,) = app.dataframe[-1].value.to_dict("records")
    assert (rate["title"], rate[MOST], rate[faster.id]) == ("Learning rate", "0.001", "0.01")
    assert rate[same.id] == rate[other.id] == ""
    app = show(COMPARE, compare="settings", runs=f"{same.id},{faster.id}")
    (rate,) = app.dataframe[-1].value.to_dict("records")
    assert MOST not in rate and (rate[same.id], rate[faster.id]) == ("0.001", "0.01")


def test_what_the_images_say_against_the_test_scores_is_told_once_or_with_names(show: Show, lab: Lab) -> None:
    one, other = really_trained(lab, "one"), really_trained(lab, "other")

    def told(page: str = COMPARE) -> list[str]:
        app = show(page, runs=f"{one.id},{other.id}")
        return [words.value for words in (*app.caption, *app.markdown) if "are among the training image" in words.value]

    assert told() == told("app.py") == []
    for run in (one, other):
        lab.store.change(run.id, summary=run.summary | {"copies_of_training": 4})
    (words,) = told()
    assert words.count("4 of the 360 images are among the training images") == 1
    assert len(told("app.py")) == 2
    lab.store.change(other.id, summary=other.summary | {"copies_of_training": 7})
    (words,) = told()
    assert "one: 4 of the 360" in words and "other: 7 of the 360" in words


def test_a_card_says_of_near_copies_what_another_page_has_counted(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "one")
    prepared = prepare.require(DataSource("digits"), lab.workspace)
    divided = parts(prepared, run.config.data.validation, run.config.data.limit, run.config.training.seed)
    rows = np.zeros(1, suspects.ROW)
    rows["index"], rows["other"] = divided.test[5], divided.train[9]
    np.save(suspects.file_of(prepared, "copies", None), rows)

    def told(page: str) -> list[str]:
        app = show(page)
        return [one.value for one in (*app.caption, *app.markdown) if "nearly the same as a training" in one.value]

    assert told("app.py") == [], "Home counts nothing"
    assert len(told(COMPARE)) == len(told("app.py")) == 1
