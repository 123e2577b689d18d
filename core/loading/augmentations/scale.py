"""Enlarging and shrinking."""

from typing import Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec, Geometry, signed
from core.settings.fields import Settings, setting


class ScaleSettings(Settings):
    scale: float = setting(
        0.0,
        title="Zoom",
        help="Enlarge or shrink by up to this share.",
        low=0,
        high=0.9,
        step=0.01,
        slider=(0, 0.5),
        too_high="Things grow out of the image or become specks.",
        too_low="The model may depend on how large things are.",
    )


def zoom(draw: np.ndarray, settings: Any, geometry: Geometry) -> None:
    geometry.zoom = geometry.zoom * (1 / (1 + settings.scale * signed(draw[:, 0])))
    geometry.interpolates = True


SPECS = (
    AugmentationSpec(
        name="scale",
        title="Zoom",
        about="Things are a little larger or smaller.",
        settings=ScaleSettings,
        on=lambda settings: settings.scale > 0,
        in_words="zoom up to {scale:share}",
        source=lambda settings: (
            f"v2.RandomAffine(0, scale=({1 - settings.scale:g}, {1 + settings.scale:g}), "
            "interpolation=v2.InterpolationMode.BILINEAR)"
        ),
        affine=lambda settings: {"scale": f"({1 - settings.scale:g}, {1 + settings.scale:g})"},
        geometry=zoom,
        order=40,
    ),
)
