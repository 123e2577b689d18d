"""Shares of mixed images."""

import numpy as np
import pytest
import torch

from core.loading.augmentations._mixing import own_share
from core.loading.augmentations.cutmix import CutMixSettings, pasted_in, rectangle
from core.loading.augmentations.mixup import MixupSettings, laid_over

PARTNER = torch.tensor([1, 2, 0])
IMAGES = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 20, 30) / 2
TARGETS = torch.eye(3)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 2.0])
def test_shares_come_from_the_beta_distribution(alpha: float) -> None:
    shares = np.array([own_share(x, alpha) for x in (np.arange(2000) + 0.5) / 2000])
    assert shares.mean() == pytest.approx(0.5, abs=0.01)
    assert shares.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.02)  # of Beta(alpha, alpha)


def test_mixup_is_a_weighted_mean() -> None:
    images, shares = laid_over(IMAGES, TARGETS, PARTNER, np.array([0.8]), MixupSettings(mixup=1.0))
    assert torch.allclose(images[1], torch.full((1, 20, 30), 0.8 * 0.5 + 0.2 * 1.0))
    assert torch.allclose(shares, 0.8 * TARGETS + 0.2 * TARGETS[PARTNER])


@pytest.mark.parametrize("number", [0.001, 0.3, 0.7, 0.999])
def test_cutmix_counts_the_pixels(number: float) -> None:
    draw = np.array([number, 0.9, 0.2])
    images, shares = pasted_in(IMAGES, TARGETS, PARTNER, draw, CutMixSettings(cutmix=1.0))
    theirs = (images[0] == IMAGES[1][0]).float().mean()
    assert torch.allclose(shares[0], torch.tensor([1 - theirs, theirs, 0.0]), atol=1e-6)
    assert set(images[0].unique().tolist()) <= {0.0, 0.5}
    top, left, height, width = rectangle(draw, 1.0, 20, 30)
    assert 0 <= top <= top + height <= 20 and 0 <= left <= left + width <= 30
