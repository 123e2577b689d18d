import numpy as np
import pytest
import torch

from core.datasets.source import DataSource
from core.loading import batches as module
from core.prepared.prepare import prepare, require
from core.run_config import RunConfig
from core.training.data import open_data, preview

CPU = torch.device("cpu")


def data_of(digits, **changes):
    return open_data(RunConfig().replace(changes), digits, CPU)


def test_an_epoch_shows_every_training_image_once(digits):
    data = data_of(digits, **{"training.batch_size": 100})
    seen = [labels for _, labels in data.train.epoch(1)]
    assert [len(s) for s in seen] == [100] * 12 + [data.train.images - 1200] and len(data.train) == 13
    counts = np.bincount(torch.cat(seen).numpy(), minlength=10)
    assert np.array_equal(counts, np.bincount(digits.labels[data.parts.train], minlength=10))


def test_images_and_labels_stay_together(digits):
    data = data_of(digits, **{"data.normalize": "zero_one"})
    order = data.train.order(3)
    images, labels = next(iter(data.train.epoch(3)))
    assert torch.equal(labels, torch.from_numpy(digits.labels[order[:64]].astype(np.int64)))
    expected = digits.array[order[0]].transpose(2, 0, 1).astype(np.float32) / 255
    assert np.allclose(images[0].numpy(), expected)


def test_normalised_to_mean_0_and_spread_1(digits):
    images = torch.cat([images for images, _ in data_of(digits, **{"data.validation": 0.0}).train.epoch(1)])
    assert abs(images.mean()) < 0.01 and abs(images.std() - 1) < 0.01


def test_order_is_a_function_of_seed_and_epoch(digits):
    a, b = data_of(digits), data_of(digits)
    assert np.array_equal(a.train.order(4), b.train.order(4))
    assert not np.array_equal(a.train.order(4), a.train.order(5))
    other = data_of(digits, **{"training.seed": 1})
    assert not np.array_equal(np.sort(other.parts.val), np.sort(a.parts.val))
    still = data_of(digits, **{"data.shuffle": False})
    assert np.array_equal(still.train.order(1), still.parts.train)


@pytest.mark.parametrize("start", [0, 1, 7, 19])
def test_going_on_in_the_middle_gives_the_same_batches(digits, start, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 4 * 64 * 64 * 3)  # blocks of three batches
    data = data_of(digits, **{"augment.rotate": 10.0, "augment.shift": 0.1})
    whole, rest = list(data.train.epoch(2)), list(data.train.epoch(2, start))
    assert len(rest) == len(whole) - start
    for (images, labels), (images2, labels2) in zip(whole[start:], rest, strict=True):
        assert torch.equal(images, images2) and torch.equal(labels, labels2)


def test_a_lone_last_image_joins_the_batch_before(digits):
    data = data_of(digits, **{"data.limit": 129})
    assert [len(labels) for _, labels in data.train.epoch(1)] == [64, 65]


def test_validation_and_test_are_never_augmented(digits):
    plain, changed = data_of(digits), data_of(digits, **{"augment.rotate": 30.0})
    for part in ("val", "test"):
        assert torch.equal(next(getattr(plain, part).epoch())[0], next(getattr(changed, part).epoch())[0])
    assert not torch.equal(next(plain.train.epoch(1))[0], next(changed.train.epoch(1))[0])


def test_photographs_of_many_sizes(workspace, tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for split, count in (("train", 5), ("val", 2)):
        for name in ("cats", "dogs"):
            for i in range(count):
                folder = tmp_path / "photos" / split / name
                folder.mkdir(parents=True, exist_ok=True)
                height, width = int(rng.integers(40, 400)), int(rng.integers(40, 400))
                Image.fromarray(rng.integers(0, 255, (height, width, 3), np.uint8)).save(folder / f"{i}.png")
    path = str(tmp_path / "photos")
    list(prepare(DataSource("folder", path), workspace))
    prepared = require(DataSource("folder", path), workspace)
    changes = {"data.name": "folder", "data.path": path, "data.validation": 0.0, "data.size": 56}
    for augmented in ({}, {"augment.crop": 0.2, "augment.flip": True}, {"augment.rotate": 5.0}):
        data = open_data(RunConfig().replace({**changes, **augmented, "training.batch_size": 4}), prepared, CPU)
        images, labels = next(data.train.epoch(1))
        assert images.shape == (4, 3, 56, 56) and images.dtype == torch.float32 and labels.dtype == torch.int64
        assert data.val.images == 4


def test_preview_is_what_training_sees(digits):
    config = RunConfig().replace({"augment.rotate": 10.0})
    shown = preview(config, digits, count=16, epoch=1)
    images, labels = next(open_data(config, digits, CPU).train.epoch(1))
    assert np.array_equal(shown.inputs, images[:16].numpy()) and np.array_equal(shown.labels, labels[:16].numpy())
    assert shown.shown.shape == (16, 8, 8, 1) and shown.shown.dtype == np.uint8


def test_preview_without_change_shows_the_originals(digits):
    shown = preview(RunConfig(), digits, count=8)
    assert np.array_equal(shown.shown, digits.array[shown.indices])
