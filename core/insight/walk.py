"""A walk through a network: what each layer makes of an image, its weights, and the images that excite a unit most."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.insight.explanation import own_copy
from core.insight.layer_outputs import device_of, images_at_once, watched
from core.loading.input_spec import InputSpec
from core.loading.pixels import Pixels, from_images
from core.models.layers.of_module import formulas_of
from core.models.layers.spec import Formula, Shape
from core.prepared.arrays import Prepared

MAX_MAPS = 64  # feature maps of a layer that are shown
BINS = 60  # of a histogram
SEARCHED_FLOATS = 2**25  # of what all layers put out for the images that are searched together


@dataclass(frozen=True)
class Layer:
    """One step of an image on its way through a network."""

    name: str  # dotted, as in the state_dict
    kind: str  # its class: Conv2d, BatchNorm2d, …
    input: Shape  # (C, H, W), or (F,)
    output: Shape
    values: NDArray[np.float32]  # what it makes of this image, of the shape `output`
    weights: NDArray[np.float32] | None  # its own, as torch keeps them; None where it has none
    formulas: tuple[Formula, ...] = field(default=())


def walk(model: nn.Module, image: NDArray[np.uint8], spec: InputSpec) -> list[Layer]:
    """Every step of an image (H, W, 1 or 3), in the order in which it passes them."""
    copy = own_copy(model)
    layers: dict[str, Layer] = {}

    def note(name: str, layer: nn.Module, before: Tensor, after: Tensor) -> None:
        weights = getattr(layer, "weight", None)
        own = weights.detach().cpu().numpy() if isinstance(weights, Tensor) else None
        shapes = tuple(before.shape[1:]), tuple(after.shape[1:])
        layers.pop(name, None)  # a layer that is passed twice stands where it is passed last
        layers[name] = Layer(
            name, type(layer).__name__, *shapes, after[0].cpu().numpy().copy(), own, formulas_of(layer, *shapes)
        )

    inputs = from_images([image], spec, device_of(copy))
    with torch.no_grad(), watched(copy, note):
        copy(inputs)
    return list(layers.values())


def first_filters(layers: list[Layer]) -> NDArray[np.float32] | None:
    """The windows of the first convolution, (filters, C, h, w); None where there is none, or where it does not see the
    image's own channels."""
    for layer in layers:
        if layer.weights is not None and layer.weights.ndim == 4:
            return layer.weights if layer.weights.shape[1] in (1, 3) else None
    return None


def as_pictures(maps: NDArray[np.float32], together: bool = False) -> NDArray[np.uint8]:
    """(N, C, h, w) of any values → (N, h, w, C) uint8. Each is stretched from its smallest value to its largest one;
    `together`, all by the same, with 0 at middle grey: what is light in one is then more than what is dark in another.
    """
    values = np.moveaxis(maps, 1, -1).astype(np.float64)
    if together:
        most = np.abs(values).max(initial=0) or 1
        shared: NDArray[np.uint8] = np.round(127.5 + 127.5 * values / most).astype(np.uint8)
        return shared
    low, high = values.min(axis=(1, 2, 3), keepdims=True), values.max(axis=(1, 2, 3), keepdims=True)
    each: NDArray[np.uint8] = np.round(255 * (values - low) / np.where(high > low, high - low, 1)).astype(np.uint8)
    return each


@dataclass(frozen=True)
class Histogram:
    """How often values occur: the middles of the bins, and the share of the values in each."""

    middles: NDArray[np.float64]
    shares: NDArray[np.float64]
    zeros: float  # the share that is exactly 0


def histogram(values: NDArray[np.float32]) -> Histogram:
    """Of all values of an array, in equal bins from the smallest to the largest one."""
    flat = values.ravel()
    counts, edges = np.histogram(flat, BINS)
    return Histogram((edges[1:] + edges[:-1]) / 2, counts / max(1, flat.size), float((flat == 0).mean()))


@dataclass(frozen=True)
class Excited:
    """How much each unit of a layer answers to each of the images that were searched: its largest value anywhere on
    the image."""

    indices: NDArray[np.int64]  # (N,) places in the data set
    values: NDArray[np.float32]  # (N, units)

    def most(self, unit: int, many: int) -> list[tuple[int, float]]:
        """The images that excite a unit most: place in the data set and value, the strongest first."""
        best = np.argsort(-self.values[:, unit], kind="stable")[:many]
        return [(int(self.indices[i]), float(self.values[i, unit])) for i in best]


def excited(
    model: nn.Module, layer: str, prepared: Prepared, indices: NDArray[np.int64], spec: InputSpec,
    observe: Callable[[int, int], None] = lambda done, total: None,
) -> Excited:  # fmt: skip
    """What the units of a layer answer to images of a prepared set; a unit of feature maps is a whole map."""
    copy = own_copy(model)
    pixels = Pixels(prepared, spec, device_of(copy))
    many = images_at_once(copy, pixels.clean(indices[:1]), SEARCHED_FLOATS)
    found: list[NDArray[np.float32]] = []
    with torch.no_grad():
        for piece in pieces(indices, many):
            strongest: list[Tensor] = []

            def note(
                name: str, module: nn.Module, before: Tensor, after: Tensor, kept: list[Tensor] = strongest
            ) -> None:
                if name == layer:
                    kept[:] = [after.flatten(2).amax(2) if after.ndim > 2 else after]

            with watched(copy, note):
                copy(pixels.clean(piece))
            found.append(strongest[0].cpu().numpy())
            observe(sum(map(len, found)), len(indices))
    return Excited(indices, np.concatenate(found))


def pieces(indices: NDArray[np.int64], many: int) -> Iterator[NDArray[np.int64]]:
    for first in range(0, len(indices), many):
        yield indices[first : first + many]
