"""Learning from kept features is learning through the frozen network, and they are computed once."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.datasets.source import DataSource
from core.errors import Unwritable
from core.files import atomic
from core.files.paths import Workspace
from core.loading.batches import RunData
from core.loading.pixels import Pixels
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.training import kept_features, pace
from core.training.data import open_data
from core.training.events import Finished
from core.training.fit import fit
from core.training.kept_features import Features, keep_features
from core.training.lr_finder import find_lr
from core.training.state import TrainState, new_state
from tests.conftest import LONG

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Two kinds of pictures, of several sizes: stripes that lie and stripes that stand."""
    home, random = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for number in range(60):
        kind = number % 2
        side = 40 + number % 3
        stripes = np.tile(128 + 100 * np.sin(np.arange(side) * random.uniform(0.7, 1.2)), (side, 1))
        pixels = stripes.T if kind else stripes
        folder = home / "set" / ("standing", "lying")[kind]
        folder.mkdir(parents=True, exist_ok=True)
        colours = pixels[:, :, None] + random.normal(0, 20, (side, side, 3))
        Image.fromarray(colours.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
    workspace, source = Workspace(home, home / "data", ""), DataSource("folder", str(home / "set"))
    for _progress in prepare.prepare(source, workspace):
        pass
    return prepare.require(source, workspace)


def config(photos: Prepared, **changes: object) -> RunConfig:
    return RunConfig().replace(
        {"data.name": "folder", "data.path": photos.meta.path, "data.size": 32, "data.normalize": "half",
         "data.validation": 0.2, "model.name": "efficientnet_lite0", "model.weights": "imagenet",
         "model.trains": "head", "training.epochs": 3, "training.batch_size": 8, "training.precision": "float32",
         "optimizer.lr": 0.01, **changes}
    )  # fmt: skip


def begun(photos: Prepared, keep: bool, **changes: object) -> tuple[RunConfig, RunData, TrainState, int]:
    """Ready to train; and how often progress was told."""
    settings = config(photos, **changes)
    data = open_data(settings, photos, CPU)
    state, told = new_state(settings, data, CPU), 0
    if keep:
        *progress, data = keep_features(data, state)
        told = len(progress)
    return settings, data, state, told


def trained(photos: Prepared, keep: bool, **changes: object) -> tuple[Finished, TrainState]:
    settings, data, state, _told = begun(photos, keep, **changes)
    (end,) = [event for event in fit(settings, data, state) if isinstance(event, Finished)]
    return end, state


@pytest.mark.parametrize(
    ("model", "trains"),
    [
        ("efficientnet_lite0", "head"),
        pytest.param("efficientnet_lite0", "last_block", marks=LONG),
        pytest.param("resnet18", "last_block", marks=LONG),
        pytest.param("mobilenet_v3_small", "head", marks=LONG),
        ("cnn", "last_block"),
    ],
)
def test_a_run_ends_as_it_would_through_the_frozen_network(photos: Prepared, model: str, trains: str) -> None:
    changes = {"model.name": model, "model.trains": trains, "optimizer.lr": 0.001, "training.epochs": 2}
    changes |= {} if model == "efficientnet_lite0" else {"model.weights": "random"}  # there are no others here
    kept, with_features = trained(photos, True, **changes)
    whole, through = trained(photos, False, **changes)
    assert with_features.network is with_features.learning and through.network is not through.learning
    assert kept.test.loss == pytest.approx(whole.test.loss, rel=1e-3)
    assert kept.val.loss == pytest.approx(whole.val.loss, rel=1e-3) and kept.test.accuracy == whole.test.accuracy
    one, other = with_features.model.state_dict(), through.model.state_dict()
    assert list(one) == list(other)
    assert all(torch.allclose(one[name].float(), other[name].float(), atol=1e-3) for name in one)


def test_the_second_run_reads_what_the_first_has_computed(photos: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _state = trained(photos, True)
    monkeypatch.setattr(kept_features, "compute", None)
    second, _state = trained(photos, True, **{"training.epochs": 3})
    assert second.test == first.test


@pytest.mark.parametrize(
    "change", [{"model.trains": "all"}, {"augment.flip": True}, {"augment.mixup": 0.5}, {"model.name": "cnn"}]
)
def test_where_images_or_layers_change_nothing_is_kept(photos: Prepared, change: dict) -> None:
    extra = {"model.weights": "imagenet", "model.trains": "head"} | change
    settings = config(photos).replace(change) if "model.name" in change else config(photos, **extra)
    data = open_data(settings, photos, CPU)
    state = new_state(settings, data, CPU)
    (found,) = keep_features(data, state)
    assert found is data and not isinstance(data.train.pixels, Features)


def test_they_are_of_these_images_and_this_way_to_prepare_them(photos: Prepared) -> None:
    def names() -> set[str]:
        return {path.name for path in photos.folder.glob("features-*.npy")}

    begun(photos, True)
    before = names()
    begun(photos, True, **{"training.seed": 5})
    assert names() == before, "another split of the same images"
    begun(photos, True, **{"data.size": 40})
    begun(photos, True, **{"data.limit": 20})
    assert len(names() - before) == 2


def test_a_damaged_file_is_computed_anew(photos: Prepared) -> None:
    _settings, data, _state, _told = begun(photos, True)
    right = data.train.pixels.clean(data.parts.train).clone()
    for path in photos.folder.glob("features-*.npy"):
        path.write_bytes(path.read_bytes()[:500])
    _settings, data, _state, _told = begun(photos, True)
    assert torch.allclose(data.train.pixels.clean(data.parts.train), right, atol=1e-4)


def test_a_set_whose_features_would_not_fit_is_trained_through_the_network(
    photos: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_features, "MAX_BYTES", 1000)
    _settings, data, state, _told = begun(photos, True)
    assert not isinstance(data.train.pixels, Features) and len(list(state.network)) == 4


def test_a_full_disk_is_told(photos: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(content: object, path: Path) -> None:
        raise Unwritable("{path} could not be written", path=path)

    monkeypatch.setattr(atomic, "write", full)
    with pytest.raises(Unwritable):
        begun(photos, True, **{"data.size": 48})


def test_progress_is_told(photos: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_features, "PROGRESS_INTERVAL_S", 0.0)
    _settings, data, _state, told = begun(photos, True, **{"data.size": 36})
    assert told == -(-60 // data.val.batch_size) or told >= 1


def test_the_features_used_last_are_the_ones_that_stay(photos: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_features, "KEPT_FILES", 2)
    for side in (41, 42, 41, 43):
        begun(photos, True, **{"data.size": side})
    assert len(list(photos.folder.glob("features-*.npy"))) == 2
    monkeypatch.setattr(kept_features, "compute", None)
    begun(photos, True, **{"data.size": 41})  # made first, and read again before the last was made


def test_the_rate_finder_takes_its_steps_on_features(photos: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config(photos)
    begun(photos, True)
    monkeypatch.setattr(Pixels, "clean", None)  # nobody looks at an image again
    monkeypatch.setattr(kept_features, "feature_shape", lambda *given: (1280,))
    assert len(list(find_lr(settings, open_data(settings, photos, CPU), CPU))) > 20


def test_the_time_of_a_run_is_that_of_the_features_and_of_learning_from_them(
    photos: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_features, "PROGRESS_INTERVAL_S", 0.0)
    monkeypatch.setattr(pace, "EVALUATION_S", 0.0)  # the first batch is enough
    monkeypatch.setattr(pace, "TRAINING_S", 0.2)
    told, through = (
        pace.measure(settings, open_data(settings, photos, CPU), CPU)
        for settings in (config(photos, **{"data.size": 96, **change}) for change in ({}, {"augment.flip": True}))
    )
    assert told.fixed_s > 5 * told.epoch_s and through.epoch_s > 5 * told.epoch_s
