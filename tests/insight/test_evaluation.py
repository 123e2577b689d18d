import dataclasses
import json
import os
import shutil
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files import atomic
from core.inference.predictor import load
from core.insight import evaluation
from core.insight.answers import counted_by_run
from core.insight.evaluation import describe, evaluate
from core.insight.predictions import probabilities
from core.prepared.prepare import prepare
from core.run_config import RunConfig
from core.runs.foreground import train_here
from core.training.events import Score
from core.training.metrics import METRICS, computed


def test_figures_that_follow_from_a_confusion_matrix(trained):
    confusion = np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]])
    result = describe(trained, "test", Score(0.5, 17, 20), ("a", "b", "c"), confusion)
    a, b, c = result.per_class
    assert (a.recall, a.precision, a.count) == (0.8, pytest.approx(8 / 9), 10)
    assert (b.recall, b.precision) == (0.9, pytest.approx(9 / 11))
    assert (c.recall, c.precision, c.f1, c.count) == (None, None, None, 0), "what cannot be measured is no 0"
    assert a.f1 == pytest.approx(2 * 0.8 * (8 / 9) / (0.8 + 8 / 9))


def test_many_classes_take_little_memory(trained):
    classes = tuple(map(str, range(2000)))
    confusion = np.eye(len(classes), dtype=np.int64)
    tracemalloc.start()
    result = describe(trained, "test", Score(1.0, 2000, 2000), classes, confusion)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * confusion.nbytes and result.per_class[-1].f1 == 1.0


def test_agrees_with_the_run_itself(trained, lab):
    result = evaluate(trained, "test", lab.workspace)
    assert (result.correct, result.total) == (trained.summary["test_correct"], 360)
    assert result.loss == pytest.approx(trained.summary["test_loss"], rel=1e-4)
    matrix = np.array(result.confusion)
    assert matrix.sum() == 360 and np.trace(matrix) == result.correct
    val = evaluate(trained, "val", lab.workspace)
    assert val.correct == lab.store.epochs(trained.id)[-1]["val_correct"]


def test_is_kept_and_measured_anew_when_the_weights_change(trained, lab, monkeypatch):
    first = evaluate(trained, "train", lab.workspace)

    def never(*_):
        raise AssertionError("measured again")

    monkeypatch.setattr(evaluation, "score_model", never)
    assert evaluate(trained, "train", lab.workspace) == first
    weights = lab.workspace.run(trained.id) / "last.pt"
    weights.write_bytes(weights.read_bytes())
    os.utime(weights, (1, 1))  # whatever its age
    with pytest.raises(AssertionError, match="measured again"):
        evaluate(trained, "train", lab.workspace)


def test_weights_that_change_while_they_are_measured_are_measured_again(trained, lab, monkeypatch):
    weights, measured = lab.workspace.run(trained.id) / "last.pt", []

    def changing(*arguments):
        measured.append(True)
        atomic.write(weights.read_bytes(), weights)  # as training does
        yield from score_model(*arguments)

    score_model = evaluation.score_model
    monkeypatch.setattr(evaluation, "score_model", changing)
    evaluate(trained, "test", lab.workspace)
    evaluate(trained, "test", lab.workspace)
    assert len(measured) == 2


def test_a_run_that_is_deleted_meanwhile_gets_no_folder_again(trained, lab, monkeypatch):
    def deleting(*arguments):
        shutil.rmtree(lab.workspace.run(trained.id))
        yield from score_model(*arguments)

    score_model = evaluation.score_model
    monkeypatch.setattr(evaluation, "score_model", deleting)
    assert evaluate(trained, "val", lab.workspace).total > 0
    assert not lab.workspace.run(trained.id).exists()


def test_a_damaged_result_is_worked_out_again(trained, lab):
    first = evaluate(trained, "test", lab.workspace)
    (lab.workspace.run(trained.id) / "evaluation-last-test.json").write_text("{" * 1000)
    assert evaluate(trained, "test", lab.workspace) == first


def test_a_run_in_bfloat16_gives_the_answers_of_predict_and_says_what_it_counted_itself(lab, digits):
    settings = {"model.name": "cnn", "training.precision": "bfloat16", "training.epochs": 1}
    run = train_here(RunConfig().replace(settings), lab, "", None, lambda event: None)
    found = evaluation.image_predictions(run, "test", lab.workspace)
    one = load(run, lab.workspace).predict([digits.image(int(index)) for index in found.indices[:20]])
    assert np.allclose(probabilities(found.rows["logits"][:20]), one, atol=1e-6)
    counted, total = int(found.answers.right.sum()), len(found)
    own = dataclasses.replace(run, summary=run.summary | {"test_correct": counted})
    assert counted_by_run(own, "test", "last", counted, total) == ""
    own = dataclasses.replace(run, summary=run.summary | {"test_correct": counted - 1})
    assert f"The run itself counted {counted - 1} of {total}" in counted_by_run(own, "test", "last", counted, total)


