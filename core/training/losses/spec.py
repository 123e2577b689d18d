"""The description of a loss, and the settings that several losses have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.settings.entries import EntrySettings, EntrySpec
from core.settings.fields import setting

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# (output (N, C) float32, targets) -> the mean over the batch, a scalar in nats. Targets are (N,) int64 class numbers,
# or (N, C) float32 shares that sum to 1; shares that are 1 for one class give what its number gives.
Loss = Callable[["Tensor", "Tensor"], "Tensor"]


def label_smoothing_field() -> Any:
    """The field `label_smoothing`."""
    return setting(
        0.0,
        title="Label smoothing",
        help="Ask for a little less than certainty: this share of the target is spread over all classes.",
        low=0,
        high=0.5,
        step=0.01,
        slider=(0, 0.3),
        too_high="The model is never sure of anything.",
        too_low="Large models become too sure of themselves.",
        advanced=True,
    )


class LossSettings(EntrySettings):
    """What training minimises."""

    name: str = setting(
        "cross_entropy",
        title="Loss",
        help="What training makes small. All of them punish a low probability for the right class. The loss on "
        "validation and test images is always the plain one, cross-entropy, so that runs can be compared.",
        advanced=True,
    )


def nothing_to_check(settings: Any, classes: int) -> None:
    """The check of a loss that accepts any number of classes."""


@dataclass(frozen=True)
class LossSpec(EntrySpec):
    """One entry of the loss registry."""

    # (settings, images of each class in the training part, device) -> the loss; built once a run
    build: "Callable[[Any, Sequence[int], torch.device], Loss]"
    # (settings, images of each class in the training part) -> lines of plain PyTorch that make `loss_function`, which
    # takes what a `Loss` takes; `torch` and `nn` are imported
    source: Callable[[Any, Sequence[int]], str]
    # The same where targets are class numbers alone, if it is shorter
    brief_source: "Callable[[Any, Sequence[int]], str] | None" = None
    log_probabilities: bool = False  # whether the model has to end in a log-softmax layer for it
    # (settings, classes): `BadInput` where the settings do not suit so many classes
    check: Callable[[Any, int], None] = nothing_to_check
    order: int = 1  # among the entries
