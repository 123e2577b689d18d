"""Data augmentation: random changes of a batch, as a pure function of (seed, epoch, index). The same image in the same
epoch is always changed the same way, whatever the order, the batch size or where a run was resumed."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms.v2 import functional as V

from core.loading.settings import AugmentConfig

# Random numbers an image gets in an epoch, and what each is for.
ANGLE, ZOOM, RIGHT, DOWN, MIRROR, HOLE_TOP, HOLE_LEFT = range(7)
CROP = slice(7, 11)
DRAWS = 11


def draws(seed: int, epoch: int, indices: np.ndarray) -> np.ndarray:
    """(N, DRAWS) floats in [0, 1) that depend on seed, epoch and index alone.

    SplitMix64's finaliser (Steele, Lea and Flood 2014) over a counter: a generator with a state could not be
    asked for image 31,007 without drawing the 31,006 before it.
    """
    values = numbers(seed, epoch, indices, np.arange(DRAWS))
    # An image mirrored in one epoch is not mirrored in the next (Jordan 2024, arXiv:2404.00498): both sides are seen.
    mirror = numbers(seed, epoch - epoch % 2, indices, np.array([MIRROR]))[:, 0]
    values[:, MIRROR] = 1 - mirror if epoch % 2 else mirror
    return values


def numbers(seed: int, epoch: int, indices: np.ndarray, which: np.ndarray) -> np.ndarray:
    """(N, len(which)) floats in [0, 1)."""
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is the point
        key = mix(np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(epoch))
        counter = indices.astype(np.uint64)[:, None] * np.uint64(DRAWS) + which.astype(np.uint64)
        bits = mix(key + (counter + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    # Half a unit in the last place keeps 0 and 1 out, so that 1 - x is in the same range.
    return np.asarray(((bits >> np.uint64(12)).astype(np.float64) + 0.5) / 2**52)


def mix(z: "np.uint64 | np.ndarray") -> "np.uint64 | np.ndarray":
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def crop_box(height: int, width: int, least: float, draw: np.ndarray) -> tuple[int, int, int, int]:
    """Top, left, height and width of a random crop of at least `least` of the area, its shape from 3:4 to 4:3.

    One draw instead of torchvision's ten tries: what sticks out is cut to the image. `draw`: (4,) in [0, 1).
    """
    area = height * width * (least + (1 - least) * draw[0])
    ratio = math.exp(math.log(4 / 3) * (2 * draw[1] - 1))
    h = min(height, max(1, round(math.sqrt(area / ratio))))
    w = min(width, max(1, round(math.sqrt(area * ratio))))
    return int(draw[2] * (height - h + 1)), int(draw[3] * (width - w + 1)), h, w


def crop_photo(image: Tensor, size: tuple[int, int], least: float, draw: np.ndarray) -> Tensor:
    """A random crop of one photograph (C, H, W) uint8, brought to `size` with antialiasing."""
    top, left, height, width = crop_box(image.shape[1], image.shape[2], least, draw)
    cropped: Tensor = V.resized_crop(image, top, left, height, width, list(size), antialias=True)
    return cropped


def augment(images: Tensor, draw: np.ndarray, settings: AugmentConfig, *, reflect: bool, cropped: bool) -> Tensor:
    """Change each image of a batch (N, C, H, W), floats in 0–1, by its own row of `draw` (N, DRAWS).

    `reflect` mirrors the image beyond its edges and blanks with grey, where a drawing has black for both;
    `cropped` says that the random crop is done already.
    """
    crop = 1.0 if cropped else settings.crop
    if settings.rotate or settings.scale or crop < 1:
        theta = torch.from_numpy(affine(draw, settings, crop, images.shape[2:])).to(images.device)
        grid = F.affine_grid(theta, list(images.shape), align_corners=False)
        padding = "reflection" if reflect else "zeros"
        images = F.grid_sample(images, grid, padding_mode=padding, align_corners=False)
    elif settings.shift:
        images = shifted(images, draw, settings.shift, reflect=reflect)
    if settings.flip:
        mirrored = torch.from_numpy(draw[:, MIRROR] < 0.5).to(images.device)
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    if settings.erase:
        images = images.masked_fill(holes(draw, settings.erase, images), 0.5 if reflect else 0.0)
    return images


def shifted(images: Tensor, draw: np.ndarray, share: float, *, reflect: bool) -> Tensor:
    """Each image moved by whole pixels, up to `share` of its side: nothing is blurred, and it is a copy."""
    height, width = images.shape[2:]
    # (N, H) and (N, W): the row and the column that each pixel comes from, which may lie beyond an edge
    rows, columns = (
        np.arange(side) + np.rint(share * side * (2 * draw[:, [which]] - 1)).astype(np.int64)
        for which, side in ((DOWN, height), (RIGHT, width))
    )
    y, x = (
        torch.from_numpy(side - 1 - np.abs(side - 1 - np.abs(wanted))).to(images.device)  # mirrored at the edge
        for wanted, side in ((rows, height), (columns, width))
    )
    number = torch.arange(len(images), device=images.device)[:, None, None]
    moved = images.permute(0, 2, 3, 1)[number, y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2)
    if reflect:
        return moved
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    return moved * torch.from_numpy(inside).to(images.device)[:, None]


def affine(draw: np.ndarray, settings: AugmentConfig, crop: float, size: tuple[int, ...]) -> np.ndarray:
    """(N, 2, 3) float32 maps from output to input coordinates, both -1 to 1, for `affine_grid`."""
    height, width = size
    signed = 2 * draw - 1
    angle = np.radians(settings.rotate) * signed[:, ANGLE]
    zoom = 1 / (1 + settings.scale * signed[:, ZOOM])
    theta = np.zeros((len(draw), 2, 3))
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    # x and y are in units of half the width and half the height, hence the aspect in the mixed terms
    theta[:, 0, 0], theta[:, 0, 1] = cos, -sin * height / width
    theta[:, 1, 0], theta[:, 1, 1] = sin * width / height, cos
    theta[:, 0, 2] = 2 * settings.shift * signed[:, RIGHT]
    theta[:, 1, 2] = 2 * settings.shift * signed[:, DOWN]
    if crop < 1:
        for i in range(len(draw)):
            top, left, h, w = crop_box(height, width, crop, draw[i, CROP])
            theta[i, 0] = theta[i, 0] * (w / width)
            theta[i, 1] = theta[i, 1] * (h / height)
            theta[i, 0, 2] += (2 * left + w) / width - 1
            theta[i, 1, 2] += (2 * top + h) / height - 1
    return theta.astype(np.float32)


def holes(draw: np.ndarray, share: float, images: Tensor) -> Tensor:
    """(N, 1, H, W) bool: a square of `share` of the shorter side in each image, wholly inside."""
    height, width = images.shape[2:]
    side = max(1, round(share * min(height, width)))
    top = torch.from_numpy((draw[:, HOLE_TOP] * (height - side + 1)).astype(np.int64)).to(images.device)[:, None]
    left = torch.from_numpy((draw[:, HOLE_LEFT] * (width - side + 1)).astype(np.int64)).to(images.device)[:, None]
    y, x = torch.arange(height, device=images.device), torch.arange(width, device=images.device)
    rows, columns = (y >= top) & (y < top + side), (x >= left) & (x < left + side)
    return (rows[:, :, None] & columns[:, None, :])[:, None]
