"""The model of a run: built as its settings say, for the images that it gets."""

import torch
from torch import nn

from core.loading.input_spec import InputSpec, input_spec
from core.models import MODELS
from core.models.build import build_network
from core.models.source import assign
from core.models.summary import Summary, summarise_network
from core.prepared.arrays import Meta
from core.training.losses import LOSSES
from core.training.settings import RunSettings


def input_spec_of(config: RunSettings, meta: Meta) -> InputSpec:
    """How a run sees a data set. `BadInput` when its model cannot work at that size."""
    return input_spec(config.data, MODELS[config.model.name].input_of(config.model), meta)


def build_model(config: RunSettings, spec: InputSpec, classes: int, *, weights: bool = True) -> nn.Module:
    """(N, C, H, W) → (N, classes): logits, or log-probabilities where the loss asks for them.

    `weights=False` builds the same network without looking for ImageNet's weights, to load others into it.
    """
    log_probabilities = LOSSES[config.loss.name].log_probabilities
    return build_network(config.model, spec, classes, log_probabilities=log_probabilities, weights=weights)


def model_source(config: RunSettings, spec: InputSpec, classes: int) -> str:
    """Lines of Python that make `model`, with the parameter names of the run's state_dict."""
    return assign(build_model(config, spec, classes, weights=False), config.model.name)


def summarise(config: RunSettings, meta: Meta) -> Summary:
    """Build the model of a run on this data set (without looking for ImageNet's weights) and list its layers in
    the order in which an image passes them. `BadInput` when it cannot be built for such images.

    All of it on torch's `meta` device, where tensors have shapes and no numbers: a network of any size costs nothing.
    """
    spec = input_spec_of(config, meta)
    with torch.device("meta"):
        return summarise_network(build_model(config, spec, len(meta.classes), weights=False), spec)
