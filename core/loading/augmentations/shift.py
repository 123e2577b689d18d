"""Moving. Alone it moves whole pixels, so nothing is blurred."""

from typing import Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec, Geometry, signed
from core.settings.fields import Settings, setting


class ShiftSettings(Settings):
    shift: float = setting(
        0.0,
        title="Shift",
        help="Move the image by up to this share of its side, in any direction.",
        low=0,
        high=0.5,
        step=0.01,
        slider=(0, 0.3),
        too_high="Things leave the image and cannot be recognised.",
        too_low="The model may depend on where things stand.",
    )


def move(draw: np.ndarray, settings: Any, geometry: Geometry) -> None:
    geometry.right = geometry.right + settings.shift * signed(draw[:, 0])
    geometry.down = geometry.down + settings.shift * signed(draw[:, 1])


SPECS = (
    AugmentationSpec(
        name="shift",
        title="Shift",
        about="The image is shifted a little.",
        settings=ShiftSettings,
        on=lambda settings: settings.shift > 0,
        in_words="shift up to {shift:share}",
        source=lambda settings: f"v2.RandomAffine(0, translate=({settings.shift:g}, {settings.shift:g}))",
        affine=lambda settings: {"translate": f"({settings.shift:g}, {settings.shift:g})"},
        draws=2,
        geometry=move,
        order=20,
    ),
)
