"""Lion (Chen et al. 2023, arXiv:2302.06675)."""

import inspect
from typing import TYPE_CHECKING, Any, Literal

from core.models.shapes import Shapes, element_count
from core.training.optimizers.spec import OptimizerSettings, OptimizerSpec, call, learning, lr_field, weight_decay_field

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.optim import Optimizer


class LionSettings(OptimizerSettings):
    """Its authors' betas, 0.9 and 0.99. They advise a third to a tenth of AdamW's rate, and as many times its decay."""

    name: Literal["lion"] = "lion"
    lr: float = lr_field(1e-4, slider=(1e-6, 0.1))
    weight_decay: float = weight_decay_field()


def arguments(settings: LionSettings) -> dict[str, Any]:
    decay = {"weight_decay": settings.weight_decay} if settings.weight_decay else {}
    return {"lr": settings.lr, **decay}


def build(settings: LionSettings, model: "nn.Module", device: "torch.device") -> "Optimizer":
    from core.training.optimizers._lion import Lion

    return Lion(learning(model, settings), **arguments(settings))


def state_size(settings: LionSettings, shapes: Shapes) -> int:
    """The momentum."""
    return element_count(shapes)


def source(settings: LionSettings) -> str:
    """The class itself, and the line that uses it."""
    from core.training.optimizers import _lion

    imports = "from typing import Any\n"
    line = call("Lion", settings, **arguments(settings)).replace("torch.optim.Lion", "Lion")
    return f"{imports}\n\n{inspect.getsource(_lion.Lion)}\n\n{line}"


def brief_source(settings: LionSettings) -> str:
    """The same for who reads it: with the decay only if there is one, and without names for what never changes."""
    shrink = f'p.mul_(1 - group["lr"] * {settings.weight_decay!r})' if settings.weight_decay else "p"
    line = call("Lion", settings, defaults={"lr": settings.lr}).replace("torch.optim.Lion", "Lion")
    return (
        "class Lion(torch.optim.Optimizer):  # steps of one size along the sign of the momentum (arXiv:2302.06675)\n"
        "    @torch.no_grad()\n"
        "    def step(self, closure=None):\n"
        "        for group in self.param_groups:\n"
        '            for p in filter(lambda p: p.grad is not None, group["params"]):\n'
        '                average = self.state[p].setdefault("average", torch.zeros_like(p))\n'
        "                direction = torch.lerp(p.grad, average, 0.9).sign()  # 0.9 · average + 0.1 · gradient\n"
        f'                {shrink}.add_(direction, alpha=-group["lr"])\n'
        "                average.lerp_(p.grad, 0.01)\n\n\n"
        f"{line}"
    )


SPECS = (
    OptimizerSpec(
        name="lion",
        title="Lion",
        about="Moves every weight by the same amount, along the sign of its momentum. Keeps half of what Adam keeps in "
        "memory, and wants a learning rate of a third to a tenth of Adam's.",
        settings=LionSettings,
        build=build,
        state_size=state_size,
        source=source,
        brief_source=brief_source,
    ),
)
