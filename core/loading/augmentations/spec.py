"""The description of an augmentation. There are four kinds, distinguished by which of its functions is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.settings.fields import Settings

if TYPE_CHECKING:
    from torch import Tensor

Box = tuple[int, int, int, int]  # top, left, height, width in pixels


class AugmentSettings(Settings):
    """Data augmentation: random changes that keep an image's class, drawn anew for every image in every epoch."""


@dataclass
class Geometry:
    """How each of N images is turned, enlarged and moved; several augmentations add up to one interpolation. Where
    images move by whole pixels only, there is none."""

    angle: np.ndarray  # radians, (N,)
    zoom: np.ndarray  # length in the input for each one in the output, (N,)
    right: np.ndarray  # share of the width, (N,)
    down: np.ndarray  # share of the height, (N,)
    interpolates: bool = False  # whether values between pixels are needed

    @classmethod
    def none(cls, count: int) -> "Geometry":
        """No change of so many images."""
        return cls(np.zeros(count), np.ones(count), np.zeros(count), np.zeros(count))


class Images(Protocol):
    """What an augmentation may want to know of a data set: a part of its `Meta`."""

    @property
    def flips(self) -> bool: ...  # a mirrored image keeps its class
    @property
    def channels(self) -> int: ...


def no_warning(settings: Any, images: Images) -> str:
    """The warning of an augmentation that suits all images."""
    return ""


@dataclass(frozen=True)
class AugmentationSpec:
    """One entry of the registry. Reading it imports no torch; what it does to images may.

    `draw` is (N, draws) floats in (0, 1), a row an image, which no other augmentation shares. The same row must give
    the same bits, whatever images stand beside it.
    """

    name: str
    title: str
    about: str  # one sentence for a learner
    settings: type[Settings]  # its own; each of its names belongs to no other augmentation. By default it is off
    on: Callable[[Any], bool]  # (settings) -> whether anything changes
    in_words: str  # with the settings in their places: "shift up to {shift:share}"
    # (settings) -> one of torchvision's transforms, as an expression; `v2` is imported, and `classes` their count
    source: Callable[[Any], str]
    # (settings) -> the arguments of `v2.RandomAffine` that say the same; several of such are written as one
    affine: Callable[[Any], dict[str, str]] | None = None
    draws: int = 1  # random numbers for an image, or for a step where batches are mixed
    # The draws of an odd epoch are 1 - x of the even one before it: what one shows, the next does not.
    antithetic: bool = False

    # (draw (draws,), settings, height, width) -> the part that is kept; brought to full size afterwards
    box: Callable[[np.ndarray, Any, int, int], Box] | None = None
    # (draw, settings, sum so far): adds to how images are turned, enlarged and moved
    geometry: Callable[[np.ndarray, Any, Geometry], None] | None = None
    # (images (N, C, H, W) floats in 0-1, draw, settings, what lies beyond: mirrored or black) -> images
    pixels: "Callable[[Tensor, np.ndarray, Any, bool], Tensor] | None" = None
    # (images (N, C, H, W), targets (N, classes) shares, partner (N,) int64, draw (draws,), settings) -> both, mixed
    mix: "Callable[[Tensor, Tensor, Tensor, np.ndarray, Any], tuple[Tensor, Tensor]] | None" = None

    # (settings, images) -> a sentence where it does not suit them
    warns: Callable[[Any, Images], str] = no_warning
    order: int = field(default=50)  # among the entries, on the form and when applied


def signed(draw: np.ndarray) -> np.ndarray:
    """From 0–1 to −1–1."""
    return np.asarray(2 * draw - 1)


def factors(draw: np.ndarray, strength: float, images: "Tensor") -> "Tensor":
    """(N, 1, 1, 1) numbers around 1, from 1 - strength (not below 0) to 1 + strength."""
    import torch

    low = max(0.0, 1 - strength)
    values = low + (1 + strength - low) * draw
    return torch.from_numpy(values.astype(np.float32)).to(images.device)[:, None, None, None]
