"""The negative log-likelihood of a model that ends in log-softmax."""

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from core.training.losses.spec import Loss, LossSettings, LossSpec

if TYPE_CHECKING:
    import torch
    from torch import Tensor


BRIEF = (
    "# It takes the logarithm that the model gives to the probability of the right class, times −1.\n"
    "loss_function = nn.NLLLoss()\n"
)


class NLLSettings(LossSettings):
    """Nothing to set."""

    name: Literal["nll"] = "nll"


def nll_loss(output: "Tensor", targets: "Tensor") -> "Tensor":
    """The mean over a batch of (N, C) log-probabilities; targets are class numbers (N,) or shares (N, C)."""
    import torch

    if targets.ndim == 1:
        return torch.nn.functional.nll_loss(output, targets)
    return -(targets * output).sum(1).mean()


def build(settings: NLLSettings, counts: Sequence[int], device: "torch.device") -> Loss:
    return nll_loss


def source(settings: NLLSettings, counts: Sequence[int]) -> str:
    return f"{inspect.getsource(nll_loss)}\n\nloss_function = nll_loss\n"


SPECS = (
    LossSpec(
        name="nll",
        title="NLL after log-softmax",
        about="The same numbers as cross-entropy, in two parts: a log-softmax layer is put at the model's end, and the "
        "loss takes the right class's logarithm from it.",
        settings=NLLSettings,
        build=build,
        source=source,
        brief_source=lambda settings, counts: BRIEF,
        log_probabilities=True,
        order=0,
    ),
)
