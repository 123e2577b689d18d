"""What a metric is: its words, how its numbers are written and drawn, and how it is computed. No torch is needed to
read it."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from core import formatting
from core.errors import BadInput, unknown

if TYPE_CHECKING:
    from core.training.metrics.predictions import Predictions

Value = float | None  # None: there is no number, as of classes that do not occur
Direction = Literal["higher", "lower"]
Format = Literal["percent", "loss", "rate", "speed"]  # functions of core.formatting


def finite(value: Value) -> Value:
    """The same, or None for what is no number."""
    return value if value is not None and math.isfinite(value) else None


NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Names that stand beside those of metrics, with and without the name of a part before them.
RESERVED = ("run", "step", "epoch", "seconds", "correct", "total")
PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class ChartAxis:
    """How a chart writes the values, which are drawn times `scale`. Formats are d3's, as plotly takes them."""

    tick: str
    hover: str  # the value in a hover label
    log: bool = False  # whether a logarithmic axis shows more
    log_tick: str = ""  # beside a logarithmic axis, if other than `tick`
    from_zero: bool = False  # a linear axis begins at zero
    scale: float = 1
    suffix: str = ""  # behind the number of a tick


# As `formatting.percent` writes them: d3's own format for shares has no space before the sign.
SHARES = ChartAxis(".4~g", f"%{{y:.2f}}{formatting.FIXED}%", scale=100, suffix=f"{formatting.FIXED}%")
NUMBERS = ChartAxis(".4~g", "%{y:.4g}")


@dataclass(frozen=True)
class StepSums:
    """What the training steps of a point of the curves add up to."""

    loss_sum: float = 0.0  # over the images, nats
    correct: int = 0  # images classified correctly
    images: int = 0
    lr: float = 0.0  # that the last of the steps was taken with
    seconds: float = 0.0
    # Of the last of the steps alone (`core.training.step_probe`); None where it was not looked into.
    gradient_norm: float | None = None
    update_ratio: float | None = None
    dead_relus: float | None = None


class Accumulator(Protocol):
    """Adds up one evaluation, batch by batch. What it counts stays on the device of the logits."""

    def add(self, predictions: "Predictions") -> None: ...

    def value(self) -> Value:
        """Of all batches so far; None if they have none."""
        ...


@dataclass(frozen=True)
class MetricSpec:
    """One metric. Training computes it with `of_steps`, an evaluation with `start`; it may have either or both."""

    name: str  # in the store, in JSON and CSV; there with `train_`, `val_` or `test_` before it
    title: str
    unit: str = ""  # beside an axis
    short: str = ""  # heading of a narrow column; "" is the title
    help: str = ""
    direction: Direction | None = None  # which values are better
    format: Format = "loss"  # four significant digits
    axis: ChartAxis = NUMBERS
    family: str = ""  # charts that are chosen together, by this word; "" is the title
    of_steps: Callable[[StepSums], Value] | None = None  # of some training steps
    start: Callable[[int], Accumulator] | None = None  # an evaluation of so many classes begins
    in_score: bool = False  # every evaluation counts it in any case: training itself depends on it
    min_classes: int = 1  # below which an evaluation leaves it out, as it would say nothing
    drawn_at_once: bool = False  # on the page of a run; others can be chosen there
    order: int = 100  # among the others

    def __post_init__(self) -> None:
        if self.format not in get_args(Format):
            raise unknown("format of a metric", self.format, get_args(Format))
        taken = self.name in RESERVED or self.name.partition("_")[0] in PARTS
        if taken or not NAME.fullmatch(self.name):
            raise BadInput(
                "a metric cannot be called {name!r}: write small letters, digits and _, not beginning with "
                "{parts}, and none of {reserved}",
                name=self.name,
                parts=", ".join(PARTS),
                reserved=", ".join(RESERVED),
            )

    @property
    def evaluated(self) -> bool:
        """Whether the validation and the test part have it."""
        return self.in_score or self.start is not None

    @property
    def group(self) -> str:
        """The word by which its charts are chosen."""
        return self.family or self.title

    @property
    def heading(self) -> str:
        """Of a narrow column."""
        return self.short or self.in_sentence

    @property
    def in_sentence(self) -> str:
        """The title after other words: `accuracy`."""
        return self.title[:1].lower() + self.title[1:]

    def write(self, value: Value) -> str:
        """The value as people read it."""
        words: str = getattr(formatting, self.format)(value)
        return words

    def best(self, values: list[float]) -> float:
        """Of several, at least one."""
        return min(values) if self.direction == "lower" else max(values)
