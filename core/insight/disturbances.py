"""What can befall a picture on its way to a model, at several strengths: noise, blur, a shift, a turn, less contrast.

After Hendrycks & Dietterich 2019 (arXiv:1903.12261). The names and strengths are known without torch.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.locale import N_

if TYPE_CHECKING:
    from torch import Tensor

Change = Callable[["Tensor", float, "Tensor | None"], "Tensor"]


@dataclass(frozen=True)
class Disturbance:
    """`change(images, strength, ground)` is done to (n, C, H, W) float of 0–1 and gives the same shape; `ground` is the
    level (C, 1, 1) of what lies around a drawing, None for photographs. The first strength changes nothing."""

    name: str
    title: str
    axis: str  # what the strength is, with its unit
    strengths: tuple[float, ...]
    change: Change


def noise(images: "Tensor", strength: float, ground: "Tensor | None") -> "Tensor":
    """Gaussian, of this standard deviation; always the same for a batch."""
    import torch

    drawn = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images + strength * drawn.to(images.device)).clamp(0, 1)


def blur(images: "Tensor", strength: float, ground: "Tensor | None") -> "Tensor":
    """Gaussian, of this standard deviation as a share of the shorter side."""
    from torchvision.transforms.v2 import functional as V

    height, width = images.shape[2:]
    sigma = strength * min(height, width)
    reach = min(math.ceil(3 * sigma), (min(height, width) - 1) // 2)
    if not reach:
        return images
    blurred: Tensor = V.gaussian_blur(images, [2 * reach + 1] * 2, [sigma, sigma])
    return blurred


def shift(images: "Tensor", strength: float, ground: "Tensor | None") -> "Tensor":
    """By this share of the side: one image to the right, the next down, then left, then up."""
    import torch

    way = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]])[torch.arange(len(images)) % 4]
    matrix = torch.eye(2, 3).repeat(len(images), 1, 1)
    matrix[:, :, 2] = -2 * strength * way
    return moved(images, matrix, ground)


def rotation(images: "Tensor", strength: float, ground: "Tensor | None") -> "Tensor":
    """By so many degrees, one image to one side and the next to the other."""
    import torch

    angles = math.radians(strength) * (1 - 2.0 * (torch.arange(len(images)) % 2))
    matrix = torch.zeros(len(images), 2, 3)
    matrix[:, 0, 0] = matrix[:, 1, 1] = angles.cos()
    matrix[:, 0, 1] = -angles.sin() * images.shape[2] / images.shape[3]
    matrix[:, 1, 0] = angles.sin() * images.shape[3] / images.shape[2]
    return moved(images, matrix, ground)


def contrast(images: "Tensor", strength: float, ground: "Tensor | None") -> "Tensor":
    """So much less of the distance between each pixel and the mean of its image."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (1 - strength) * (images - mean)


def moved(images: "Tensor", matrices: "Tensor", ground: "Tensor | None") -> "Tensor":
    """Through matrices (n, 2, 3) from the places in the result to those in the image. What comes in from outside is the
    ground, or else a mirror image of the border."""
    import torch.nn.functional as F

    grid = F.affine_grid(matrices.to(images.device), list(images.shape), align_corners=False)
    if ground is None:
        return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    return F.grid_sample(images - ground, grid, padding_mode="zeros", align_corners=False) + ground


DISTURBANCES = {
    one.name: one
    for one in (
        Disturbance("noise", N_("Noise"), N_("standard deviation, of a range of 1"),
                    (0, 0.05, 0.1, 0.2, 0.3, 0.5), noise),
        Disturbance("blur", N_("Blur"), N_("standard deviation, share of the side"),
                    (0, 0.02, 0.04, 0.06, 0.08, 0.12), blur),
        Disturbance("shift", N_("Shift"), N_("share of the side"), (0, 0.04, 0.08, 0.12, 0.18, 0.25), shift),
        Disturbance("rotation", N_("Rotation"), N_("degrees"), (0, 10, 20, 30, 45, 90), rotation),
        Disturbance("contrast", N_("Contrast"), N_("share of the contrast that is taken away"),
                    (0, 0.3, 0.5, 0.7, 0.85, 0.95), contrast),
    )
}  # fmt: skip