def earlier(run, lab, split="test"):
    """An evaluation that a version without named metrics has kept; the run's is worked out first."""
    result = evaluate(run, split, lab.workspace)
    file = lab.workspace.run(run.id) / f"evaluation-last-{split}.json"
    kept = json.loads(file.read_text())
    assert kept.pop("precision") == "float32" and set(kept.pop("metrics")) == {spec.name for spec in computed(10)}
    file.write_text(json.dumps(kept | {"loss": 0.125}))
    return result


def test_one_that_was_kept_by_an_earlier_version_gets_the_metrics_that_it_lacks(trained, lab):
    result = earlier(trained, lab)
    again = evaluate(trained, "test", lab.workspace)
    assert again == result, "what another precision may have given is measured anew"
    assert again.metrics["balanced_accuracy"] == pytest.approx(np.mean([row.recall for row in result.per_class]))
    assert again.metrics["macro_f1"] == pytest.approx(np.mean([row.f1 for row in result.per_class]))
    assert again.metrics["balanced_accuracy"] == trained.summary["test_balanced_accuracy"]


def test_one_that_was_kept_by_an_earlier_version_is_read_where_the_images_are_gone(trained, lab, digits):
    earlier(trained, lab)
    shutil.rmtree(digits.folder)
    again = evaluate(trained, "test", lab.workspace)
    assert (again.loss, again.metrics) == (0.125, {})


def test_a_metric_that_is_added_is_measured_of_runs_that_were_evaluated(trained, lab, monkeypatch):
    before = evaluate(trained, "test", lab.workspace)
    again = replace(METRICS["macro_f1"], name="another_f1")
    monkeypatch.setitem(METRICS.entries, again.name, again)
    after = evaluate(trained, "test", lab.workspace)
    assert after.metrics == before.metrics | {"another_f1": before.metrics["macro_f1"]}
    monkeypatch.delitem(METRICS.entries, again.name)
    assert evaluate(trained, "test", lab.workspace) == after


def test_an_unknown_split_and_changed_data_are_sentences(trained, lab, digits):
    with pytest.raises(BadInput, match="unknown split 'tests'; have: train, val, test"):
        evaluate(trained, "tests", lab.workspace)
    meta = digits.folder / "meta.json"
    meta.write_text(meta.read_text().replace(digits.meta.fingerprint, "0" * len(digits.meta.fingerprint)))
    with pytest.raises(Problem, match="has changed since"):
        evaluate(trained, "test", lab.workspace)


def test_a_run_without_validation_images_is_not_measured_on_others_in_their_place(lab, digits):
    settings = {"model.name": "mlp", "training.epochs": 1, "data.validation": 0.0}
    run = train_here(RunConfig().replace(settings), lab, "", None, lambda event: None)
    test = evaluate(run, "test", lab.workspace)
    assert (test.own_split, evaluate(run, "train", lab.workspace).own_split) == ("test", "train")
    with pytest.raises(BadInput, match=r"has no val images: none were held out.* Have: train, test"):
        evaluate(run, "val", lab.workspace)
    kept = test.model_dump() | {"split": "val", "own_split": None}  # as earlier versions answered
    (lab.workspace.run(run.id) / "evaluation-last-val.json").write_text(json.dumps(kept))
    with pytest.raises(BadInput, match="has no val images"):
        evaluate(run, "val", lab.workspace)


def test_images_of_the_set_that_a_run_never_saw_are_its_validation_images(lab, tmp_path):
    """Of a set with all three parts, where the run has looked at the test images after every epoch."""
    for split, count in (("train", 6), ("val", 3), ("test", 4)):
        for shade, name in enumerate(("dark", "light")):
            place = tmp_path / "mine" / split / name
            place.mkdir(parents=True)
            for number in range(count):
                Image.fromarray(np.full((8, 8), 100 * shade + number, np.uint8)).save(place / f"{number}.png")
    source = DataSource("folder", str(tmp_path / "mine"))
    list(prepare(source, lab.workspace))
    settings = {"model.name": "mlp", "training.epochs": 1, "data.validation": 0.0} | source.settings
    run = train_here(RunConfig().replace(settings), lab, "", None, lambda event: None)
    found = {split: evaluate(run, split, lab.workspace) for split in ("train", "val", "test")}
    assert {split: one.total for split, one in found.items()} == {"train": 12, "val": 6, "test": 8}
    assert all(one.own_split == split for split, one in found.items())
