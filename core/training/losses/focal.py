"""The focal loss (Lin et al. 2017, arXiv:1708.02002)."""

import inspect
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from core.settings.fields import setting
from core.training.losses.spec import Loss, LossSettings, LossSpec

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class FocalSettings(LossSettings):
    """How little easy images count."""

    name: Literal["focal"] = "focal"
    gamma: float = setting(
        2.0,
        title="Focus",
        help="How quickly an image counts less the surer the model is of it: by (1 − probability) to this power. "
        "At 0 it is cross-entropy.",
        low=0,
        high=5,
        step=0.1,
        too_high="Only the hardest images count, wrong labels among them.",
        too_low="Easy images count as much as hard ones.",
        advanced=True,
    )


def focal_loss(output: "Tensor", targets: "Tensor", gamma: float) -> "Tensor":
    """The mean over a batch of (N, C) scores; targets are class numbers (N,) or shares (N, C)."""
    logs = output.log_softmax(1)
    if targets.ndim == 1:
        logs, targets = logs.gather(1, targets[:, None]), logs.new_ones(len(targets), 1)
    doubt = (1 - logs.exp()).clamp(min=1e-7)  # at 0, powers below 1 have no slope
    return -(targets * doubt**gamma * logs).sum(1).mean()


def build(settings: FocalSettings, counts: Sequence[int], device: "torch.device") -> Loss:
    return partial(focal_loss, gamma=settings.gamma)


def source(settings: FocalSettings, counts: Sequence[int]) -> str:
    return (
        f"from functools import partial\n\n\n{inspect.getsource(focal_loss)}\n\n"
        f"loss_function = partial(focal_loss, gamma={settings.gamma!r})\n"
    )


def brief_source(settings: FocalSettings, counts: Sequence[int]) -> str:
    """For class numbers alone, from torch's cross-entropy, the logarithm of the probability of the right class."""
    return (
        "def focal_loss(output, labels):  # cross-entropy that counts an image less the surer the model is of it\n"
        '    losses = nn.functional.cross_entropy(output, labels, reduction="none")  # −log of its probability\n'
        f"    doubt = (1 - torch.exp(-losses)).clamp(min=1e-7)  # at 0, powers below 1 have no slope\n"
        f"    return (doubt**{settings.gamma!r} * losses).mean()\n\n\n"
        "loss_function = focal_loss\n"
    )


SPECS = (
    LossSpec(
        name="focal",
        title="Focal",
        about="Cross-entropy in which images count less the surer the model already is of them, so that the hard ones "
        "decide. For data sets with many easy images.",
        settings=FocalSettings,
        build=build,
        source=source,
        brief_source=brief_source,
    ),
)
