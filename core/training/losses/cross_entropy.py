"""Cross-entropy of the model's raw scores."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from core.training.losses.spec import Loss, LossSettings, LossSpec, label_smoothing_field

if TYPE_CHECKING:
    import torch


class CrossEntropySettings(LossSettings):
    """How certain the answers should be."""

    name: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = label_smoothing_field()


def build(settings: CrossEntropySettings, counts: Sequence[int], device: "torch.device") -> Loss:
    import torch.nn.functional as F

    return partial(F.cross_entropy, label_smoothing=settings.label_smoothing)


def source(settings: CrossEntropySettings, counts: Sequence[int]) -> str:
    smoothing = f"label_smoothing={settings.label_smoothing!r}" if settings.label_smoothing else ""
    return f"loss_function = nn.CrossEntropyLoss({smoothing})\n"


SPECS = (
    LossSpec(
        name="cross_entropy",
        title="Cross-entropy",
        about="The logarithm of the probability that the model gives to the right class, negated. It takes the model's "
        "raw scores.",
        settings=CrossEntropySettings,
        build=build,
        source=source,
        order=0,
    ),
)
