"""The same images have one name on every page and in every file: that of what they were used as."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from streamlit.testing.v1 import AppTest

from core.cli.parser import main
from core.datasets.source import DataSource
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import csv
from pages.train import live

Show = Callable[..., AppTest]
DATA, TRAIN, COMPARE, PREDICT = (f"pages/{name}.py" for name in ("1_Data", "2_Train", "3_Compare", "5_Predict"))
LEARNT, HELD_BACK = 40, 12  # images of a class in `train` and in `val`


@pytest.fixture
def source(lab: Lab, tmp_path: Path) -> DataSource:
    """Digits in the folders train and val, and in no other."""
    images = load_digits().images
    labels = load_digits().target
    for name in "012":
        for number, image in enumerate(images[labels == int(name)][: LEARNT + HELD_BACK]):
            place = tmp_path / "mine" / ("train" if number < LEARNT else "val") / name
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray((image * 15.9).astype("uint8")).save(place / f"{number}.png")
    found = DataSource("folder", str(tmp_path / "mine"))
    list(prepare.prepare(found, lab.workspace))
    return found


@pytest.fixture
def train(lab: Lab, source: DataSource) -> Callable[[float], Run]:
    def trained(validation: float) -> Run:
        changes = {"model.name": "mlp", "training.epochs": 2, "data.validation": validation, **source.settings}
        run = execute(lab.store.add(RunConfig().replace(changes), f"share {validation:g}", state="running"), lab)
        assert run.state == "finished", run.message
        return run

    return trained


def words(app: AppTest) -> str:
    parts = (app.caption, app.markdown, app.info, app.metric, app.warning)
    return " ".join(f"{one.value} {getattr(one, 'label', '')}" for some in parts for one in some)


def test_the_data_page_calls_the_folder_val_what_every_run_calls_it(show: Show, lab: Lab, source: DataSource) -> None:
    link = {"data": "folder", "path": str(source.path)}
    app = show(DATA, **link, view="details")
    assert "It has validation images and no test images. They are the test images here" in words(app)
    assert f"- Test: {3 * HELD_BACK}" in words(app) and "Validation:" not in words(app)
    counts = show(DATA, **link, view="classes")
    bars = json.loads(counts.get("plotly_chart")[0].proto.spec)["data"]
    assert [bar["name"] for bar in bars] == ["Training", "Test"]
    assert list(counts.dataframe[0].value.columns) == ["Training", "Test"]
    assert app.query_params["data"] == "folder"


@pytest.mark.parametrize(("validation", "part"), [(0.0, "test"), (0.2, "validation")])
def test_the_page_of_a_run_names_what_was_measured(
    show: Show, lab: Lab, train: Callable, monkeypatch: pytest.MonkeyPatch, validation: float, part: str
) -> None:
    drawn: list[tuple[dict, str]] = []
    monkeypatch.setattr(live, "live_chart", lambda figure, label, key: drawn.append((figure, label)))
    files: dict[str, Callable[[], pd.DataFrame]] = {}
    monkeypatch.setattr(csv, "download_button", lambda table, file, **_: files.update({file[-10:]: table}))
    run = train(validation)
    app = show(TRAIN, run=run.id)
    *labels, last = [metric.label for metric in app.metric]
    assert last == "Test accuracy" and f"of {3 * HELD_BACK}" in str(app.metric[-1].delta)
    assert labels[:2] == [f"Best {part} accuracy", f"Last {part} accuracy"]
    figure, label = drawn[-1]
    names = {trace["name"] for trace in figure["data"]}
    assert names == {"training", part, "best"} and f"{part} accuracy" in label
    app.session_state[f"epochs-{run.id}"] = True
    headings = next(one for one in app.run().dataframe if one.proto.alt == "The numbers of every epoch.").proto.columns
    assert f"{part.capitalize()} accuracy" in headings
    columns = set(files["epochs.csv"]().columns)
    short = {"validation": "val"}.get(part, part)
    assert {f"{short}_accuracy", f"{short}_loss", f"{short}_correct"} <= columns
    assert not any(name.startswith({"val": "test_", "test": "val_"}[short]) for name in columns)
    assert files["epochs.csv"]()[f"{short}_total"].tolist()[0] == (36 if part == "test" else 24)


def test_the_log_and_the_json_say_it_too(lab: Lab, train: Callable, capsys: pytest.CaptureFixture) -> None:
    for validation, code, word in ((0.0, "test", "test"), (0.2, "val", "validation")):
        run = train(validation)
        assert "Epoch 2 of 2: training loss" in lab.files.log(run.id, 50) and f"; {word} loss" in lab.files.log(
            run.id, 50
        )
        assert main(["show", run.id, "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["measured_on"] == said["summary"]["measured_on"] == code
        assert {line["measured_on"] for line in said["epochs"]} == {code}
        assert main(["show", run.id]) == 0
        assert f"{code} acc." in capsys.readouterr().out


def test_compare_says_what_best_and_last_are_of(
    show: Show, lab: Lab, train: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, Callable[[], pd.DataFrame]] = {}
    monkeypatch.setattr(csv, "download_button", lambda table, file, **_: files.update({file: table}))
    one, two = train(0.0), train(0.2)
    app = show(COMPARE)
    runs, values = (frame.value for frame in app.dataframe[:2])
    assert runs["measured_on"].tolist() == ["Validation images", "Test images"]
    assert files["runs.csv"]()["measured_on"].tolist() == ["val", "test"]
    assert files["best-and-last.csv"]()["Measured on"].tolist() == ["val", "test"]
    assert values["Best accuracy"].tolist() == pytest.approx([run.summary["best_val_accuracy"] for run in (two, one)])
    assert runs["best"].tolist() == pytest.approx([100 * value for value in values["Best accuracy"]])


def test_predict_shows_the_parts_of_the_run(show: Show, lab: Lab, train: Callable) -> None:
    one, two = train(0.0), train(0.2)
    app = show(PREDICT, run=two.id, way="images")
    assert [o.content for o in box(app).proto.options] == ["Test", "Validation", "Training"]
    assert "of 36 images" in words(app)
    box(app).set_value("val").run()
    assert "of 24 images" in words(app), "the images that it was measured on after every epoch"
    box(app).set_value("train").run()
    assert "of 96 images" in words(app), "and no more than it learnt from"
    app = show(PREDICT, run=one.id, way="images")
    assert [o.content for o in box(app).proto.options] == ["Test", "Training"]


def box(app: AppTest):
    return next(one for one in app.get("button_group") if one.key == "answer_split")


def test_evaluate_measures_what_it_is_asked_for_or_says_why_not(
    lab: Lab, train: Callable, capsys: pytest.CaptureFixture
) -> None:
    def evaluated(run: Run, *arguments: str) -> tuple[int, str, str]:
        status = main(["evaluate", run.id, *arguments])
        return status, *capsys.readouterr()

    seen, held_out = train(0.0), train(0.2)
    status, out, _err = evaluated(seen, "--split", "test", "--json")
    found = json.loads(out)
    assert status == 0 and (found["split"], found["own_split"], found["total"]) == ("test", "val", 36)
    assert found["accuracy"] == seen.summary["test_accuracy"] == seen.summary["val_accuracy"]
    status, out, err = evaluated(seen, "--split", "val")
    assert status == 2 and not out
    assert "has no val images: none were held out, and after every epoch it was measured on its test" in err
    assert err.strip().endswith("Have: train, test")
    _status, out, _err = evaluated(seen)
    assert "These are the validation images of the data set" in out and "measured after every epoch" in out
    _status, out, _err = evaluated(held_out)
    assert "These are the validation images of the data set" in out and "measured after every epoch" not in out
    val, test = (json.loads(evaluated(held_out, "--split", split, "--json")[1]) for split in ("val", "test"))
    assert (val["total"], val["own_split"], test["total"]) == (24, "train", 36)
    assert val["accuracy"] == held_out.summary["val_accuracy"]


def test_prepare_says_which_images_are_tested_on(lab: Lab, source: DataSource, capsys: pytest.CaptureFixture) -> None:
    again = Path(str(source.path), "val", "1", "again.png")
    again.write_bytes(Path(str(source.path), "train", "0", "1.png").read_bytes())
    assert main(["prepare", str(source.path)]) == 0
    out = capsys.readouterr().out
    assert "120 train, 37 test; 3 classes" in out and "They are the test images here" in out
    assert "1 image of the validation and test images is among the training images" in out
    assert "2 images have a copy in another class" in out
    assert main(["prepare", str(source.path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["images"] == {"train": 120, "val": 37}, "as the folder calls them"
    assert said["copies"] == {"repeated": 1, "across_splits": 1, "two_classes": 2}
