"""Data augmentation at work: what the entries that are on do to images, as a pure function of (seed, epoch, index). The
same image in the same epoch is always changed the same way, whatever the order, the batch size or where a run was
resumed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.loading.augmentations import in_use
from core.loading.augmentations.spec import AugmentationSpec, Box, Geometry
from core.loading.randomness import SCHEME, draws


class Augmentation:
    """The augmentations that the settings of a run turn on."""

    def __init__(self, settings: Any, seed: int) -> None:
        self.settings, self.seed, self.entries = settings, seed, in_use(settings)

    @property
    def mixes(self) -> list[AugmentationSpec]:
        """Those that mix the images of a batch with one another."""
        return [entry for entry in self.entries if entry.mix]

    @property
    def changes_images(self) -> bool:
        """Whether there are any that change an image by itself."""
        return len(self.mixes) < len(self.entries)

    def of(self, indices: np.ndarray, epoch: int, scheme: int = SCHEME) -> "Change":
        """What happens to these images in this epoch."""
        return Change(self, indices, epoch, scheme)

    def draws(self, entry: AugmentationSpec, epoch: int, indices: np.ndarray, scheme: int) -> np.ndarray:
        """(N, entry.draws) floats in (0, 1)."""
        mirrored = entry.antithetic and epoch % 2
        values = draws(self.seed, entry.name, epoch - bool(mirrored), indices, entry.draws, scheme)
        return 1 - values if mirrored else values

    def mixed(
        self, images: Tensor, labels: Tensor, classes: int, indices: np.ndarray, epoch: int, step: int, scheme: int
    ) -> tuple[Tensor, Tensor]:
        """A batch whose images are mixed with one another, and the shares (N, classes) that each has of each class. Of
        several ways, every step takes one."""
        if not self.mixes:
            return images, labels
        here = np.array([step])
        choice = draws(self.seed, "mix: which", epoch, here, 1, scheme)[0, 0]
        entry = self.mixes[int(choice * len(self.mixes))]
        order = np.argsort(draws(self.seed, "mix: partner", epoch, indices, 1, scheme)[:, 0], kind="stable")
        partner = torch.from_numpy(order).to(images.device)
        assert entry.mix
        draw = self.draws(entry, epoch, here, scheme)[0]
        return entry.mix(images, F.one_hot(labels, classes).float(), partner, draw, self.settings)


@dataclass
class Change:
    """What happens to some images in an epoch."""

    augmentation: Augmentation
    indices: np.ndarray  # (N,)
    epoch: int
    scheme: int

    def those(self, kind: str) -> list[tuple[Callable[..., Any], np.ndarray]]:
        """The functions of one kind of the entries that are on, each with its (N, draws) random numbers."""
        entries = [entry for entry in self.augmentation.entries if getattr(entry, kind)]
        return [
            (getattr(entry, kind), self.augmentation.draws(entry, self.epoch, self.indices, self.scheme))
            for entry in entries
        ]

    @cached_property
    def boxes(self) -> list[tuple[Callable[..., Box], np.ndarray]]:
        """The functions that choose which part of each image is kept."""
        return self.those("box")

    def box(self, row: int, height: int, width: int) -> Box:
        """The part that is kept of one of the images, which has this height and width."""
        top, left = 0, 0
        for cut, draw in self.boxes:
            y, x, height, width = cut(draw[row], self.augmentation.settings, height, width)
            top, left = top + y, left + x
        return top, left, height, width

    def crop(self, row: int, image: Tensor, size: tuple[int, int]) -> Tensor:
        """The part of one photograph (C, H, W) uint8 that is kept, brought to `size` with antialiasing."""
        from torchvision.transforms.v2 import functional as V

        top, left, height, width = self.box(row, image.shape[1], image.shape[2])
        cropped: Tensor = V.resized_crop(image, top, left, height, width, list(size), antialias=True)
        return cropped

    def apply(self, images: Tensor, *, reflect: bool, beyond: Tensor | None = None, cropped: bool = False) -> Tensor:
        """The images (N, C, H, W), floats in 0–1, changed.

        `reflect` mirrors the image beyond its edges and blanks with grey, where a drawing has black for both;
        `beyond` (C, 1, 1) is what lies beyond the edges in place of black; `cropped` says that `crop` is done already.
        """
        settings, geometry = self.augmentation.settings, Geometry.none(len(self.indices))
        moves = self.those("geometry")
        for add, draw in moves:
            add(draw, settings, geometry)
        boxes = [] if cropped else self.boxes
        parts = [self.box(row, *images.shape[2:]) for row in range(len(images))] if boxes else []
        if moves or boxes:
            images = placed(images, geometry, parts, reflect=reflect, beyond=beyond)
        for change, draw in self.those("pixels"):
            images = change(images, draw, settings, reflect)
        return images


def placed(
    images: Tensor, geometry: Geometry, boxes: list[Box], *, reflect: bool, beyond: Tensor | None = None
) -> Tensor:
    """The images (N, C, H, W) turned, enlarged and moved, in one interpolation, and of each the part that `boxes` keep,
    if there are any. Beyond the edges lies the image mirrored (`reflect`), `beyond` (C, 1, 1), or 0."""
    ground = None if reflect else beyond
    if ground is not None:
        images = images - ground  # what lies beyond is 0 to both ways below
    if geometry.interpolates or boxes:
        theta = torch.from_numpy(affine(geometry, images.shape[2:], boxes)).to(images.device)
        grid = F.affine_grid(theta, list(images.shape), align_corners=False)
        padding = "reflection" if reflect else "zeros"
        images = F.grid_sample(images, grid, padding_mode=padding, align_corners=False)
    else:
        images = shifted(images, geometry, reflect=reflect)
    return images if ground is None else images + ground


def affine(geometry: Geometry, size: tuple[int, ...], boxes: list[Box]) -> np.ndarray:
    """(N, 2, 3) float32 maps from output to input coordinates, both -1 to 1, for `affine_grid`."""
    height, width = size
    theta = np.zeros((len(geometry.angle), 2, 3))
    cos, sin = geometry.zoom * np.cos(geometry.angle), geometry.zoom * np.sin(geometry.angle)
    # x and y are in units of half the width and half the height, hence the aspect in the mixed terms
    theta[:, 0, 0], theta[:, 0, 1] = cos, -sin * height / width
    theta[:, 1, 0], theta[:, 1, 1] = sin * width / height, cos
    theta[:, 0, 2] = 2 * geometry.right
    theta[:, 1, 2] = 2 * geometry.down
    for i, (top, left, h, w) in enumerate(boxes):
        theta[i, 0] = theta[i, 0] * (w / width)
        theta[i, 1] = theta[i, 1] * (h / height)
        theta[i, 0, 2] += (2 * left + w) / width - 1
        theta[i, 1, 2] += (2 * top + h) / height - 1
    return theta.astype(np.float32)


def shifted(images: Tensor, geometry: Geometry, *, reflect: bool) -> Tensor:
    """Each image moved by whole pixels: nothing is blurred, and it is a copy."""
    height, width = images.shape[2:]
    # (N, H) and (N, W): the row and the column that each pixel comes from, which may lie beyond an edge
    rows, columns = (
        np.arange(side) + np.rint(side * share[:, None]).astype(np.int64)
        for share, side in ((geometry.down, height), (geometry.right, width))
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
