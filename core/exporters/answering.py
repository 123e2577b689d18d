"""A trained network with its preparation before it and its probabilities after it: one module of torch operations that
can be traced for images of any size."""

import json
from threading import Lock

import torch
from torch import Tensor, nn

from core.exporters.spec import Exported
from core.loading.input_spec import InputSpec
from core.runs.trained import Trained
from core.sandbox.image_files import MAX_ASPECT

GREY = (0.2989, 0.587, 0.114)  # of red, green and blue, as torchvision weighs them
WEIGHT_BITS = 15  # of a weight of the resampling in torch's uint8, one of them for the sign
MAX_PRECISION = 22  # bits behind its point
TRACING = Lock()  # torch traces one module at a time


class Preparation(nn.Module):
    """(N, H, W, 1 or 3) uint8 of any size → (N, channels, height, width) float32, what `loading.pixels.from_images`
    makes of them: resized and cut, or put on their ground.

    Each axis is resized by a matrix that gives only the rows that remain, so that no size of what it computes follows
    from a value. Its weights and what it gives are rounded as torch rounds those of uint8 on a processor.
    """

    mean: Tensor
    std: Tensor
    ground: Tensor
    grey: Tensor
    powers: Tensor

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        self.spec = spec
        self.register_buffer("mean", torch.tensor(spec.mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(spec.std).view(-1, 1, 1))
        self.register_buffer("ground", torch.tensor(spec.ground or (0,)).float().view(-1, 1, 1))
        self.register_buffer("grey", torch.tensor(GREY).view(3, 1, 1))
        self.register_buffer("powers", 2.0 ** torch.arange(MAX_PRECISION + 1, dtype=torch.float64))

    def forward(self, images: Tensor) -> Tensor:
        pixels = images.permute(0, 3, 1, 2).double()  # sums of rounded weights and levels are exact in it
        axes = [torch.arange(side, dtype=torch.float64) for side in pixels.shape[2:]]
        rows, columns = self.on_ground(axes) if self.spec.ground else self.cut(axes)
        pixels = torch.floor(pixels @ columns.transpose(0, 1) + 0.5).clamp(0, 255)
        pixels = torch.floor(rows @ pixels + 0.5).clamp(0, 255)
        pixels = pixels.float()
        if self.spec.ground:
            covered = (rows.sum(1) > 0)[:, None] & (columns.sum(1) > 0)
            pixels = torch.where(covered, in_colours(pixels) if len(self.spec.ground) == 3 else pixels, self.ground)
        return (self.in_channels(pixels / 255) - self.mean) / self.std

    def in_channels(self, pixels: Tensor) -> Tensor:
        """(N, 1 or 3, H, W) → (N, channels, H, W), as `with_channels`."""
        colours = in_colours(pixels)
        if self.spec.channels == 3:
            return colours
        grey = (colours * self.grey).sum(1, keepdim=True)
        return torch.where(torch.arange(pixels.shape[1])[-1] == 2, grey, colours[:, :1])

    def cut(self, axes: list[Tensor]) -> list[Tensor]:
        """As `resize`: the matrices (size, side) of both axes, whose pixels have the numbers `axes`."""
        sides = [axis[-1] + 1 for axis in axes]
        fits = (sides[0] == self.spec.size[0]) & (sides[1] == self.spec.size[1])
        scale = torch.maximum(*(target / side for target, side in zip(self.spec.resized, sides, strict=True)))
        found = []
        for axis, side, target, size in zip(axes, sides, self.spec.resized, self.spec.size, strict=True):
            needed = torch.minimum(side, torch.ceil(MAX_ASPECT * target / scale))  # a long strip is cut first
            resized = torch.where(fits, side, torch.round(needed * scale).clamp(min=target))
            first = torch.round((resized - size) / 2)
            found.append(self.matrix(axis - torch.round((side - needed) / 2), needed, resized, first, size))
        return found

    def on_ground(self, axes: list[Tensor]) -> list[Tensor]:
        """As `whole`: the same; rows that show the ground are zero."""
        sides = [axis[-1] + 1 for axis in axes]
        scale = torch.minimum(*(size / side for size, side in zip(self.spec.size, sides, strict=True)))
        found = []
        for axis, side, size in zip(axes, sides, self.spec.size, strict=True):
            resized = torch.round(side * scale).clamp(min=1)
            found.append(self.matrix(axis, side, resized, -torch.floor((size - resized) / 2), size))
        return found

    def matrix(self, axis: Tensor, side: Tensor, resized: Tensor, first: Tensor, size: int) -> Tensor:
        """(size, pixels) that resamples those pixels of an axis which have the numbers 0 to `side` to `resized`, and
        gives `size` of these from `first` on: antialiased bilinear, as Pillow's and torch's are."""
        scale = side / resized
        wider = scale.clamp(min=1)
        rows = torch.cat([torch.arange(size) + first, torch.zeros(1, dtype=torch.float64)])  # and an edge of the whole
        distance = axis + 0.5 - scale * (rows[:, None] + 0.5)
        there = ((rows >= 0) & (rows < resized))[:, None] & (axis >= 0) & (axis < side)
        weights = (1 - (distance / wider).abs()).clamp(min=0) * there
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1e-9)
        # As many bits behind the point as leave the largest weight 15 of them.
        fits = torch.floor(0.5 + weights.max() * self.powers[1:]) < 2**WEIGHT_BITS
        power = self.powers.index_select(0, fits.sum()[None])
        return (torch.floor(0.5 + weights * power) / power)[:-1]


def in_colours(pixels: Tensor) -> Tensor:
    """(N, 1 or 3, H, W) → (N, 3, H, W), without asking which it is."""
    last = torch.arange(pixels.shape[1])[-1]
    return pixels.index_select(1, torch.arange(3) * last // 2)


class Answering(nn.Module):
    """(N, H, W, 1 or 3) uint8 of any size → (N, classes) float32, the app's own probabilities: at the temperature that
    was kept for these weights."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.preparation, self.network = Preparation(trained.spec), trained.model
        self.temperature = trained.confidence.temperature

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network(self.preparation(images))
        return (logits / self.temperature).softmax(1)


def traced(trained: Trained) -> torch.export.ExportedProgram:
    """The program of `Answering`, for any number of images of any size."""
    height, width = trained.spec.size
    images = torch.zeros((2, height + 3, width + 5, 3), dtype=torch.uint8)  # of no model's size
    free = {axis: torch.export.Dim(name, min=1) for axis, name in enumerate(("N", "H", "W"))}
    sizes = {**free, 3: torch.export.Dim("C", min=1, max=3)}
    with TRACING:
        return torch.export.export(Answering(trained).requires_grad_(False).eval(), (images,), dynamic_shapes=(sizes,))


def description(exported: Exported) -> dict[str, str]:
    """What somebody has to know who has only the program: texts by name, `classes` as a JSON list."""
    trained = exported.trained
    return {
        "name": exported.run.name,
        "input": "images: uint8 [N, H, W, C], N pictures of one size, any size; C is 1 (grey) or 3 (red, green, blue)",
        "output": "probabilities: float32 [N, classes]",
        "classes": json.dumps(list(trained.meta.classes), ensure_ascii=False),
        "temperature": f"{trained.confidence.temperature:g}",
        "threshold": f"{trained.confidence.threshold:g}",
        "data": trained.meta.title,
    }
