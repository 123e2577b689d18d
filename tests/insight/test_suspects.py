"""Images that deserve a look: wrong labels, near copies, odd ones; and how they are kept and told."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest

from core.cli.parser import main
from core.errors import BadInput, Problem
from core.insight import image_features, near_copies, suspects
from core.insight.image_features import Basis, standardised
from core.insight.label_errors import folds, label_scores
from core.insight.odd_images import odd_images, odd_sizes, reason_words
from core.insight.small_images import small_images
from core.insight.suspects import Suspects, find_suspects
from core.prepared.arrays import Prepared
from tests.generators import last


def altered(prepared, **arrays):
    """The same set with other arrays in memory."""
    other = Prepared(prepared.folder)
    for name, values in arrays.items():
        setattr(other, name, values)
    return other


def test_wrong_labels_come_first(digits, workspace):
    random = np.random.default_rng(0)
    labels = np.array(digits.labels)
    wrong = random.choice(len(labels), 60, replace=False)
    labels[wrong] = (labels[wrong] + random.integers(1, 10, 60)) % 10
    features = last(image_features.image_features(digits, Basis("pixels", "pixels"), workspace))
    scores = last(label_scores(features, labels, 10, digits.copies))
    assert np.isin(np.argsort(scores.given)[:60], wrong).mean() >= 0.8
    found = np.isin(wrong, np.flatnonzero(scores.wrong)).mean()
    assert found >= 0.7 and scores.wrong.sum() <= 90
    right = scores.suggested[wrong] == digits.labels[wrong]
    assert right.mean() >= 0.8  # the suggestion is the label as it was


def test_copies_of_an_image_are_in_one_fold_and_a_class_is_spread():
    labels, copies = np.repeat([0, 1], 50), np.arange(100)
    copies[[7, 60]] = 3
    found = folds(labels, copies)
    assert found[3] == found[7] == found[60]
    assert np.bincount(folds(labels, None)[:50]).tolist() == [10] * 5


def test_a_class_of_one_image_is_no_suspect(digits):
    features = np.random.default_rng(0).normal(size=(101, 4)).astype(np.float32)
    labels = np.repeat([0, 1, 2], [50, 50, 1])
    scores = last(label_scores(features, labels, 3, None))
    assert np.isnan(scores.given[100]) and not scores.wrong[100]


def test_near_copies_are_those_that_comparing_every_pixel_finds(digits):
    random = np.random.default_rng(0)
    images = np.array(digits.array)
    for place, of in ((1500, 3), (1600, 20), (900, 21)):
        noise = random.integers(-2, 3, images[of].shape)
        images[place] = np.clip(images[of].astype(int) + noise, 0, 255)
    changed = altered(digits, array=images, copies=None)
    pairs, difference = last(near_copies.near_copies(changed))
    flat = images.reshape(len(images), -1).astype(np.float32)
    contrast = np.abs(flat - flat.mean(1, keepdims=True)).mean(1)
    expected = []
    for one in range(len(flat) - 1):
        apart = np.abs(flat[one + 1 :] - flat[one]).mean(1)
        limit = np.minimum(6, 0.1 * np.minimum(contrast[one], contrast[one + 1 :]))
        expected += [(one, one + 1 + int(other)) for other in np.flatnonzero(apart < limit)]
    assert {(3, 1500), (20, 1600), (21, 900)} <= set(expected)
    assert {tuple(map(int, pair)) for pair in pairs} == set(expected)
    assert (np.diff(difference) >= 0).all()


def test_exact_copies_stand_among_the_near_ones(digits):
    images, copies = np.array(digits.array), np.arange(1797)
    images[1500], copies[1500] = images[3], 3
    changed = altered(digits, array=images, copies=copies)
    rows = last(suspects.copy_rows(changed))
    (place,) = np.flatnonzero((rows["other"] == 3) & (rows["index"] == 1500))
    assert rows["counts"][place] and rows["one"][place] == 0
    words = Suspects("copies", changed, rows)[place].words
    assert words == "Pixel by pixel the same as one of “3” (Training, image 3)."


def test_too_many_near_copies_are_cut_to_those_most_alike(monkeypatch):
    monkeypatch.setattr(near_copies, "MAX_PAIRS", 2)
    pairs = np.arange(8).reshape(4, 2), np.array([3.0, 1.0, 2.0, 4.0], np.float32)
    assert sorted(near_copies.least(pairs)[1]) == [1, 2]


def test_images_unlike_the_others_are_named_with_their_reason(digits, workspace):
    images = np.array(digits.array)
    images[5], images[6], images[7] = 250, 2, images[7] // 2 + 128
    images[8] = np.random.default_rng(0).integers(0, 255, images[8].shape)
    changed = altered(digits, array=images)
    features = images.reshape(len(images), -1).astype(np.float32)
    found = {(odd.index, odd.reason) for odd in last(odd_images(changed, features))}
    assert {(5, "bright"), (5, "flat"), (6, "flat"), (7, "bright"), (8, "unlike")} <= found
    assert (5, "blurred") not in found and len({index for index, _reason in found}) < 90  # 5 %


def test_which_size_is_odd_follows_from_the_sizes_of_the_set():
    def odd(height: np.ndarray, width: np.ndarray) -> set[tuple[int, str]]:
        prepared = SimpleNamespace(uniform=False, shapes=np.stack([height, width], 1))
        return {(one.index, one.reason) for one in odd_sizes(prepared)}

    one_camera = np.full(100, 300), np.full(100, 400)
    for place, size in enumerate(((400, 300), (160, 210), (140, 190), (300, 300), (300, 900))):
        one_camera[0][place], one_camera[1][place] = size
    assert odd(*one_camera) == {(2, "tiny"), (4, "wide")}
    random = np.random.default_rng(0)
    signs = 50 * np.exp(random.normal(0, 0.5, 100)), np.exp(random.normal(0, 0.3, 100))  # cut out: of all sizes
    assert not odd(signs[0], signs[0] * signs[1])


def test_proportions_are_told_as_of_the_file_of_which_the_middle_is_kept():
    assert "its width is 3.50 times its height, usual are 1.33" in reason_words("wide", 3.5, 1.33)
    assert "its width is at least 4 times its height" in reason_words("wide", 4.0, 1.33)
    assert "its height is at least 4 times its width" in reason_words("wide", 0.25, 1.33)


def test_features_are_computed_once_and_those_of_a_run_are_what_its_last_layer_sees(trained, digits, lab, monkeypatch):
    import torch

    from core.runs.trained import load_model, trained_checkpoint

    basis = image_features.basis_of(digits, trained, lab.workspace)
    features = last(image_features.image_features(digits, basis, lab.workspace))
    model = load_model(trained_checkpoint(trained, lab.workspace)).model
    assert features.shape == (1797, 32)
    head = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)][-1]
    logits = features @ head.weight.detach().numpy().T + head.bias.detach().numpy()
    assert (logits.argmax(1) == digits.labels).mean() > 0.85  # its last layer makes its answers of them
    monkeypatch.setattr(image_features, "_network", None)
    assert np.array_equal(last(image_features.image_features(digits, basis, lab.workspace)), features)


def test_a_feature_that_never_changes_is_0():
    found = standardised(np.array([[1, 5], [3, 5]], np.float32))
    assert found.tolist() == [[-1, 0], [1, 0]]


def test_what_is_found_is_kept_and_read_again(digits, workspace, monkeypatch):
    assert Suspects.open(digits, "labels", None, workspace) is None
    found = last(find_suspects(digits, "labels", None, workspace))
    monkeypatch.setattr(suspects, "image_features", None)
    again = last(find_suspects(digits, "labels", None, workspace))
    assert again.rows.tolist() == found.rows.tolist() and len(found)
    one = found[0]
    assert one.suggested and one.suggested in one.words and one.given in one.words
    only = found.of_split("test")
    assert 0 < len(only) < len(found) and np.isin(only.rows["index"], digits.indices("test")).all()


def test_near_copies_of_what_a_run_learned_from_are_counted_without_exact_ones(digits):
    rows = np.zeros(2, suspects.ROW)
    rows["index"], rows["other"] = [1500, 1501], [3, 1400]
    copies = np.arange(1797)
    copies[1600] = 3
    found = Suspects("copies", altered(digits, copies=copies), rows)
    measured = np.array([1500, 1501, 1600])
    assert found.near_training(np.arange(1000), measured) == 1
    assert found.near_training(np.arange(1500), measured) == 2


def test_an_unknown_kind_and_a_run_without_weights_are_refused(digits, workspace, trained, lab):
    with pytest.raises(BadInput, match="labels"):
        last(find_suspects(digits, "strange", None, workspace))
    unfinished = dataclasses.replace(trained, id="00000000")
    with pytest.raises(Problem, match="no checkpoint"):
        last(find_suspects(digits, "labels", unfinished, lab.workspace))


@pytest.mark.parametrize("kind", ["labels", "copies", "odd"])
def test_the_command_lists_them(kind, digits, workspace, monkeypatch, capsys):
    for name, value in (("HOME", workspace.home), ("DATA", workspace.data), ("DB", workspace.database)):
        monkeypatch.setenv(f"EPOCHLAB_{name}", str(value))
    assert main(["suspects", "digits", "--kind", kind, "--most", "3", "--json", "--progress"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "stage" in lines[0] and lines[-1]["found"] >= lines[-1]["counted"]
    listed = [line for line in lines if "index" in line]
    assert 1 <= len(listed) <= 3 and all(line["words"] and line["split"] in ("train", "test") for line in listed)
    assert main(["suspects", "digits", "--kind", kind, "--split", "val"]) == 2


def test_images_of_any_size_become_small_and_grey(digits):
    assert np.array_equal(small_images(digits, np.array([4, 2]), 32), digits.array[[4, 2]][..., 0])
    assert small_images(digits, np.array([4]), 4).shape == (1, 4, 4)
