"""What a model family tells the rest of the program about itself: data that a form can read, and how to build it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from core.loading.input_spec import ModelInput
from core.settings.entries import EntrySettings, EntrySpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.models.weights import WeightsFile


def weights_field() -> Any:
    """The field `weights`: `random` or `imagenet`."""
    return setting(
        "random",
        title="Weights",
        help="Start from random numbers, or from a network that has learnt ImageNet's 1.2 million photographs "
        "(transfer learning: a few hundred images of your own are then enough).",
        labels={"random": "Random", "imagenet": "ImageNet"},
    )


class ModelSettings(EntrySettings):
    """Base of every family's settings; a family narrows `name` to its own names."""

    shares: ClassVar[bool] = False  # a channel here is not a channel there

    name: str = setting("cnn", title="Model", help="The network that learns.")

    @property
    def pretrained(self) -> bool:
        """Whether the weights start from ImageNet."""
        return getattr(self, "weights", "random") == "imagenet"


@dataclass(frozen=True)
class ModelSpec(EntrySpec):
    """One entry of the model registry. Reading it imports no torch; `build` does."""

    settings: type[ModelSettings]
    # (settings, channels, (height, width), classes) -> a module from (N, C, H, W) float to (N, classes) logits
    build: "Callable[[Any, int, tuple[int, int], int], nn.Module]"
    # (module, training images (N, C, H, W) as the model gets them): sets, before the first step, weights that follow
    # from the images
    initialise: "Callable[[Any, Tensor], None] | None" = None
    # settings that start from published weights -> their file
    weights: "Callable[[Any], WeightsFile] | None" = None
    photo_size: int = 64  # side that photographs of many sizes are brought to, unless the run sets one
    smallest: int = 1  # side below which the model cannot work

    def input_of(self, settings: ModelSettings) -> ModelInput:
        """What this model, with these settings, asks of its images."""
        return ModelInput(self.name, self.photo_size, self.smallest, settings.pretrained)
