"""Inspect: the chosen run, its split, and the section that is open."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets.source import DataSource
from core.inference.predictor import load
from core.insight import data_doubts, evaluation_job
from core.insight.calibration import fit_temperature
from core.insight.evaluation import image_predictions
from core.insight.evaluation_job import EvaluationJob
from core.insight.image_answers import ImageAnswers
from core.insight.image_scores import image_scores
from core.insight.robustness import measure
from core.prepared import prepare
from core.prepared.draft import Draft
from core.runs import answer_history
from core.runs.confidence import kept_confidence
from core.runs.lab import Lab
from core.runs.store import Run
from core.script.looks import LOOKS_OF_SECTIONS
from pages.components.image_grid import Cell
from pages.inspect import belief, disagreement, errors, image_list, image_map, near_images, robustness, sure_images
from tests.pages.makers import really_trained

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
    assert app.segmented_control(key="split").options == ["Test", "Validation", "Training", "Another data set"]


def test_each_section_shows_its_lines_of_pytorch(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "one")
    app = show(INSPECT, run=run.id, section="errors")
    assert not app.code
    app.session_state["code-errors"] = True
    assert LOOKS_OF_SECTIONS["errors"].code.strip() in [one.value for one in app.run().code]


def test_a_run_that_another_tab_deletes_is_told_and_the_next_one_shown(show: Show, lab: Lab) -> None:
    other, run = really_trained(lab, "other"), really_trained(lab, "deleted")
    app = show(INSPECT, run=run.id)
    lab.delete(run.id)
    app.button(key="evaluate").click().run()
    assert not (lab.workspace.run(other.id) / "answers").exists(), "it was pressed for the run that is gone"
    assert [one.value for one in app.toast] == ["A run that was shown here is gone: it was deleted somewhere else."]
    assert app.multiselect(key="runs_picked").value == [other.id] and not app.exception


@pytest.fixture
def run(lab: Lab) -> Run:
    """A run whose answers to the test and the validation images are kept."""
    found = really_trained(lab, "seen twice")
    for split in ("test", "val"):
        image_predictions(found, split, lab.workspace)
    return found


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[list[Cell]]:
    """The images that the page lists, newest list last."""
    shown: list[list[Cell]] = []
    monkeypatch.setattr(image_list, "image_buttons", lambda cells, *_, **__: shown.append(list(cells)))
    monkeypatch.setattr(disagreement, "image_buttons", lambda cells, *_, **__: shown.append(list(cells)))
    return shown


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[dict, str]]:
    """Each chart that the page drew last, with its label, by its key."""
    charts: dict[str, tuple[dict, str]] = {}
    for module in (errors, belief, image_list, image_map):
        monkeypatch.setattr(module, "live_chart", lambda figure, label, key, **_: charts.update({key: (figure, label)}))
    return charts


def words(app: AppTest) -> str:
    return " ".join(one.value for some in (app.markdown, app.caption, app.info, app.success) for one in some)


def answers(run: Run, lab: Lab, split: str = "test") -> ImageAnswers:
    return image_predictions(run, split, lab.workspace).answers


def test_what_is_not_kept_yet_is_evaluated_beside_the_page_when_asked(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "new")
    app = show(INSPECT, run=run.id)
    app.button(key="evaluate").click().run()
    assert not app.exception and app.button(key="cancel-evaluate").label == "Cancel"
    job = EvaluationJob(run, "test", "last", lab.workspace)
    while evaluation_job.status(job).state == "running":
        time.sleep(0.1)
    app.run()
    right = answers(run, lab).right
    assert not app.exception and f"{int(right.sum())} of 360" in words(app)
    assert not any(one.key == "evaluate" for one in app.button)


def test_one_that_is_cancelled_is_offered_again(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "new")
    app = show(INSPECT, run=run.id)
    app.button(key="evaluate").click().run()
    app.button(key="cancel-evaluate").click().run()
    assert app.button(key="evaluate").label == "Evaluate"
    assert evaluation_job.status(EvaluationJob(run, "test", "last", lab.workspace)).state == "absent"


def test_the_matrix_the_pairs_and_the_classes_are_those_of_the_answers(
    show: Show, lab: Lab, run: Run, pictures: list, drawn: dict
) -> None:
    app = show(INSPECT, run=run.id)
    confusion = answers(run, lab).confusion(10)
    heat = drawn["confusion-map"][0]["data"][0]
    assert heat["text"] == [[str(n) for n in row] for row in confusion]
    pairs, classes = app.dataframe[0].value, app.dataframe[1].value
    assert pairs["images"][0] == (confusion - np.diag(confusion.diagonal())).max()
    assert classes["support"].sum() == 360 and classes["recall"][0] == pytest.approx(
        100 * confusion[0, 0] / confusion[0].sum()
    )
    mistakes = int((~answers(run, lab).right).sum())
    assert len(pictures[-1]) == min(50, mistakes) and not any(cell.right for cell in pictures[-1])


def test_copies_of_training_images_are_told_beside_the_score(
    show: Show, lab: Lab, run: Run, drawn: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_doubts, "copies_of_training", lambda *_: 4)
    other = really_trained(lab, "beside it")
    image_predictions(other, "test", lab.workspace)
    for asked in ({"run": run.id}, {"run": run.id, "section": "belief"},
                  {"run": f"{run.id},{other.id}", "section": "two"}):  # fmt: skip
        app = show(INSPECT, **asked)
        said = [one.value for one in app.warning if "4 of the 360 images are among the training images" in one.value]
        assert len(said) == 1, asked


@pytest.mark.parametrize("section", ["errors", "looks"])
@pytest.mark.parametrize("image", ["99999999", "abc"])
def test_a_link_to_an_image_that_is_none_is_told_and_mended(
    show: Show, run: Run, drawn: dict, section: str, image: str
) -> None:
    app = show(INSPECT, run=run.id, section=section, image=image)
    assert [one.value for one in app.toast] == [f"The link asks for “{image}”, which cannot be chosen here."]
    assert "image" not in app.query_params and not app.exception


def test_the_link_names_a_cell_whose_images_are_shown(
    show: Show, lab: Lab, run: Run, pictures: list, drawn: dict
) -> None:
    found = answers(run, lab)
    true, answer = next((t, a) for t, a in zip(found.labels, found.predicted, strict=True) if t != a)
    show(INSPECT, run=run.id, true=str(true), answer=str(answer))
    assert len(pictures[-1]) == found.confusion(10)[true, answer]
    assert all(cell.caption.startswith(f"{answer}, ") and cell.caption.endswith(f"is {true}") for cell in pictures[-1])
    (frame,) = drawn["confusion-map"][0]["layout"]["shapes"]
    assert (frame["x0"], frame["y0"]) == (answer - 0.5, true - 0.5)
    show(INSPECT, run=run.id, true=str(true), answer=str(true))
    assert all(cell.right for cell in pictures[-1]), "a cell of the diagonal has no mistakes, and shows its images"
    app = show(INSPECT, run=run.id, true="0", answer="nosuch")
    assert any("nosuch" in one.value for one in app.toast)


def test_the_orders_of_the_images(show: Show, lab: Lab, run: Run, pictures: list, drawn: dict) -> None:
    scores = image_scores(image_predictions(run, "test", lab.workspace))
    app = show(INSPECT, run=run.id, order="close")
    first = int(scores.ordered("close", np.arange(360))[0])
    assert pictures[-1][0].alt.startswith(f"Test, image {first}, which")
    app.segmented_control(key="order").set_value("loss").run()
    first = int(scores.loss.argmax())
    assert pictures[-1][0].alt.startswith(f"Test, image {first}, which")


def test_an_image_opens_with_every_probability(show: Show, lab: Lab, run: Run, pictures: list, drawn: dict) -> None:
    kept = image_predictions(run, "test", lab.workspace)
    index = int(kept.indices[7])
    app = show(INSPECT, run=run.id, image=str(index), order="loss")
    (bars,) = drawn["opened-bars"][0]["data"]
    assert len(bars["x"]) == 10 and sum(bars["x"]) == pytest.approx(1)
    assert "**Test, image 7**" in words(app)
    app.button(key="walk1" if not app.button(key="walk1").disabled else "walk-1").click().run()
    assert app.query_params["image"] != [str(index)] and not app.exception
    app.button(key="close-image").click().run()
    assert "image" not in app.query_params
    for hostile in ("999999", "-1", "x", "9" * 400):
        assert "What the model saw" not in words(show(INSPECT, run=run.id, image=hostile))


def test_a_wrong_label_is_mended_where_it_is_seen(show: Show, lab: Lab, run: Run, pictures: list, drawn: dict) -> None:
    found = answers(run, lab, "test")
    place = int(np.flatnonzero(~found.right)[0])
    index, answer = int(found.indices[place]), str(found.predicted[place])
    app = show(INSPECT, run=run.id, image=str(index))
    assert app.button(key="inspect-suggested").label == f"It is “{answer}”"
    app.button(key="inspect-suggested").click().run()
    draft = Draft(DataSource("digits"), prepare.require(DataSource("digits"), lab.workspace), lab.workspace)
    (edit,) = draft.edits
    assert (edit.action, edit.value, draft.overlay.labels[index]) == ("relabel", answer, int(answer))
    assert f"in your edits it is “{answer}”" in words(app) and not app.exception
    app.button(key="inspect-undo").click().run()
    assert draft.edits == ()
    app.button(key="inspect-suggested").click().run()
    assert "1 image is" in words(app)
    app.button(key="walk1" if not app.button(key="walk1").disabled else "walk-1").click().run()
    assert "1 image is" not in words(app) and len(draft.edits) == 1


def test_a_temperature_is_kept_and_used_by_predict(show: Show, lab: Lab, run: Run, drawn: dict) -> None:
    app = show(INSPECT, run=run.id, section="belief")
    fitted = fit_temperature(image_predictions(run, "val", lab.workspace))
    assert fitted and f"a temperature of **{fitted.value:.2f}** fits best" in words(app)
    assert "calibration error" in drawn["reliability"][1]
    app.toggle[0].set_value(True).run()
    checkpoint = lab.files.checkpoint(run.id)
    assert kept_confidence(checkpoint).temperature == fitted.value and app.toggle[0].value
    assert load(run, lab.workspace).confidence.temperature == fitted.value
    app.toggle[0].set_value(False).run()
    assert kept_confidence(checkpoint).temperature == 1


def test_a_threshold_is_kept_and_told(show: Show, lab: Lab, run: Run, drawn: dict) -> None:
    app = show(INSPECT, run=run.id, section="belief")
    scores = image_scores(image_predictions(run, "test", lab.workspace))
    app.slider[0].set_value(80).run()
    assert f"Answered: {int((scores.confidence >= 0.8).sum())} of 360." in words(app)
    app.button(key="keep-threshold").click().run()
    assert kept_confidence(lab.files.checkpoint(run.id)).threshold == 0.8
    assert not app.exception and "Predict says “none of these” below 80.00" in words(app).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_a_bar_shows_the_images_of_which_the_model_is_as_sure(
    show: Show, lab: Lab, run: Run, drawn: dict, pictures: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = image_scores(image_predictions(run, "test", lab.workspace))
    shown = (scores.confidence > 3 / 15) & (scores.confidence <= 4 / 15)
    app = show(INSPECT, run=run.id, section="belief", bar="3")
    assert f"**{int(shown.sum())} images**, {int((shown & ~scores.right).sum())} wrong" in words(app)
    assert len(pictures[-1]) == min(50, int(shown.sum())) > 0
    asked: dict[str, str] = {}
    monkeypatch.setattr(sure_images.st, "query_params", asked)
    sure_images.look_at_bar([3, 9, 14], {"place": 2})
    sure_images.look_at_bar([3], {"place": 7})
    assert asked == {"bar": "14"}


def test_without_validation_images_there_is_no_temperature(show: Show, lab: Lab, drawn: dict) -> None:
    run = really_trained(lab, "none held out", data__validation=0.0)
    image_predictions(run, "test", lab.workspace)
    app = show(INSPECT, run=run.id, section="belief")
    assert "this run holds none out" in words(app) and not app.toggle


def test_two_models_are_shown_where_they_disagree(show: Show, lab: Lab, run: Run, pictures: list) -> None:
    app = show(INSPECT, run=run.id, section="two")
    assert "Choose a second model" in words(app)
    other = really_trained(lab, "another", optimizer__lr=0.0001)
    image_predictions(other, "test", lab.workspace)
    app = show(INSPECT, run=f"{run.id},{other.id}", section="two")
    one, two = answers(run, lab), answers(other, lab)
    only = one.right & ~two.right
    assert f"Only seen twice is right ({int(only.sum())})" in app.segmented_control(key="right").options
    assert len(pictures[-1]) == min(50, int(only.sum())) and "McNemar" in words(app)
    both_right = int(one.indices[one.right & two.right][0])
    opened = show(INSPECT, run=f"{run.id},{other.id}", section="two", image=str(one.indices[only][0]))
    assert "What “seen twice” answers:" in words(opened) and opened.button(key="walk1").disabled == (only.sum() == 1)
    assert "answers:" not in words(show(INSPECT, run=f"{run.id},{other.id}", section="two", image=str(both_right)))
    assert app.dataframe[0].value["title"].tolist() == ["Learning rate"]


def test_images_that_have_changed_since_are_told(show: Show, lab: Lab, run: Run) -> None:
    meta = lab.workspace.cache / "digits" / "meta.json"
    text = meta.read_text()
    fingerprint = json.loads(text)["fingerprint"]
    meta.write_text(text.replace(fingerprint, "0" * len(fingerprint)))
    app = show(INSPECT, run=run.id)
    assert "has changed since" in app.error[0].value


def test_the_map_has_every_image_once_and_the_lasso_makes_a_selection(
    show: Show, lab: Lab, run: Run, pictures: list, drawn: dict
) -> None:
    app = show(INSPECT, run=run.id, section="map", by="pixels", colour="right")
    figure, label = drawn["image-map"]
    found = answers(run, lab)
    assert label == "Map of 360 images" and [len(trace["x"]) for trace in figure["data"]] == [
        int(found.right.sum()),
        int((~found.right).sum()),
    ]
    assert {trace["marker"]["symbol"] for trace in figure["data"]} == {"circle", "square"}
    ids = [point[0] for point in figure["data"][1]["customdata"]]
    assert set(ids) == set(found.indices[~found.right])
    app.session_state["map_selection"] = [f"{found.fingerprint} test", [*ids, "x", 10**9]]
    app.run()
    assert not app.exception and f"**{len(ids)} images selected**" in words(app)
    assert len(pictures[-1]) == min(50, len(ids)) and not any(cell.right for cell in pictures[-1])
    assert app.dataframe[0].value["images"].sum() == app.dataframe[0].value["wrong"].sum() == len(ids)
    app.button(key="selection-exclude").click().run()
    draft = Draft(DataSource("digits"), prepare.require(DataSource("digits"), lab.workspace), lab.workspace)
    assert {(edit.action, *draft.prepared.address(draft.prepared.indices(edit.split)[edit.number]))
            for edit in draft.edits} == {("exclude", *draft.prepared.address(index)) for index in ids}  # fmt: skip
    assert f"{len(ids)} images are left out." in words(app)
    app.button(key="selection-undo").click().run()
    assert not draft.edits
    app.selectbox(key="map-true").set_value(3)
    app.slider(key="map-across").set_value((0, 20))
    app.button(key="map-select").click().run()
    figure = drawn["image-map"][0]
    picked = [trace["customdata"][place][0] for trace in figure["data"] for place in trace["selectedpoints"]]
    assert f"**{len(picked)} images selected**" in words(app) and figure["layout"]["selectionrevision"] == 1
    across = dict(zip((point[0] for trace in figure["data"] for point in trace["customdata"]),
                      (x for trace in figure["data"] for x in trace["x"]), strict=True))  # fmt: skip
    low, high = min(across.values()), max(across.values())
    threes = found.indices[found.labels == 3]
    assert set(picked) == {index for index in threes if across[index] < low + (high - low) / 5} and 0 < len(
        picked
    ) < len(threes)
    app.button(key="map-none").click().run()
    assert "selected" not in words(app) and "selectedpoints" not in drawn["image-map"][0]["data"][0]
    show(INSPECT, run=run.id, section="map", by="pixels", image=str(ids[0]))
    marked = drawn["image-map"][0]["data"][-1]
    assert marked["customdata"] == [[ids[0]]]


def test_by_features_it_is_offered_to_look_once_more(show: Show, lab: Lab, run: Run, drawn: dict) -> None:
    app = show(INSPECT, run=run.id, section="map")
    assert "what its last layer sees of it is kept" in words(app) and "image-map" not in drawn
    image_predictions(run, "test", lab.workspace, features=True)
    app = show(INSPECT, run=run.id, section="map", colour="class")
    assert len(drawn["image-map"][0]["data"]) == 10 and "variance" in str(drawn["image-map"][0]["layout"])
    assert show(INSPECT, run=run.id, section="map", method="tsne").button(key="evaluate").label == "Work the map out"


def test_an_opened_image_has_its_history_and_its_nearest(
    show: Show, lab: Lab, run: Run, pictures: list, drawn: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split in ("val", "train"):
        image_predictions(run, split, lab.workspace, features=True)
    near: list[list[Cell]] = []
    monkeypatch.setattr(near_images, "image_grid", lambda cells, **_: near.append(list(cells)))
    found = answers(run, lab, "val")
    history = answer_history.read(lab.workspace.run(run.id), found.indices)
    assert history and history.epochs == (0, 1, 2)
    place = int(np.flatnonzero(found.right)[0])
    query = {"run": run.id, "split": "val", "image": str(found.indices[place]), "nearest_shown": "true"}
    app = show(INSPECT, **query)
    assert not app.exception and "Over the epochs: " in words(app) and len(near[-1]) == 8
    assert "Most often forgotten" in app.segmented_control(key="order").options
    times = history.times_forgotten(found.labels)
    app = show(INSPECT, run=run.id, split="val", order="forgotten")
    assert (len(pictures[-1]) == min(50, int((times > 0).sum()))) or "No image was forgotten" in words(app)


def test_another_labelled_set_is_looked_at_in_the_same_way(
    show: Show, lab: Lab, run: Run, pictures: list, drawn: dict, tmp_path: Path
) -> None:
    assert "No other prepared data set has a class of this model" in words(show(INSPECT, run=run.id, split="data"))
    own = prepare.find(DataSource("digits"), lab.workspace)
    for name, digit in {"7": 7, "1": 1, "cat": 3}.items():
        (tmp_path / "mine" / name).mkdir(parents=True)
        for index in np.flatnonzero(np.asarray(own.labels) == digit)[:6]:
            Image.fromarray(own.image(int(index))[..., 0]).save(tmp_path / "mine" / name / f"{index}.png")
    source = DataSource("folder", tmp_path / "mine")
    list(prepare.prepare(source, lab.workspace))
    app = show(INSPECT, run=run.id, split="data")
    assert app.button(key="evaluate").label == "Evaluate" and "6 images are left out" in words(app)
    found = image_predictions(run, source, lab.workspace, features=True).answers
    app = show(INSPECT, run=run.id, split="data", order="loss")
    assert not app.exception and f"{int(found.right.sum())} of 12" in words(app) and len(pictures[-1]) == 12
    for section in ("map", "belief"):
        app = show(INSPECT, run=run.id, split="data", section=section)
        assert not app.exception and not app.error, section
    assert sum(len(trace["x"]) for trace in drawn["image-map"][0]["data"]) == 12


def test_the_curve_of_a_disturbance_is_shown_with_its_pictures(
    show: Show, lab: Lab, run: Run, drawn: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert show(INSPECT, run=run.id, section="belief").button(key="disturb").label == "Disturb the images"
    monkeypatch.setattr(robustness, "live_chart", lambda figure, label, key, **_: drawn.update({key: (figure, label)}))
    found = measure(run, "test", "noise", lab.workspace, "last")
    app = show(INSPECT, run=run.id, section="belief")
    assert not app.exception and drawn["robustness"][0]["data"][0]["y"] == [100 * one.accuracy for one in found.points]
    assert "0.5: " in drawn["robustness"][1] and "is shown at each strength" in words(app)
