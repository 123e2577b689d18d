"""What a model family tells the rest of the program about itself: data that a form can read, and how to build it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import field_validator

from core.errors import BadInput
from core.loading.input_spec import ModelInput
from core.locale import N_
from core.locale.messages import SettingName
from core.settings.entries import EntrySettings, EntrySpec
from core.settings.fields import setting
from core.settings.parsing import refusal, shown

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.models.stages import Stages
    from core.models.weights import WeightsFile

WEIGHTS_SETTING = "model.weights"
RANDOM, IMAGENET = "random", "imagenet"
# The weights of a run, by its id. `:imagenet` where they go back to ImageNet's: the images then come as for those.
OF_RUN = re.compile(rf"run:(?P<run>[0-9a-f]{{8}})(:{IMAGENET})?")


START = 'start = torch.load("start.pt", weights_only=True)'  # what another run has learnt, in a script


def trains_field(last_block: str = N_("Last two layers with weights")) -> Any:
    """The field `trains`; `last_block` is what its middle choice lets learn."""
    return setting(
        "all",
        title="Layers that learn",
        code=lambda model: "" if model.trains == "all" else "frozen = ….requires_grad_(False)",
        help="The other layers are frozen: they keep the weights that they start from, and what they make of each "
        "image is computed once and kept, as long as no augmentation changes the images. **Too few:** the features "
        "stay those of the other images, and accuracy levels off early. **Too many:** slow, and it overfits a few "
        "hundred images; a lower rate for the backbone helps.",
        labels={"all": "All layers", "last_block": last_block, "head": "Last layer only"},
        unless={WEIGHTS_SETTING: (RANDOM,)},
    )


class ModelSettings(EntrySettings):
    """Base of every family's settings; a family narrows `name` to its own names."""

    shares: ClassVar[bool] = False  # a channel here is not a channel there
    published: ClassVar[bool] = False  # whether there are weights that have learnt ImageNet

    name: str = setting("cnn", title="Model", help="The network that learns.", code=lambda model: model.line())
    weights: str = setting(
        RANDOM,
        title="Weights",
        most=40,
        code=lambda model: START if OF_RUN.fullmatch(model.weights) else model.line(),
        help="Start from random numbers, from a network that has learnt ImageNet's 1.2 million photographs (transfer "
        "learning: a few hundred images of your own are then enough), or from what a run of your own has learnt. A "
        "last layer for other classes begins anew.",
        labels={RANDOM: "Random", IMAGENET: "ImageNet"},
    )
    trains: Literal["all", "last_block", "head"] = trains_field()

    def line(self) -> str:
        """The line of a script that makes the network with the weights that it begins with, … for what differs."""
        return "model = …"

    @field_validator("weights")
    @classmethod
    def can_start(cls, weights: str) -> str:
        """Where they can come from; whether the run is there is asked before it starts."""
        known = [RANDOM, *[IMAGENET] * cls.published]
        if weights in known or OF_RUN.fullmatch(weights):
            return weights
        problem = BadInput(
            "{setting} is {value}; allowed: {known}, or run: and the id of a run with such a model",
            setting=SettingName(WEIGHTS_SETTING),
            value=shown(weights),
            known=", ".join(known),
        )
        raise refusal(problem)

    @property
    def of_run(self) -> str:
        """The id of the run that the weights start from; "" if they start from none."""
        found = OF_RUN.fullmatch(self.weights)
        return found["run"] if found else ""

    @property
    def pretrained(self) -> bool:
        """Whether the weights go back to ImageNet's, directly or by way of another run."""
        return self.weights.rpartition(":")[2] == IMAGENET


def torchs_own(settings: Any, layer: str) -> str:
    """The `first_weights` of a family whose layers begin as torch makes them."""
    return ""


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
    # a module that `build` made, perhaps with a LogSoftmax after it -> its stages; None for a plain Sequential
    stages: "Callable[[nn.Module], Stages] | None" = None
    # (settings, a layer that was made anew as Python writes it, or "model" once it is whole) -> lines of plain PyTorch
    # that give it first weights other than torch's own; `sample` are training images as the model gets them
    first_weights: "Callable[[Any, str], str]" = torchs_own
    # (channels, (height, width), classes) -> plain PyTorch, its definitions and the lines that make `model`, in fewer
    # lines: a Sequential with the same children and the same weights in the same order, though random ones may be
    # drawn in another; None for a size that they do not suit
    brief_source: "Callable[[int, tuple[int, int], int], tuple[str, str] | None] | None" = None
    # of what is no Sequential: the layers of `model` one after another, in the order of its stages, as arguments of one
    sequence: str = ""
    # settings -> the same network as a list of own layers (core.models.layers.text); None for what is no plain list
    as_layers: "Callable[[Any], list[str]] | None" = None
    photo_size: int = 64  # side that photographs of many sizes are brought to, unless the run sets one
    smallest: int = 1  # side below which the model cannot work

    def input_of(self, settings: ModelSettings) -> ModelInput:
        """What this model, with these settings, asks of its images."""
        return ModelInput(self.name, self.photo_size, self.smallest, settings.pretrained)
