"""What a model family tells the rest of the house about itself: data that a form can read, and how to build it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.settings.fields import Settings

if TYPE_CHECKING:
    from torch import Tensor, nn


class ModelSettings(Settings):
    """Base of every family's settings; a family narrows `name` to its own names."""

    name: str

    @property
    def pretrained(self) -> bool:
        """Whether the weights start from ImageNet."""
        return getattr(self, "weights", "random") == "imagenet"


@dataclass(frozen=True)
class ModelSpec:
    """One entry of the model registry. Reading it imports no torch; `build` does."""

    name: str
    title: str
    about: str  # one or two sentences for a learner
    settings: type[ModelSettings]
    # (settings, channels, (height, width), classes) -> a module from (N, C, H, W) float to (N, classes) logits
    build: "Callable[[Any, int, tuple[int, int], int], nn.Module]"
    # (module, training images (N, C, H, W) as the model gets them): sets, before the first step, weights that follow
    # from the images
    initialise: "Callable[[Any, Tensor], None] | None" = None
    photo_size: int = 64  # side that photographs of many sizes are brought to, unless the run sets one
    smallest: int = 1  # side below which the model cannot work

    def defaults(self) -> ModelSettings:
        """The settings a form starts from."""
        return self.settings(name=self.name)
