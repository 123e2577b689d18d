"""Mirroring. An image mirrored in one epoch is not mirrored in the next (Jordan 2024, arXiv:2404.00498)."""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec, Images
from core.locale import _
from core.settings.fields import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor


class FlipSettings(Settings):
    flip: bool = setting(
        False,
        title="Mirror",
        help="Mirror half of the images left to right. Right for clothes and animals, wrong for digits and letters.",
    )


def mirrored(images: "Tensor", draw: np.ndarray, settings: FlipSettings, reflect: bool) -> "Tensor":
    import torch

    chosen = torch.from_numpy(draw[:, 0] < 0.5).to(images.device)
    return torch.where(chosen[:, None, None, None], images.flip(3), images)


def warns(settings: Any, data: Images) -> str:
    if data.flips:
        return ""
    return _(
        "Mirror is on, but a mirrored image of this data set is not of its class any more: a mirrored 3 or b "
        "is another sign, or none. Turn Mirror off, unless you want to see what it costs."
    )


SPECS = (
    AugmentationSpec(
        name="flip",
        title="Mirror",
        about="Left becomes right.",
        settings=FlipSettings,
        on=lambda settings: settings.flip,
        in_words="mirror",
        source=lambda settings: "v2.RandomHorizontalFlip()",
        antithetic=True,
        pixels=mirrored,
        warns=warns,
        order=10,
    ),
)
