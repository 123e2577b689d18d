"""Cross-entropy in which images of rare classes count more."""

import inspect
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from core.errors import BadInput
from core.locale.messages import SettingName
from core.settings.fields import setting
from core.settings.parsing import refusal
from core.training.losses.spec import Loss, LossSettings, LossSpec, label_smoothing_field

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MAX_WEIGHTS = 10_000  # classes that a list of weights may name
ClassWeight = Annotated[float, Field(ge=0, le=1_000_000)]


class WeightedSettings(LossSettings):
    """How much each class counts."""

    name: Literal["weighted_cross_entropy"] = "weighted_cross_entropy"
    weights: tuple[ClassWeight, ...] = setting(
        (),
        title="Class weights",
        help="How much an image of each class counts, in the order of the classes; only their ratios matter.",
        empty="the rarer a class is, the more",
        most=MAX_WEIGHTS,
        advanced=True,
    )
    label_smoothing: float = label_smoothing_field()

    @model_validator(mode="after")
    def counts_something(self) -> "WeightedSettings":
        if self.weights and not any(self.weights):
            problem = BadInput(
                "{setting} are all 0; allowed: at least one above 0", setting=SettingName("loss.weights")
            )
            raise refusal(problem)
        return self


def check(settings: WeightedSettings, classes: int) -> None:
    if settings.weights and len(settings.weights) != classes:
        raise BadInput(
            "{setting} has {weights} numbers, but the data set has {classes} classes; allowed: one for each "
            "class, or none",
            weights=len(settings.weights),
            classes=classes,
            setting=SettingName("loss.weights"),
        )


def class_weights(settings: WeightedSettings, counts: Sequence[int]) -> list[float]:
    """One weight a class, scaled so that their mean over the training images is 1: the learning rate then means what it
    means without weights. Those not given are one over the images of the class; 0 for a class without images."""
    check(settings, len(counts))
    weights = list(settings.weights) or [1 / images if images else 0.0 for images in counts]
    mean = sum(weight * images for weight, images in zip(weights, counts, strict=True)) / sum(counts)
    if not mean:
        raise BadInput(
            "{setting} is 0 for every class that has training images; allowed: at least one of them above 0",
            setting=SettingName("loss.weights"),
        )
    return [weight / mean for weight in weights]


def weighted_cross_entropy(
    output: "Tensor", targets: "Tensor", weight: "Tensor", label_smoothing: float = 0.0
) -> "Tensor":
    """The mean over a batch of (N, C) scores; targets are class numbers (N,) or shares (N, C), `weight` is (C,)."""
    import torch

    total = torch.nn.functional.cross_entropy(
        output, targets, weight=weight.to(output.device), label_smoothing=label_smoothing, reduction="sum"
    )
    return total / len(targets)


def build(settings: WeightedSettings, counts: Sequence[int], device: "torch.device") -> Loss:
    import torch

    weight = torch.tensor(class_weights(settings, counts), device=device)
    return partial(weighted_cross_entropy, weight=weight, label_smoothing=settings.label_smoothing)


def source(settings: WeightedSettings, counts: Sequence[int]) -> str:
    smoothing = f", label_smoothing={settings.label_smoothing!r}" if settings.label_smoothing else ""
    return (
        f"from functools import partial\n\n\n{inspect.getsource(weighted_cross_entropy)}\n\n"
        f"weight = torch.tensor({class_weights(settings, counts)}, device=device)\n"
        f"loss_function = partial(weighted_cross_entropy, weight=weight{smoothing})\n"
    )


def brief_source(settings: WeightedSettings, counts: Sequence[int]) -> str:
    """As torch's own loss, which divides by the weights of a batch instead of its images: by 0 where all are 0."""
    scaled = class_weights(settings, counts)
    if 0 in scaled:
        return source(settings, counts)
    smoothing = f", label_smoothing={settings.label_smoothing!r}" if settings.label_smoothing else ""
    weights = ", ".join(repr(float(f"{weight:.4g}")) for weight in scaled)
    why = "as chosen" if settings.weights else "one over the images of the class"
    return (
        f"# How much an image of each class counts: {why}, scaled to a mean of 1.\n"
        f"weight = torch.tensor([{weights}], device=device)\n"
        f"loss_function = nn.CrossEntropyLoss(weight{smoothing})\n"
    )


SPECS = (
    LossSpec(
        name="weighted_cross_entropy",
        title="Weighted cross-entropy",
        about="Cross-entropy in which images of rare classes count more, so that a model does not get by with the "
        "common ones. For data sets whose classes differ in size.",
        settings=WeightedSettings,
        build=build,
        source=source,
        brief_source=brief_source,
        check=check,
    ),
)
