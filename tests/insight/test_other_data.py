"""A trained model on another labelled set: its classes matched by name."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from core.datasets.source import DataSource
from core.errors import BadInput
from core.insight.evaluation import evaluate_on, image_predictions
from core.insight.other_data import part_of
from core.loading.split import parts
from core.prepared.prepare import prepare


def written(folder: Path, classes: dict[str, int], first: int = 0, each: int = 10) -> DataSource:
    """Class folders: the name of each, and the digit that is in it."""
    digits = load_digits()
    for name, digit in classes.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, index in enumerate(np.flatnonzero(digits.target == digit)[first : first + each]):
            Image.fromarray((digits.images[index] * 15.9).astype(np.uint8)).save(folder / name / f"{number}.png")
    return DataSource("folder", str(folder))


def prepared(source, lab):
    list(prepare(source, lab.workspace))
    return source


def test_classes_are_matched_by_name_and_the_others_told(trained, lab, tmp_path):
    source = prepared(written(tmp_path / "mine", {"7": 7, "cat": 1, "1": 1}), lab)
    result = evaluate_on(trained, source, lab.workspace)
    assert (result.split, result.total, result.other.unmatched) == ("data", 20, {"cat": 10})
    assert result.other.missing == tuple("02345689") and result.accuracy > 0.7
    assert [sum(row) for row in result.confusion] == [0, 10, 0, 0, 0, 0, 0, 10, 0, 0]
    assert result.other.words[0].startswith("10 images are left out") and "cat" in result.other.words[0]
    kept = image_predictions(trained, source, lab.workspace)
    assert sorted(set(kept.labels)) == [1, 7] and int(kept.answers.right.sum()) == result.correct


def test_it_is_kept_until_the_images_change(trained, lab, tmp_path, monkeypatch):
    from core.insight import evaluation

    source = prepared(written(tmp_path / "mine", {"7": 7, "1": 1}), lab)
    first = evaluate_on(trained, source, lab.workspace)
    measure = evaluation.measure
    monkeypatch.setattr(evaluation, "measure", lambda *_: pytest.fail("measured again"))
    assert evaluate_on(trained, source, lab.workspace) == first
    monkeypatch.setattr(evaluation, "measure", measure)
    prepared(written(tmp_path / "mine", {"7": 7, "1": 1}, first=10, each=12), lab)
    assert evaluate_on(trained, source, lab.workspace).total == 24
    assert len(image_predictions(trained, source, lab.workspace)) == 24


def test_images_that_the_run_learned_from_are_counted(trained, lab, digits, tmp_path):
    learned = parts(digits, trained.config.data.validation, trained.config.data.limit, trained.config.training.seed)
    for place, index in enumerate([*learned.train[:3], *learned.test[:9]]):
        folder = tmp_path / "mine" / str(digits.labels[index])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.image(int(index))[..., 0]).save(folder / f"{place}.png")
    source = prepared(DataSource("folder", str(tmp_path / "mine")), lab)
    result = evaluate_on(trained, source, lab.workspace)
    assert result.copies_of_training == 3 and not any("cannot be told" in words for words in result.other.words)
    assert "3 of the 12 images are among the training images, too" in result.measured.said[-1]
    shutil.rmtree(digits.folder)
    (lab.workspace.run(trained.id) / f"evaluation-last-{part_of(source)}.json").unlink()
    again = evaluate_on(trained, source, lab.workspace)
    assert again.copies_of_training == 0 and "cannot be told" in again.other.words[-1]


def test_a_set_without_a_known_class_is_refused_with_both_lists(trained, lab, tmp_path):
    source = prepared(written(tmp_path / "mine", {"cat": 7, "dog": 1}), lab)
    with pytest.raises(BadInput, match=r"No class of “mine” .* It has: cat, dog\. The model knows: 0, 1"):
        evaluate_on(trained, source, lab.workspace)
