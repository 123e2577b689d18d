"""CutMix (Yun et al. 2019, arXiv:1905.04899)."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from core.loading.augmentations._mixing import own_share, shares
from core.loading.augmentations.spec import AugmentationSpec, Box
from core.settings.fields import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor


class CutMixSettings(Settings):
    cutmix: float = setting(
        0.0,
        title="CutMix",
        help="Put a rectangle of another image of the batch into each one, and ask for both classes by their shares of "
        "the area. The number is alpha of the Beta distribution that the share is drawn from; 0 is off, 1 is usual. "
        "Training accuracy is then counted on mixed images, each as the class with the larger share, and lies below "
        "that of validation.",
        low=0,
        high=2,
        step=0.1,
        slider=(0, 1),
        too_high="Most images are half of one and half of another, and the model underfits.",
        too_low="Hardly anything is mixed.",
    )


def pasted_in(
    images: "Tensor", targets: "Tensor", partner: "Tensor", draw: np.ndarray, settings: Any
) -> "tuple[Tensor, Tensor]":
    top, left, height, width = rectangle(draw, settings.cutmix, images.shape[2], images.shape[3])
    images = images.clone()
    inside = (..., slice(top, top + height), slice(left, left + width))
    images[inside] = images[partner][inside]
    return images, shares(targets, partner, 1 - height * width / (images.shape[2] * images.shape[3]))


def rectangle(draw: np.ndarray, alpha: float, height: int, width: int) -> Box:
    """A rectangle of the image's shape around a random point, cut to the image. `draw`: (3,) in 0–1."""
    side = math.sqrt(1 - own_share(draw[0], alpha))  # of the image's
    y, x = draw[1] * height, draw[2] * width
    top, bottom = (min(max(round(y + end * side * height / 2), 0), height) for end in (-1, 1))
    left, right = (min(max(round(x + end * side * width / 2), 0), width) for end in (-1, 1))
    return top, left, bottom - top, right - left


SPECS = (
    AugmentationSpec(
        name="cutmix",
        title="CutMix",
        about="Each image has a rectangle of another one.",
        settings=CutMixSettings,
        on=lambda settings: settings.cutmix > 0,
        in_words="CutMix of {cutmix:g}",
        source=lambda settings: f"v2.CutMix(alpha={float(settings.cutmix)!r}, num_classes=classes)",
        draws=3,
        mix=pasted_in,
        order=100,
    ),
)
