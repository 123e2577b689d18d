"""How much of what the processor can do a recipe's training gets: multiply-adds a second of its steps, beside those of
the largest layer alone and of a large matrix product, with the same threads and in the same precision.

    python -m benchmarks.possible mnist-cnn [--precision bfloat16] [--path cifar10-images.zip] [--tiny]

One JSON line. A share holds on any processor, where images a second do not. `benchmarks.training` prints it for every
recipe.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from benchmarks.side_by_side import median
from core import recipes
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.loading.batches import RunData
from core.prepared import prepare
from core.run_config import RunConfig
from core.training import pace
from core.training.data import open_data
from core.training.device import autocast
from core.training.state import TrainState, new_state

SIDE = 2048  # of the matrices
REPEATS = 7  # of what is timed alone: the median counts
TIMED_S = 8.0  # seconds of training


@dataclass(frozen=True)
class Possible:
    """Multiply-adds a second of a recipe's training, and what was measured beside it."""

    recipe: str
    precision: str
    threads: int
    images_per_second: float
    training: float
    layer: float  # of the layer with the most of them, forwards and backwards
    matrices: float

    @property
    def share(self) -> float:
        return self.training / self.layer


@dataclass(frozen=True)
class LayerWork:
    """A layer with weights, its input of one image, and its multiply-adds forwards."""

    layer: nn.Module
    image: torch.Size
    multiply_adds: int


def layers_of(state: TrainState, images: torch.Tensor) -> list[LayerWork]:
    """The layers with weights, in the order in which an image passes them."""
    found: list[LayerWork] = []

    def note(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        weight = layer.weight
        assert isinstance(weight, torch.Tensor)
        found.append(LayerWork(layer, inputs[0].shape[1:], weight.numel() * output[0].numel() // weight.shape[0]))

    kinds = (nn.Conv2d, nn.Linear)
    hooks = [one.register_forward_hook(note) for one in state.network.modules() if isinstance(one, kinds)]
    with torch.no_grad(), autocast(state.precision, state.device):
        state.network(images)
    for hook in hooks:
        hook.remove()
    return found


def measure(name: str, precision: str, path: Path | None, tiny: bool) -> Possible:
    """On the images at `path` in place of the recipe's own, if given."""
    config, data, state = opened(name, precision, path)
    a_step = pace.step_time(config, state, data, 0.2 if tiny else TIMED_S)
    images, _labels = next(iter(data.train.epoch(1)))
    works = layers_of(state, images)
    learn = [work for work in works if any(weight.requires_grad for weight in work.layer.parameters())]
    # Forwards, and backwards for the weights and for the input; the first layer's input needs no gradient.
    an_image = sum(work.multiply_adds for work in works) + 2 * sum(work.multiply_adds for work in learn)
    an_image -= works[0].multiply_adds
    speed = data.train.images / len(data.train) / a_step
    largest = max(works, key=lambda work: work.multiply_adds)
    batch = torch.rand(len(images), *largest.image, requires_grad=True)
    if len(largest.image) == 3:
        batch = batch.detach().to(memory_format=torch.channels_last).requires_grad_()

    def layer() -> None:
        with autocast(state.precision, state.device):
            output = largest.layer(batch)
        output.sum().backward()

    repeats, side = (1, 64) if tiny else (REPEATS, SIDE)  # a chip without units for bfloat16 takes a minute for SIDE
    left, right = (torch.rand(side, side, dtype=getattr(torch, state.precision)) for _ in range(2))
    return Possible(
        name, state.precision, state.threads, speed, speed * an_image,
        3 * largest.multiply_adds * len(images) / seconds(layer, repeats),
        side**3 / seconds(lambda: torch.mm(left, right), repeats),
    )  # fmt: skip


def opened(name: str, precision: str, path: Path | None) -> tuple[RunConfig, RunData, TrainState]:
    """A recipe's settings, its data, prepared where they are not yet, and a new model on the processor."""
    config = config_of(name, precision, path)
    workspace = Workspace.from_environment()
    source = DataSource.of(config.data)
    for _progress in prepare.prepare(source, workspace):
        pass
    device = torch.device("cpu")
    data = open_data(config, prepare.require(source, workspace), device)
    return config, data, new_state(config, data, device)


def config_of(name: str, precision: str, path: Path | None) -> RunConfig:
    config = recipes.recipe(name).config.replace({"training.precision": precision})
    if path:
        config = config.replace({"data.name": "folder", "data.path": str(path.resolve()), "data.validation": 0.0})
    return config.replace({"model.weights": "random"}) if config.model.pretrained else config


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Of one call, after one that is not counted."""
    work()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


HEADINGS = ("recipe", "precision", "threads", "images/s", "multiply-adds, 10⁹/s", "largest layer alone",
            "matrix product", "share of the largest layer", "asked")  # fmt: skip


def row(found: Possible, asked: str) -> list[str]:
    rates = [f"{rate / 1e9:.1f}" for rate in (found.training, found.layer, found.matrices)]
    speed = f"{found.images_per_second:,.0f}"
    return [f"`{found.recipe}`", found.precision, str(found.threads), speed, *rates, f"**{found.share:.2f}**", asked]


def arguments(about: str | None) -> argparse.Namespace:
    """What a benchmark of one recipe is asked for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=[one.name for one in recipes.RECIPES])
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--path", type=Path, help="images in place of the recipe's own")
    parser.add_argument("--tiny", action="store_true", help="only to see that it works")
    return parser.parse_args()


def main() -> None:
    args = arguments(__doc__)
    print(json.dumps(asdict(measure(args.recipe, args.precision, args.path, args.tiny))))


if __name__ == "__main__":
    main()
