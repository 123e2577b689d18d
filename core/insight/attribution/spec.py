"""What a method of attribution tells the rest of the program about itself. Reading it imports no torch; using it does.

What is explained is a class's score: the number before the softmax, so that a map says nothing of the other classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.settings.entries import EntrySettings, EntrySpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import Tensor, nn

LAST = 100  # the order of methods that say none

Observe = Callable[[int, int], None]  # (done, all) forward passes of one image; what it raises ends the work
Blank = Literal["black", "grey", "white"]


class MethodSettings(EntrySettings):
    """Base of every method's settings; a method narrows `name` to its own."""

    name: str = setting("grad-cam", title="Method", help="How it is found out which pixels the answer rests on.")


@dataclass(frozen=True)
class Asked:
    """One image before one model, and the class whose score is to be explained."""

    model: "nn.Module"  # (N, C, H, W) → (N, classes) scores; float32, in evaluation mode, of nobody else
    inputs: "Tensor"  # (1, C, H, W) as the model sees it
    target: int
    blanks: "dict[Blank, Tensor]"  # the colour as the model sees it, (1, C, 1, 1)
    batch: int  # images that may be shown to it at once
    observe: Observe


@dataclass(frozen=True)
class Found:
    """What a method found."""

    values: "Tensor"  # (h, w): the pixels' parts in the score, or those of the places of a layer, coarser than pixels
    layer: str = ""  # whose places they are, dotted as in the state_dict; "": the image's own
    # (sum of all values, what it should be): the score's difference to that of the blank image. None: not promised.
    completeness: tuple[float, float] | None = None


@dataclass(frozen=True)
class AttributionSpec(EntrySpec):
    """One method. `about` says what it shows."""

    settings: type[MethodSettings]
    limits: str  # what it does not show, in a sentence or two
    reference: str  # where it comes from
    compute: Callable[[Any, Asked], Found]
    order: int = LAST


def blank_field() -> Any:
    """What stands for nothing."""
    return setting(
        "black",
        title="Blank image",
        help="What an image without anything on it looks like. Choose the colour of the ground: what has this colour "
        "itself can get no share.",
        labels={"black": "Black", "grey": "Grey", "white": "White"},
    )
