"""TrainState: everything that changes while a run trains. Saved and loaded whole, training goes on bit for bit."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.loading.batches import Batches, RunData
from core.loading.randomness import SCHEME
from core.models import model_spec
from core.models.build import multiply_adds, pooled_first
from core.models.stages import split
from core.training.device import choose_precision, choose_threads
from core.training.earlier import Earlier, Start, take
from core.training.metrics.spec import StepSums
from core.training.model import build_model
from core.training.optimizer import build_optimizer
from core.training.scheduler import Scheduler
from core.training.settings import RunSettings

# Training images from which a model's first weights may be computed, and values in all of them together.
SAMPLE_IMAGES = 5000
SAMPLE_VALUES = 2**24


@dataclass
class TrainPosition:
    """Where training is, and its sums so far. Plain numbers."""

    epoch: int = 0  # the one being trained; 0: the untrained model is not measured yet
    step: int = 0  # steps of this epoch already taken
    steps: int = 0  # steps of the whole run
    loss_sum: float = 0.0  # over the images of this epoch so far, nats
    correct: int = 0
    images: int = 0
    point: StepSums = field(default_factory=StepSums)  # of the curves, as far as it goes
    best_accuracy: float = -1.0
    best_epoch: int = 0
    stale: int = 0  # epochs since the best
    seconds: float = 0.0  # time worked, pauses left out
    train_seconds: float = 0.0  # of that, in training epochs: evaluation left out
    train_images: int = 0  # seen in train_seconds
    # The epoch metrics reported so far, each as JSON: a checkpoint writes one text a good deal faster than its numbers.
    history: list[str] = field(default_factory=list)


@dataclass
class TrainState:
    """The model and all that surrounds it."""

    model: nn.Module
    network: nn.Module  # the same function over the same parameters, in the order that computes fastest
    optimizer: Optimizer
    schedule: Scheduler
    device: torch.device
    precision: str  # float32 or bfloat16
    threads: int  # bits depend on the number of threads, so a resumed run takes the same
    frozen: nn.Sequential  # the layers at the beginning of the model that keep their weights; it may be empty
    learning: nn.Sequential  # those after them
    start: Start | None = None  # what it began with, where another run had learnt it
    progress: TrainPosition = field(default_factory=TrainPosition)
    randomness: int = SCHEME  # how a random number is computed from its address
    # Of the last measurement of `data.val`, (N,) the likeliest class of each image. It is not part of what is saved.
    answers: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def state_dict(self) -> dict[str, Any]:
        """Plain values and tensors only, so that it loads with `weights_only=True`."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "progress": asdict(self.progress),
            "precision": self.precision,
            "threads": self.threads,
            "randomness": self.randomness,
            **({"start": asdict(self.start)} if self.start else {}),
            # Dropout is the only randomness with a state; order and augmentation are functions of their address.
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state saved by the same configuration on the same data."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        point = StepSums(**state["progress"].get("point", {}))  # older checkpoints have none
        self.progress = TrainPosition(**{**state["progress"], "point": point})
        # Older checkpoints hold the history's numbers as they are.
        self.progress.history = [e if isinstance(e, str) else json.dumps(e) for e in self.progress.history]
        self.precision, self.threads = state["precision"], state["threads"]
        self.randomness = state.get("randomness", 1)  # the first version wrote none
        self.start = Start(**state["start"]) if "start" in state else None
        torch.set_num_threads(self.threads)
        torch.set_rng_state(state["random"])
        if self.device.type == "cuda" and state["random_cuda"]:
            torch.cuda.set_rng_state_all(state["random_cuda"])


def new_state(
    config: RunSettings,
    data: RunData,
    device: torch.device,
    *,
    weights: bool = True,
    earlier: Earlier | None = None,
    schedule_epochs: int | None = None,
) -> TrainState:
    """A model before its first step, seeded by `training.seed`; sets the number of threads torch uses.

    `weights=False` leaves out ImageNet's and those computed from the images, for a state that is loaded over at once.
    `earlier`: the run that its settings name, where it starts from one. `schedule_epochs`: over how many epochs the
    schedule runs, if not over all.
    """
    if weights and config.model.of_run and earlier is None:
        raise ValueError(f"the weights of the run {config.model.of_run} are not given")
    torch.manual_seed(config.training.seed)
    model = build_model(config, data.spec, len(data.prepared.meta.classes), weights=weights)
    work = multiply_adds(model, data.spec) * config.training.batch_size
    threads = choose_threads(work)
    torch.set_num_threads(threads)
    precision = choose_precision(config, device, model, work)
    initialise = model_spec(config.model.name).initialise
    if weights and initialise and earlier is None:
        initialise(model, sample(data.train))
    start = take(model, config, data.spec, data.prepared.meta.classes, earlier) if earlier else None
    model = model.to(device)
    if any(isinstance(m, nn.Conv2d) for m in model.modules()):
        model = model.to(memory_format=torch.channels_last)
    optimizer = build_optimizer(config.optimizer, model, device)
    schedule = Scheduler(config.schedule, optimizer, schedule_epochs or config.training.epochs, len(data.train))
    frozen, learning = split(model, config.model)
    return TrainState(
        model, pooled_first(model), optimizer, schedule, device, precision, threads, frozen, learning, start
    )


def sample(train: Batches) -> Tensor:
    """Some training images from all over the set, (N, C, H, W) as the model gets them, not augmented."""
    spec = train.pixels.spec
    most = max(1, min(SAMPLE_IMAGES, SAMPLE_VALUES // (spec.channels * spec.size[0] * spec.size[1])))
    return train.pixels.clean(train.indices[:: -(-train.images // most)])
