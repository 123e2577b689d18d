"""What a kind of layer tells the rest of the program about itself: its numbers, what it makes of a shape and at what
cost, and how it is built. Only building imports torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core import formatting
from core.errors import BadInput
from core.locale import N_
from core.settings.entries import EntrySettings, EntrySpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]  # of what has become of one image: (C, H, W), or (F,) once it is flat
LAST = 100  # the order of kinds that say none


class LayerSettings(EntrySettings):
    """Base of every layer's settings; a kind narrows `name` to its own names. The numbers of a layer are whole or not,
    and may be None; they are written in the order of the fields."""

    name: str = setting("conv", title="Layer", help="What is done with the output of the layer above.")


@dataclass(frozen=True)
class Formula:
    """How a number follows from others, with all numbers in it: `(28 + 2·1 − 3)/1 + 1 = 28`."""

    of: str  # what the number is, to be translated
    text: str


@dataclass(frozen=True)
class Effect:
    """What a layer makes of one image, and what that takes."""

    output: Shape
    parameters: int = 0  # numbers that learn
    multiply_adds: int = 0  # in convolutions and dense layers
    formulas: tuple[Formula, ...] = ()


@dataclass(frozen=True)
class LayerSpec(EntrySpec):
    """One entry of the registry of layer kinds."""

    settings: type[LayerSettings]
    effect: Callable[[Any, Shape], Effect]  # (settings, input); `BadInput` where such an input does not fit
    build: "Callable[[Any, Shape], list[nn.Module]]"  # (settings, input) -> modules that are passed one after another
    unnamed: int = 0  # how many of its numbers are always written, without their names
    usual: str = ""  # the layer that a form adds, as it is written; "" for the one with the defaults
    order: int = LAST  # among the kinds to choose from


def picture(shape: Shape) -> tuple[int, int, int]:
    """Channels, height, width; `BadInput` where the layers above have made the image a list of numbers."""
    if len(shape) == 3:
        return shape[0], shape[1], shape[2]
    raise BadInput(
        "it needs a picture (channels × height × width), but {numbers:count} numbers in a row reach it: put it above "
        "flatten and global_avg_pool",
        numbers=shape[0],
    )


def flat(shape: Shape) -> int:
    """How many numbers; `BadInput` where it is still a picture."""
    if len(shape) == 1:
        return shape[0]
    raise BadInput(
        "it needs numbers in a row, but a picture of {shape} reaches it: put flatten or global_avg_pool above it",
        shape=shape_text(shape),
    )


def shape_text(shape: Shape) -> str:
    """`64 × 7 × 7`."""
    return " × ".join(map(formatting.count, shape))


PARAMETERS = N_("Parameters")
MULTIPLY_ADDS = N_("Multiply-adds")


def product(*factors: int) -> str:
    """`32·1·3·3`."""
    return "·".join(map(formatting.count, factors))


def equals(of: str, formula: str, value: int) -> Formula:
    """The formula with what it amounts to."""
    return Formula(of, f"{formula} = {formatting.count(value)}")
