import numpy as np
import pytest
import torch

from core.loading.augment import DOWN, DRAWS, RIGHT, augment, crop_box, draws
from core.loading.settings import AugmentConfig


def test_draws_depend_on_seed_epoch_and_index_alone():
    everything = draws(3, 2, np.arange(1000))
    assert np.array_equal(draws(3, 2, np.array([700, 3])), everything[[700, 3]])
    for other in (draws(4, 2, np.arange(1000)), draws(3, 3, np.arange(1000))):
        assert not np.any(other == everything)


def test_draws_are_even_and_independent():
    values = draws(0, 1, np.arange(20000))
    assert values.shape == (20000, DRAWS) and values.min() >= 0 and values.max() < 1
    assert np.allclose(values.mean(0), 0.5, atol=0.01) and np.allclose(values.std(0), 12**-0.5, atol=0.01)
    assert np.abs(np.corrcoef(values.T) - np.eye(DRAWS)).max() < 0.03
    assert abs(np.corrcoef(values[:-1, 0], values[1:, 0])[0, 1]) < 0.03


def middle(**settings):
    """A dot in the middle, changed by draws of 1 (the largest change in the positive direction)."""
    image = torch.zeros(1, 1, 21, 21)
    image[0, 0, 8:13, 10] = 1  # an upright stroke
    draw = np.full((1, DRAWS), 1.0 - 1e-12)
    return augment(image, draw, AugmentConfig(**settings), reflect=False, cropped=False)[0, 0]


def test_shift_moves_by_a_share_of_the_side():
    rows, columns = torch.nonzero(middle(shift=0.2) > 0.5, as_tuple=True)
    assert abs(columns.float().mean() - (10 - 0.2 * 21)) < 0.6 and abs(rows.float().mean() - (10 - 0.2 * 21)) < 0.6


def test_rotate_turns_a_stroke():
    turned = middle(rotate=90.0)
    rows, columns = torch.nonzero(turned > 0.5, as_tuple=True)
    assert len(set(columns.tolist())) == 5 and len(set(rows.tolist())) == 1


def test_scale_makes_it_larger():
    assert (middle(scale=0.5) > 0.5).sum() > (middle() > 0.5).sum()


def test_flip_mirrors_about_half():
    images = torch.zeros(400, 1, 4, 4)
    images[:, :, :, 0] = 1
    flipped = augment(images, draws(0, 1, np.arange(400)), AugmentConfig(flip=True), reflect=False, cropped=False)
    share = flipped[:, 0, 0, 3].mean().item()
    assert 0.4 < share < 0.6 and torch.equal(flipped.sum(3), images.sum(3))


def test_erase_blanks_one_square_inside():
    images = torch.ones(50, 1, 10, 12)
    erased = augment(images, draws(0, 1, np.arange(50)), AugmentConfig(erase=0.3), reflect=False, cropped=False)
    assert torch.equal((erased == 0).sum((1, 2, 3)), torch.full((50,), 9))


def test_crop_keeps_at_least_its_share():
    rng = np.random.default_rng(0)
    for _ in range(500):
        top, left, height, width = crop_box(100, 140, 0.3, rng.random(4))
        assert 0 <= top <= 100 - height and 0 <= left <= 140 - width
        assert height * width >= 0.29 * 100 * 140


def test_crop_of_a_batch_enlarges():
    gradient = torch.linspace(0, 1, 32).expand(8, 1, 32, 32)
    cropped = augment(gradient, draws(1, 1, np.arange(8)), AugmentConfig(crop=0.1), reflect=False, cropped=False)
    spread = cropped.amax((1, 2, 3)) - cropped.amin((1, 2, 3))
    assert cropped.shape == gradient.shape and (spread < 0.99).any()


@pytest.mark.parametrize("settings", [{"shift": 0.2}, {"rotate": 20.0}, {"flip": True}, {"erase": 0.4}, {"crop": 0.3}])
def test_an_image_is_changed_alike_in_any_company(settings):
    images = torch.rand(6, 3, 16, 16)
    draw = draws(5, 1, np.arange(6))
    together = augment(images, draw, AugmentConfig(**settings), reflect=True, cropped=False)
    alone = augment(images[4:5], draw[4:5], AugmentConfig(**settings), reflect=True, cropped=False)
    assert torch.equal(together[4], alone[0])


@pytest.mark.parametrize("reflect", [True, False])
def test_a_shift_alone_copies_whole_pixels(reflect):
    images = torch.arange(1.0, 5 * 2 * 8 * 10 + 1).view(5, 2, 8, 10)
    draw = draws(2, 1, np.arange(5))
    moved = augment(images, draw, AugmentConfig(shift=0.3), reflect=reflect, cropped=False)
    down, right = (np.rint(0.3 * side * (2 * draw[:, n] - 1)).astype(int) for n, side in ((DOWN, 8), (RIGHT, 10)))
    assert len({*zip(down.tolist(), right.tolist(), strict=True)}) > 1
    padded = np.pad(images, ((0, 0), (0, 0), (4, 4), (4, 4)), mode="reflect" if reflect else "constant")
    for i in range(5):
        y, x = 4 + down[i], 4 + right[i]
        assert np.array_equal(moved[i], padded[i, :, y : y + 8, x : x + 10])


def test_what_one_epoch_mirrors_the_next_one_does_not():
    images = torch.rand(40, 1, 4, 4)
    first, second, third = (
        augment(images, draws(0, epoch, np.arange(40)), AugmentConfig(flip=True), reflect=False, cropped=False)
        for epoch in (2, 3, 4)
    )
    assert torch.equal(first, second.flip(3))
    assert not torch.equal(first, third) and not torch.equal(second, third)
