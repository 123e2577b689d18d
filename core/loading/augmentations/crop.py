"""Cutting out a part, as ImageNet is trained with."""

import math
from typing import Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec, Box
from core.settings.fields import Settings, setting


class CropSettings(Settings):
    crop: float = setting(
        1.0,
        title="Random crop",
        help="Cut out a random part of at least this share of the area, of any shape from 3:4 to 4:3, and bring it "
        "to full size. 1 is off; 0.08 is what ImageNet is trained with.",
        low=0.05,
        high=1,
        step=0.01,
        too_high="At 1 nothing is cut.",
        too_low="What makes the class may be cut away.",
    )


def crop_box(draw: np.ndarray, settings: Any, height: int, width: int) -> Box:
    """A part of at least `crop` of the area, its shape from 3:4 to 4:3.

    One draw instead of torchvision's ten tries: what sticks out is cut to the image. `draw`: (4,) in 0–1.
    """
    least = settings.crop
    area = height * width * (least + (1 - least) * draw[0])
    ratio = math.exp(math.log(4 / 3) * (2 * draw[1] - 1))
    h = min(height, max(1, round(math.sqrt(area / ratio))))
    w = min(width, max(1, round(math.sqrt(area * ratio))))
    return int(draw[2] * (height - h + 1)), int(draw[3] * (width - w + 1)), h, w


SPECS = (
    AugmentationSpec(
        name="crop",
        title="Random crop",
        about="A part of the image is brought to full size.",
        settings=CropSettings,
        on=lambda settings: settings.crop < 1,
        in_words="random crop from {crop:share}",
        source=lambda settings: f"v2.RandomResizedCrop(size, scale=({settings.crop:g}, 1))",
        draws=4,
        box=crop_box,
        order=45,
    ),
)
