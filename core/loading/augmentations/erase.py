"""Blanking a square (Zhong et al. 2017, arXiv:1708.04896; DeVries and Taylor 2017, arXiv:1708.04552)."""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec
from core.settings.fields import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor


class EraseSettings(Settings):
    erase: float = setting(
        0.0,
        title="Erase",
        help="Blank a square of this share of the side at a random place, so that no single part is relied on.",
        low=0,
        high=0.9,
        step=0.05,
        slider=(0, 0.6),
        too_high="Nothing is left to recognise.",
        too_low="The model may look at one detail alone.",
    )


def erased(images: "Tensor", draw: np.ndarray, settings: Any, reflect: bool) -> "Tensor":
    """Grey in photographs, black in drawings, where it is the ground."""
    return images.masked_fill(holes(draw, settings.erase, images), 0.5 if reflect else 0.0)


def holes(draw: np.ndarray, share: float, images: "Tensor") -> "Tensor":
    """(N, 1, H, W) bool: a square of `share` of the shorter side in each image, wholly inside."""
    import torch

    height, width = images.shape[2:]
    side = max(1, round(share * min(height, width)))
    top = torch.from_numpy((draw[:, 0] * (height - side + 1)).astype(np.int64)).to(images.device)[:, None]
    left = torch.from_numpy((draw[:, 1] * (width - side + 1)).astype(np.int64)).to(images.device)[:, None]
    y, x = torch.arange(height, device=images.device), torch.arange(width, device=images.device)
    rows, columns = (y >= top) & (y < top + side), (x >= left) & (x < left + side)
    return (rows[:, :, None] & columns[:, None, :])[:, None]


SPECS = (
    AugmentationSpec(
        name="erase",
        title="Erase",
        about="A square of the image is blank.",
        settings=EraseSettings,
        on=lambda settings: settings.erase > 0,
        in_words="erase up to {erase:share}",
        source=lambda settings: (
            f"v2.RandomErasing(p=1, scale=({settings.erase**2:g}, {settings.erase**2:g}), ratio=(1, 1))"
        ),
        draws=2,
        pixels=erased,
        order=80,
    ),
)
