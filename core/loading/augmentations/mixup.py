"""Mixup (Zhang et al. 2017, arXiv:1710.09412)."""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.loading.augmentations._mixing import own_share, shares
from core.loading.augmentations.spec import AugmentationSpec
from core.settings.fields import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor


class MixupSettings(Settings):
    mixup: float = setting(
        0.0,
        title="Mixup",
        help="Lay another image of the batch over each one, and ask for both classes by their shares. The number is "
        "alpha of the Beta distribution that the share is drawn from; 0 is off, 0.2 is usual. Training accuracy is "
        "then counted on mixed images, each as the class with the larger share, and lies below that of validation.",
        low=0,
        high=2,
        step=0.1,
        slider=(0, 1),
        too_high="Most images are half of one and half of another, and the model underfits.",
        too_low="Hardly anything is mixed.",
    )


def laid_over(
    images: "Tensor", targets: "Tensor", partner: "Tensor", draw: np.ndarray, settings: Any
) -> "tuple[Tensor, Tensor]":
    own = own_share(draw[0], settings.mixup)
    return own * images + (1 - own) * images[partner], shares(targets, partner, own)


SPECS = (
    AugmentationSpec(
        name="mixup",
        title="Mixup",
        about="Each image has another one laid over it.",
        settings=MixupSettings,
        on=lambda settings: settings.mixup > 0,
        in_words="mixup of {mixup:g}",
        source=lambda settings: f"v2.MixUp(alpha={float(settings.mixup)!r}, num_classes=classes)",
        mix=laid_over,
        order=90,
    ),
)
