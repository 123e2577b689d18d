"""Turning."""

from typing import Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec, Geometry, signed
from core.settings.fields import Settings, setting


class RotateSettings(Settings):
    rotate: float = setting(
        0.0,
        title="Rotate",
        help="Turn the image by up to so many degrees, either way.",
        low=0,
        high=180,
        step=1,
        slider=(0, 45),
        too_high="A 6 becomes a 9.",
        too_low="Slanted things are recognised less well.",
    )


def turn(draw: np.ndarray, settings: Any, geometry: Geometry) -> None:
    geometry.angle = geometry.angle + np.radians(settings.rotate) * signed(draw[:, 0])
    geometry.interpolates = True


SPECS = (
    AugmentationSpec(
        name="rotate",
        title="Rotate",
        about="The image is turned around its middle.",
        settings=RotateSettings,
        on=lambda settings: settings.rotate > 0,
        in_words="rotate up to {rotate:g}°",
        source=lambda settings: f"v2.RandomRotation({settings.rotate:g}, v2.InterpolationMode.BILINEAR)",
        affine=lambda settings: {"degrees": f"{settings.rotate:g}"},
        geometry=turn,
        order=30,
    ),
)
