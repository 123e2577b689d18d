"""A module as another package would bring it: one optimizer. Found by tests that put it in the place of plugins."""

from typing import Any, Literal

from core.models.shapes import element_count
from core.settings.fields import setting
from core.training.optimizers.spec import OptimizerSettings, OptimizerSpec, call, learning, lr_field


class TheirSettings(OptimizerSettings):
    """Adamax, which no built-in entry has."""

    name: Literal["adamax"] = "adamax"
    lr: float = lr_field(0.002)
    squares: float = setting(
        0.999, title="Memory", help="Share of the largest gradient that is kept.", low=0, high=1, step=0.001,
        too_high="It never forgets.", too_low="It knows the last gradient alone.",
    )  # fmt: skip


def build(settings: TheirSettings, model: Any, device: Any) -> Any:
    import torch

    return torch.optim.Adamax(learning(model), lr=settings.lr, betas=(0.9, settings.squares))


SPECS = (
    OptimizerSpec(
        name="adamax",
        title="Adamax",
        about="Adam by the largest gradient.",
        settings=TheirSettings,
        build=build,
        state_size=lambda settings, shapes: 2 * element_count(shapes),
        source=lambda settings: call("Adamax", lr=settings.lr, betas=(0.9, settings.squares)),
    ),
)
