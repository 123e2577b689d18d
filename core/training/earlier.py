"""What another run has learnt, as a new one starts from it: which of its layers fit, and putting them in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.loading.input_spec import InputSpec
from core.locale.messages import SettingName
from core.models import ModelSettings
from core.models.same_network import difference
from core.models.spec import WEIGHTS_SETTING
from core.models.stages import head_of
from core.training.model import build_model
from core.training.settings import RunSettings


@dataclass(frozen=True)
class Earlier:
    """The weights of another run, and what they are of."""

    run: str  # its id
    name: str  # as it is called now
    epoch: int | None  # the last one that it had finished then; None for weights that were loaded from a file
    steps: int | None  # of the epoch after that one, in the midst of which it was stopped; else 0
    model: ModelSettings
    spec: InputSpec
    classes: tuple[str, ...]
    weights: Mapping[str, Tensor]


@dataclass(frozen=True)
class Start:
    """What a run has begun with of an earlier one. Plain values, which a checkpoint and the summary keep."""

    run: str
    name: str
    epoch: int | None
    steps: int | None
    taken: int  # layers with weights that were taken over; a norm is one, too
    layers: int  # that there are


def fitting(config: RunSettings, spec: InputSpec, classes: tuple[str, ...], earlier: Earlier) -> Start:
    """What a run on images like `spec` begins with of an earlier one. `BadInput` says why nothing fits. Nothing is
    made."""
    with torch.device("meta"):  # names and shapes are enough
        model = build_model(config, spec, len(classes), weights=False)
    own = model.state_dict()
    if problem := difference(config.model, earlier.model, earlier.name):
        raise problem
    taken = taken_by(model, earlier, classes)
    if not taken:
        raise misfit(spec, earlier)
    return Start(earlier.run, earlier.name, earlier.epoch, earlier.steps, len(layers_of(taken)), len(layers_of(own)))


def take(model: nn.Module, config: RunSettings, spec: InputSpec, classes: tuple[str, ...], earlier: Earlier) -> Start:
    """Put the weights of an earlier run into a new model, all or all but those of the last layer."""
    start = fitting(config, spec, classes, earlier)
    model.load_state_dict(taken_by(model, earlier, classes), strict=False)
    return start


def taken_by(model: nn.Module, earlier: Earlier, classes: tuple[str, ...]) -> dict[str, Tensor]:
    """The weights that fit, by their names in this model: of all layers where the classes are the same, else of all but
    the last. Layers are matched by their order, as a dropout between them changes the numbers in their names."""
    own, last = model.state_dict(), head_of(model)
    head = next(name for name, layer in model.named_modules() if layer is last)
    names = [name for name in own if classes == earlier.classes or layer_of(name) != head]
    given = list(earlier.weights.values())[: len(names)]
    same = len(own) == len(earlier.weights) and [t.shape for t in given] == [own[name].shape for name in names]
    return dict(zip(names, given, strict=True)) if same else {}


def layer_of(name: str) -> str:
    """The layer that a tensor of a state_dict belongs to."""
    return name.rpartition(".")[0]


def layers_of(names: Mapping[str, Any]) -> set[str]:
    return {layer_of(name) for name in names}


def misfit(spec: InputSpec, earlier: Earlier) -> BadInput:
    """Why weights do not fit that belong to such a network: the images are others."""
    if spec.channels != earlier.spec.channels:
        return BadInput(
            "{name:name} has learnt from images with {there} channels, and these have {here}: choose a data set of its "
            "kind, or other {setting}",
            setting=SettingName(WEIGHTS_SETTING),
            name=earlier.name,
            there=earlier.spec.channels,
            here=spec.channels,
        )
    return BadInput(
        "{name:name} has learnt from images of {there} pixels, and these come with {here}: set {setting} to {side}, or "
        "choose other {weights}",
        setting=SettingName("data.size"),
        weights=SettingName(WEIGHTS_SETTING),
        name=earlier.name,
        there=sides(earlier.spec),
        here=sides(spec),
        side=earlier.spec.size[0],
    )


def sides(spec: InputSpec) -> str:
    height, width = spec.size
    return f"{width}×{height}"
