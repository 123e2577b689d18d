"""Networks in the order that computes fastest."""

import pytest
import torch
import torch.nn.functional as F

from core.loading.input_spec import InputSpec
from core.models.build import pooled_first
from core.recipes import recipe
from core.training.model import build_model

MNIST = InputSpec(1, (28, 28), (0.0,), (1.0,), photos=False, reflect=False)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["mnist-cnn", "fashion-cnn", "mnist-mlp"])
def test_pooled_first_is_the_same_network_to_the_bit(name: str, precision: torch.dtype) -> None:
    torch.manual_seed(0)
    model = build_model(recipe(name).config.replace({"model.dropout": 0.0}), MNIST, 10)
    images, labels = torch.randn(16, 1, 28, 28), torch.arange(16) % 10
    images[:8] = images[:8].round()  # ties within a window
    found = []
    for network in (model, pooled_first(model)):
        model.zero_grad()
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            output = network(images)
        F.cross_entropy(output.float(), labels).backward()
        found.append([output.detach(), *(p.grad.clone() for p in model.parameters())])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_relu_comes_after_the_pooling() -> None:
    names = [type(layer).__name__ for layer in pooled_first(build_model(recipe("fashion-cnn").config, MNIST, 10))]
    assert names[:6] == ["Conv2d", "MaxPool2d", "ReLU"] * 2
