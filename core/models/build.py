"""From settings to a module, and what its work amounts to."""

from itertools import pairwise

import torch
from torch import nn

from core.loading.input_spec import InputSpec
from core.models import ModelSettings, model_spec
from core.models.spec import IMAGENET, RANDOM
from core.models.stages import freeze, split


def build_network(
    settings: ModelSettings, spec: InputSpec, classes: int, *, log_probabilities: bool = False, weights: bool = True
) -> nn.Module:
    """(N, C, H, W) → (N, classes): logits, or log-probabilities.

    `weights=False` builds the same network without looking for ImageNet's weights, to load others into it; those of a
    run are put in afterwards in any case.
    """
    loaded = weights and settings.weights == IMAGENET
    began = settings if loaded else settings.model_copy(update={"weights": RANDOM})
    # The stem of a pretrained network is never refitted, so its shape must not follow the image here either.
    channels, size = (3, (224, 224)) if settings.pretrained and not loaded else (spec.channels, spec.size)
    network = model_spec(settings.name).build(began, channels, size, classes)
    if log_probabilities:
        layers = list(network) if isinstance(network, nn.Sequential) else [network]
        network = nn.Sequential(*layers, nn.LogSoftmax(dim=1))
    frozen, _learning = split(network, settings)
    freeze(frozen)
    return network


def pooled_first(model: nn.Module) -> nn.Module:
    """The same network with each ReLU after the max-pool that follows it: the same bits, forwards and backwards, since
    the largest value is the largest before and after ReLU; but ReLU then has a quarter of the values to do."""
    if not isinstance(model, nn.Sequential):
        return model
    layers = list(model)
    for i, (layer, following) in enumerate(pairwise(layers)):
        if isinstance(layer, nn.ReLU) and isinstance(following, nn.MaxPool2d):
            layers[i], layers[i + 1] = following, layer
    return nn.Sequential(*layers)


def multiply_adds(model: nn.Module, spec: InputSpec) -> int:
    """Multiply-adds of one image's forward pass, counted in convolutions and linear layers."""
    total = 0

    def count(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal total
        weight = layer.weight
        assert isinstance(weight, torch.Tensor)
        places = output[0].numel() // weight.shape[0]  # positions a filter is applied at; 1 for a linear layer
        total += weight.numel() * places

    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    training = model.training
    with torch.no_grad():
        model.eval()(torch.zeros(1, spec.channels, *spec.size))
    model.train(training)
    for hook in hooks:
        hook.remove()
    return total
