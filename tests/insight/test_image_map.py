"""Where images lie by their features and by their pixels, and which are nearest to one."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from core.cli.parser import main
from core.insight import image_map, part_features
from core.insight.evaluation import image_features, image_predictions
from core.insight.image_map import components, feature_values, find_map, pca, pixel_values, shown_places, tsne
from core.insight.nearest import nearest


@pytest.fixture
def features(trained, lab):
    return image_features(trained, "test", lab.workspace)


def test_features_are_what_the_last_layer_saw_of_the_images_in_their_order(trained, lab, features) -> None:
    import torch

    from core.models.stages import head_of
    from core.runs.trained import load_model, trained_checkpoint

    kept = image_predictions(trained, "test", lab.workspace)
    assert np.array_equal(features.indices, kept.indices)
    head = head_of(load_model(trained_checkpoint(trained, lab.workspace)).model)
    with torch.no_grad():
        logits = head(torch.from_numpy(features.rows["features"].astype(np.float32)))
    assert np.allclose(logits.numpy(), kept.rows["logits"], atol=0.05), "half precision"
    _mean, deviation = features.spread
    values = feature_values(features, np.arange(len(features)))
    varies = deviation != 1
    assert np.allclose(values.mean(0), 0, atol=1e-2) and np.allclose(values.std(0)[varies], 1, atol=1e-2)


def test_they_are_projected_where_they_are_many_and_distances_stay(tmp_path) -> None:
    from core.insight.image_answers import ImageAnswers

    values = np.random.default_rng(0).normal(size=(20, 3000)).astype(np.float32)
    order = np.arange(20, dtype=np.int64)
    with part_features.FeatureWriter(tmp_path / "last.pt", "test", "v", ImageAnswers(order, order, order, "f")) as kept:
        kept.add(values[:15])
        kept.add(values[15:])
    found = part_features.find(tmp_path / "last.pt", "test", "v")
    assert found and found.rows["features"].shape == (20, part_features.MAX_FEATURES)
    near = found.rows["features"].astype(np.float32)
    before, after = (np.linalg.norm(one[0] - one[1:], axis=1) for one in (values, near))
    assert np.allclose(after / before, 1, atol=0.12)


def test_principal_components_are_those_of_scikit_learn(digits) -> None:
    values = pixel_values(digits, np.arange(300))
    assert values.shape == (300, 64) and values.min() >= 0 and values.max() <= 1
    points, explained = pca(values)
    theirs = PCA(2).fit(values)
    assert np.allclose(np.abs(points), np.abs(theirs.transform(values)), atol=1e-4)
    assert np.allclose(explained, theirs.explained_variance_ratio_, atol=1e-5)
    assert np.array_equal(pca(values.copy())[0], points)
    assert components(np.zeros((4, 1), np.float32), 2)[0].shape == (4, 1) and pca(np.zeros((4, 1), np.float32))[0].shape


def test_tsne_tells_how_far_it_is_and_keeps_neighbours(digits, monkeypatch, capsys) -> None:
    monkeypatch.setattr(image_map, "STEPS", 300)
    told: list[tuple[int, int]] = []
    indices = np.arange(200)
    points = tsne(pixel_values(digits, indices), lambda done, total: (told.append((done, total)), print("heard"))[0])
    assert told and told[-1][0] <= 300 and told == sorted(told)
    assert set(capsys.readouterr().out.split()) == {"heard"}
    labels = np.asarray(digits.labels)[indices]
    assert KNeighborsClassifier(3).fit(points, labels).score(points, labels) > 0.85
    assert tsne(np.ones((3, 2), np.float32)).shape == (3, 2)


def test_the_nearest_are_those_of_scikit_learn_without_the_image_itself(features) -> None:
    values = feature_values(features, np.arange(len(features)))
    distances, places = NearestNeighbors(n_neighbors=6).fit(values).kneighbors(values[:3])
    for one in range(3):
        found = nearest(features.rows["features"][one], int(features.indices[one]), features, 5)
        assert np.array_equal(found.indices, features.indices[places[one, 1:]])
        assert np.allclose(found.distances * np.sqrt(values.shape[1]), distances[one, 1:], rtol=1e-3)


def test_of_many_images_some_are_shown_always_the_same(monkeypatch) -> None:
    monkeypatch.setattr(image_map, "MAX_POINTS", 10)
    places = shown_places(100)
    assert len(set(places)) == 10 and np.array_equal(places, shown_places(100)) and len(shown_places(7)) == 7


def test_large_and_unequal_images_become_small() -> None:
    random = np.random.default_rng(0)
    large = random.integers(0, 255, (3, 70, 70, 3), np.uint8)
    same = SimpleNamespace(uniform=True, array=large)
    assert pixel_values(same, np.arange(3)).shape[1] <= image_map.MAX_PIXELS
    assert np.allclose(pixel_values(same, np.arange(3)).mean(), large.mean() / 255, atol=0.01)
    unequal = SimpleNamespace(uniform=False, image=lambda index: large[index, : 20 + 20 * index])
    assert pixel_values(unequal, np.arange(3)).shape == (3, 3 * image_map.SIDE_PX**2)


def test_the_command_writes_a_table_and_keeps_the_map(trained, lab, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(lab.workspace.home))
    monkeypatch.setattr(image_map, "STEPS", 250)
    file = tmp_path / "map.csv"
    assert main(["map", trained.id, "--to", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader(file.open()))
    assert told["images"] == len(rows) == 360 and 0 < told["explained"][1] <= told["explained"][0] < 1
    assert main(["map", trained.id, "--by", "pixels", "--method", "tsne", "--json", "--progress"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(line.get("unit") == "steps" and line["done"] for line in lines)
    checkpoint = lab.files.checkpoint(trained.id)
    kept = find_map(checkpoint, "test", "pixels", lab.files.checkpoint_version(trained.id))
    assert kept and len(kept[0].indices) == 360
    assert main(["map", trained.id, "--to", "x.txt"]) == 2
