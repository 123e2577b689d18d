"""Every augmentation of the registry, unasked."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms import v2

from core.errors import BadInput
from core.loading.augment import Augmentation
from core.loading.augmentations import AUGMENTATIONS, augment_settings, in_use
from core.loading.augmentations.spec import AugmentationSpec
from core.locale import _
from core.run_config import RunConfig
from core.settings.fields import bounds, hints
from core.training.data import open_data, preview
from core.training.losses import LOSSES
from tests.training.contract import CPU, check_it_learns, check_it_resumes, small

# What switches each one on, weakly enough for digits of 8 × 8 pixels to be learnt.
ON: dict[str, dict[str, Any]] = {
    "flip": {"flip": True},
    "crop": {"crop": 0.6},
    "color_jitter": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2},
    "rand_augment": {"rand_augment": 2, "rand_augment_magnitude": 5},
}
NAMES = list(AUGMENTATIONS.entries)


def on(name: str) -> dict[str, Any]:
    """Its settings when it is on: those above, else a tenth of what may be."""
    entry = AUGMENTATIONS[name]
    return ON.get(name) or {key: 0.1 * (bounds(info)[1] or 1) for key, info in entry.settings.model_fields.items()}


def dotted(name: str) -> dict[str, Any]:
    return {f"augment.{key}": value for key, value in on(name).items()}


def changed(images: Tensor, epoch: int = 1, rows: list[int] | None = None, **settings: Any) -> Tensor:
    augmentation = Augmentation(augment_settings()(**settings), 0)
    return augmentation.of(np.array(rows or range(len(images))), epoch).apply(images, reflect=True)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_off_by_default_and_on_by_its_settings(name: str) -> None:
    assert in_use(augment_settings()()) == []
    assert in_use(augment_settings()(**on(name))) == [AUGMENTATIONS[name]]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_one_kind_and_described(name: str) -> None:
    entry = AUGMENTATIONS[name]
    assert sum(kind is not None for kind in (entry.box, entry.geometry, entry.pixels, entry.mix)) == 1
    assert entry.title and entry.about.endswith(".") and entry.draws >= 1
    assert "{" not in _(entry.in_words, **augment_settings()(**on(name)).model_dump())
    for key, info in entry.settings.model_fields.items():
        assert info.title and info.description and "slider" in hints(info), key


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_read_back_and_a_misspelt_one_is_refused_with_the_list(name: str) -> None:
    config = RunConfig().replace(dotted(name))
    assert RunConfig.from_json(config.to_json()) == config != RunConfig()
    key = next(iter(on(name)))
    with pytest.raises(BadInput, match=rf"unknown setting 'augment\.{key}x'; have: .*{key}"):
        RunConfig().replace({f"augment.{key}x": 1})


@pytest.mark.parametrize("name", NAMES)
def test_it_learns(digits, name: str) -> None:
    check_it_learns(digits, small(**dotted(name)))


@pytest.mark.parametrize("name", NAMES)
def test_it_resumes_in_the_middle_of_an_epoch_with_the_same_bits(digits, name: str, monkeypatch, tmp_path) -> None:
    check_it_resumes(digits, small(**dotted(name)), monkeypatch, tmp_path)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_changed_alike_in_any_company(name: str, channels: int) -> None:
    images = torch.rand(6, channels, 16, 16, generator=torch.Generator().manual_seed(0))
    together = changed(images, **on(name))
    assert together.shape == images.shape and together.dtype == torch.float32
    assert together.min() >= 0 and together.max() <= 1
    assert torch.equal(together[4], changed(images[4:5], rows=[4], **on(name))[0])
    assert torch.equal(together == images, images == together) and (AUGMENTATIONS[name].mix or not
                                                                    torch.equal(together, images))  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_epoch_is_another(name: str) -> None:
    images = torch.rand(20, 3, 16, 16)
    if AUGMENTATIONS[name].mix is None:
        assert not torch.equal(changed(images, 1, **on(name)), changed(images, 2, **on(name)))


@pytest.mark.parametrize("other", NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_another_one_changes_none_of_its_numbers(name: str, other: str) -> None:
    alone, both = (Augmentation(augment_settings()(**settings), 3) for settings in (on(name), on(name) | on(other)))
    rows = np.arange(50)
    assert np.array_equal(*(one.draws(AUGMENTATIONS[name], 1, rows, 2) for one in (alone, both)))


@pytest.mark.parametrize("name", NAMES)
def test_torchs_own_random_numbers_stay_as_they_are(name: str) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    changed(torch.rand(3, 3, 16, 16, generator=torch.Generator()), **on(name))
    assert torch.equal(torch.get_rng_state(), before)


def run_source(name: str, images: Tensor) -> Any:
    names: dict[str, Any] = {"v2": v2, "size": 16, "classes": 4}
    transform = eval(AUGMENTATIONS[name].source(augment_settings()(**on(name))), names)
    if AUGMENTATIONS[name].mix:
        return transform(images, torch.arange(len(images)) % 4)
    return transform(images)


@pytest.mark.parametrize("name", NAMES)
def test_its_source_is_one_of_torchvisions_transforms(name: str) -> None:
    torch.manual_seed(0)
    images = torch.rand(8, 3, 16, 16)
    found = run_source(name, images)
    if AUGMENTATIONS[name].mix:
        assert found[0].shape == images.shape and found[1].shape == (8, 4)
    else:
        assert found.shape == images.shape
        assert any(not torch.equal(run_source(name, images), images) for _ in range(5))


MIXES = [name for name in NAMES if AUGMENTATIONS[name].mix]


@pytest.mark.parametrize("loss", LOSSES.entries)
@pytest.mark.parametrize("name", MIXES)
def test_every_loss_takes_mixed_targets(digits, name: str, loss: str) -> None:
    check_it_learns(digits, small(**dotted(name), **{"loss.name": loss}))


@pytest.mark.parametrize("name", MIXES)
def test_shares_of_a_mixed_batch(digits, name: str) -> None:
    config = small(**dotted(name))
    mixed, plain = (open_data(one, digits, CPU).train for one in (config, small()))
    for (images, shares), (clean, labels) in zip(mixed.epoch(1), plain.epoch(1), strict=True):
        assert shares.shape == (len(images), 10) and torch.allclose(shares.sum(1), torch.ones(len(images)))
        own = shares[torch.arange(len(labels)), labels]
        assert (own >= shares.amax(1) - own - 1e-6).any() and not torch.equal(images, clean)
    seen = preview(config, digits, count=16, epoch=1)
    first, shares = next(mixed.epoch(1))
    assert np.array_equal(seen.inputs, first[:16]) and np.array_equal(seen.shares, shares[:16])


def test_a_mixed_batch_does_not_depend_on_where_it_was_resumed(digits) -> None:
    train = open_data(small(**dotted("mixup"), **dotted("cutmix")), digits, CPU).train
    whole, rest = list(train.epoch(2)), list(train.epoch(2, 3))
    assert all(torch.equal(a, b) for one, other in zip(whole[3:], rest, strict=True)
               for a, b in zip(one, other, strict=True))  # fmt: skip


def test_of_two_ways_to_mix_every_step_takes_one() -> None:
    augmentation = Augmentation(augment_settings()(mixup=1.0, cutmix=1.0), 0)
    images, labels = torch.rand(8, 1, 8, 8), torch.arange(8) % 4
    used = set()
    for step in range(20):
        mixed, _shares = augmentation.mixed(images, labels, 4, np.arange(8), 1, step, 2)
        used.add(bool((mixed[:, None] == images).any(1).all()))  # CutMix copies pixels
    assert used == {True, False}


def test_no_two_have_a_setting_of_one_name() -> None:
    twin = AugmentationSpec(
        "mirror", "Mirror", "As the other.", AUGMENTATIONS["flip"].settings, lambda s: s.flip, "mirror", lambda s: ""
    )
    assert AUGMENTATIONS.taken(twin, AUGMENTATIONS.entries.values()) == ["flip"]
