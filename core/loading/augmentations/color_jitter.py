"""Brightness, contrast, saturation and hue a little otherwise, in this order. On one channel, the first two."""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec, Images, factors, signed
from core.locale import _
from core.settings.fields import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor


class ColorJitterSettings(Settings):
    brightness: float = setting(
        0.0,
        title="Brightness",
        help="Multiply all pixels by a factor that is up to this share away from 1.",
        low=0,
        high=1,
        step=0.05,
        slider=(0, 0.8),
        too_high="Images become black or white.",
        too_low="The model may depend on the light.",
    )
    contrast: float = setting(
        0.0,
        title="Contrast",
        help="Move all pixels away from the image's mean brightness, or towards it, by up to this share.",
        low=0,
        high=1,
        step=0.05,
        slider=(0, 0.8),
        too_high="Images become even grey.",
        too_low="The model may depend on how clear the image is.",
    )
    saturation: float = setting(
        0.0,
        title="Saturation",
        help="Make colours stronger or weaker by up to this share. Images without colour stay as they are.",
        low=0,
        high=1,
        step=0.05,
        slider=(0, 0.8),
        too_high="Images lose their colour.",
        too_low="The model may depend on how strong colours are.",
    )
    hue: float = setting(
        0.0,
        title="Hue",
        help="Turn all colours around the colour wheel by up to this share of it: at 0.5, red may become any colour.",
        low=0,
        high=0.5,
        step=0.01,
        slider=(0, 0.3),
        too_high="A ripe tomato becomes green, and colour carries no information.",
        too_low="The model may depend on exact colours.",
    )


def jittered(images: "Tensor", draw: np.ndarray, settings: Any, reflect: bool) -> "Tensor":
    """Each change as torchvision's `ColorJitter` makes it."""
    import torch

    if settings.brightness:
        images = (images * factors(draw[:, 0], settings.brightness, images)).clamp(0, 1)
    if settings.contrast:
        # In float64, where the device has it: the sum must not depend on how many images stand side by side.
        exact = torch.float32 if images.device.type == "mps" else torch.float64
        mean = grey(images).flatten(1).mean(1, dtype=exact)
        images = blended(images, mean.float()[:, None, None, None], factors(draw[:, 1], settings.contrast, images))
    if settings.saturation and images.shape[1] == 3:
        images = blended(images, grey(images), factors(draw[:, 2], settings.saturation, images))
    if settings.hue and images.shape[1] == 3:
        images = hue_turned(images, settings.hue * signed(draw[:, 3]))
    return images


def grey(images: "Tensor") -> "Tensor":
    """(N, 1 or 3, H, W) → (N, 1, H, W), as the eye weighs colours (ITU-R 601)."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    return (0.2989 * red + 0.587 * green + 0.114 * blue)[:, None]


def blended(images: "Tensor", others: "Tensor", share: "Tensor") -> "Tensor":
    return (share * images + (1 - share) * others).clamp(0, 1)


def hue_turned(images: "Tensor", turns: np.ndarray) -> "Tensor":
    """(N, 3, H, W) RGB with each image's hue turned by a share of the circle; saturation and value stay (HSV)."""
    import torch

    value, chroma = images.amax(1), images.amax(1) - images.amin(1)
    red, green, blue = images.unbind(1)
    safe = torch.where(chroma > 0, chroma, torch.ones_like(chroma))
    hue = torch.where(  # in sixths of the circle, from red
        value == red,
        (green - blue) / safe,
        torch.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    hue = hue + 6 * torch.from_numpy(turns.astype(np.float32)).to(images.device)[:, None, None]
    turned = []
    for corner in (5, 3, 1):  # red, green, blue
        k = (hue + corner) % 6
        turned.append(value - chroma * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack(turned, 1)


def warns(settings: Any, data: Images) -> str:
    if data.channels == 3 or not (settings.saturation or settings.hue):
        return ""
    return _("Saturation and hue change nothing here: the images have no colour.")


SPECS = (
    AugmentationSpec(
        name="color_jitter",
        title="Color jitter",
        about="The light and the colours are a little otherwise.",
        settings=ColorJitterSettings,
        on=lambda settings: bool(settings.brightness or settings.contrast or settings.saturation or settings.hue),
        in_words="color jitter (brightness {brightness:share}, contrast {contrast:share}, "
        "saturation {saturation:share}, hue {hue:share})",
        source=lambda settings: (
            f"v2.ColorJitter(brightness={settings.brightness:g}, contrast={settings.contrast:g}, "
            f"saturation={settings.saturation:g}, hue={settings.hue:g})"
        ),
        draws=4,
        pixels=jittered,
        warns=warns,
        order=60,
    ),
)
