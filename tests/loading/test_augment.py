"""Augmentations at work: what happens to an image is its own, whatever stands beside it."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.loading.augment import Augmentation
from core.loading.augmentations import AUGMENTATIONS
from core.loading.augmentations import augment_settings as every

HIGHEST = 1.0 - 1e-12


def changed(images: Tensor, epoch: int = 1, seed: int = 0, rows: Any = None, reflect: bool = False, **settings: Any):
    augmentation = Augmentation(every()(**settings), seed)
    indices = np.arange(len(images)) if rows is None else np.array(rows)
    return augmentation.of(indices, epoch).apply(images, reflect=reflect)


class Highest(Augmentation):
    """All numbers are the largest there are."""

    def draws(self, entry, epoch, indices, scheme):
        return np.full((len(indices), entry.draws), HIGHEST)


def middle(**settings):
    """A dot in the middle, changed by draws of 1 (the largest change in the positive direction)."""
    image = torch.zeros(1, 1, 21, 21)
    image[0, 0, 8:13, 10] = 1  # an upright stroke
    return Highest(every()(**settings), 0).of(np.arange(1), 1).apply(image, reflect=False)[0, 0]


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
    flipped = changed(images, flip=True)
    share = flipped[:, 0, 0, 3].mean().item()
    assert 0.4 < share < 0.6 and torch.equal(flipped.sum(3), images.sum(3))


def test_erase_blanks_one_square_inside():
    images = torch.ones(50, 1, 10, 12)
    erased = changed(images, erase=0.3)
    assert torch.equal((erased == 0).sum((1, 2, 3)), torch.full((50,), 9))


def test_crop_keeps_at_least_its_share():
    change = Augmentation(every()(crop=0.3), 0).of(np.arange(500), 1)
    for row in range(500):
        top, left, height, width = change.box(row, 100, 140)
        assert 0 <= top <= 100 - height and 0 <= left <= 140 - width
        assert height * width >= 0.29 * 100 * 140


def test_crop_of_a_batch_enlarges():
    gradient = torch.linspace(0, 1, 32).expand(8, 1, 32, 32)
    cropped = changed(gradient, crop=0.1, seed=1)
    spread = cropped.amax((1, 2, 3)) - cropped.amin((1, 2, 3))
    assert cropped.shape == gradient.shape and (spread < 0.99).any()


@pytest.mark.parametrize("reflect", [True, False])
def test_a_shift_alone_copies_whole_pixels(reflect):
    images = torch.arange(1.0, 5 * 2 * 8 * 10 + 1).view(5, 2, 8, 10)
    moved = changed(images, shift=0.3, seed=2, reflect=reflect)
    augmentation = Augmentation(every()(shift=0.3), 2)
    draw = augmentation.draws(AUGMENTATIONS["shift"], 1, np.arange(5), 2)
    down, right = (np.rint(0.3 * side * (2 * draw[:, n] - 1)).astype(int) for n, side in ((1, 8), (0, 10)))
    assert len({*zip(down.tolist(), right.tolist(), strict=True)}) > 1
    padded = np.pad(images, ((0, 0), (0, 0), (4, 4), (4, 4)), mode="reflect" if reflect else "constant")
    for i in range(5):
        y, x = 4 + down[i], 4 + right[i]
        assert np.array_equal(moved[i], padded[i, :, y : y + 8, x : x + 10])


def test_what_one_epoch_mirrors_the_next_one_does_not():
    images = torch.rand(40, 1, 4, 4)
    first, second, third = (changed(images, epoch, flip=True) for epoch in (2, 3, 4))
    assert torch.equal(first, second.flip(3))
    assert not torch.equal(first, third) and not torch.equal(second, third)


@pytest.mark.parametrize("settings", [{"shift": 0.4}, {"rotate": 45.0}, {"scale": 0.4}])
def test_beyond_the_edges_of_a_drawing_lies_its_ground(settings):
    """Where there is one; a blank sheet stays a blank sheet."""
    paper = torch.tensor([0.98, 0.95, 0.9]).view(-1, 1, 1)
    sheets = paper.expand(20, 3, 12, 12)
    change = Augmentation(every()(**settings), 0).of(np.arange(20), 1)
    assert torch.allclose(change.apply(sheets, reflect=False, beyond=paper), sheets, atol=1e-6)
    assert not torch.allclose(change.apply(sheets, reflect=False), sheets, atol=1e-2)
