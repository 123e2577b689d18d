"""Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon), beside AdamW."""

import inspect
from typing import TYPE_CHECKING, Any, Literal

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models.shapes import Shapes, element_count
from core.settings.fields import setting
from core.training.optimizers.spec import (
    HEAD,
    OptimizerSettings,
    OptimizerSpec,
    by_rate,
    lr_field,
    momentum_field,
    weight_decay_field,
)

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.optim import Optimizer


class MuonSettings(OptimizerSettings):
    """Torch's Muon: five Newton–Schulz steps, Nesterov's look ahead, steps scaled as its authors do."""

    name: Literal["muon"] = "muon"
    lr: float = lr_field(0.02, slider=(1e-4, 1))
    adamw_lr: float = setting(
        0.001,
        title="Learning rate of the rest",
        help="The learning rate of AdamW, for biases, norms, and the first and last layer. A schedule scales both.",
        low=1e-8,
        high=10,
        slider=(1e-5, 1),
        log=True,
        too_high="The loss jumps about, or grows until it is not a number.",
        too_low="The last layer lags behind the others.",
        own=True,
    )
    momentum: float = momentum_field(0.95, own=True)
    weight_decay: float = weight_decay_field()


def hidden(shapes: Shapes) -> list[str]:
    """The names of the parameters that Muon takes, as its authors advise: weight matrices and convolution kernels,
    without the first and the last of those that learn."""
    return [name for name, shape in shapes.items() if len(shape) >= 2][1:-1]


def check(settings: MuonSettings, shapes: Shapes) -> None:
    if not hidden(shapes):
        raise BadInput(
            "{setting} is muon, which trains the layers between the first and the last, and here none of "
            "them learns; allowed: adamw, or a model with more layers",
            setting=SettingName("optimizer.name"),
        )


def build(settings: MuonSettings, model: "nn.Module", device: "torch.device") -> "Optimizer":
    from core.models.shapes import shapes_of
    from core.training.optimizers._muon import MuonWithAdamW

    shapes = shapes_of(model)
    check(settings, shapes)
    named, chosen = dict(model.named_parameters()), hidden(shapes)
    matrices = by_rate([named[name] for name in chosen], model, settings, settings.lr)
    others = by_rate([named[name] for name in shapes if name not in chosen], model, settings, settings.adamw_lr)
    return MuonWithAdamW(matrices, others, **arguments(settings))


def arguments(settings: MuonSettings) -> dict[str, Any]:
    return settings.model_dump(exclude={"name", "backbone_lr"})


def state_size(settings: MuonSettings, shapes: Shapes) -> int:
    """The momentum of hidden weights; two averages of all others."""
    chosen = hidden(shapes)
    return 2 * element_count(shapes) - element_count({name: shapes[name] for name in chosen})


def source(settings: MuonSettings) -> str:
    """The class itself, and the lines that use it."""
    from core.training.optimizers import _muon

    given = "".join(f", {key}={value!r}" for key, value in arguments(settings).items())
    split = ""
    if (share := settings.backbone_lr) != 1:
        split = (
            f"{HEAD}backbone = [p for p in others if not any(p is one for one in head)]\n"
            f'hidden = [{{"params": hidden, "lr": {settings.lr * share!r}}}]  # the last layer is none of them\n'
            f'others = [{{"params": head}}, {{"params": backbone, "lr": {settings.adamw_lr * share!r}}}]\n'
        )
    return (
        "from typing import Any\n\n\n"
        f"{inspect.getsource(_muon.MuonWithAdamW)}\n\n"
        "parameters = [p for p in model.parameters() if p.requires_grad]\n"
        "hidden = [p for p in parameters if p.ndim >= 2][1:-1]  # all weights but those of the first and last layer\n"
        "others = [p for p in parameters if not any(p is one for one in hidden)]\n"
        f"{split}optimizer = MuonWithAdamW(hidden, others{given})\n"
    )


BOTH = """class Both(torch.optim.Optimizer):  # Muon for hidden weights, AdamW for the others: one for loop and schedule
    def __init__(self, hidden, muon, adamw):
        super().__init__([*muon.param_groups, *adamw.param_groups], {})
        self.hidden, self.muon, self.adamw = hidden, muon, adamw

    def step(self, closure=None):
        for p, matrix in zip(self.hidden, self.muon.param_groups[0]["params"]):
            matrix.grad, p.grad = p.grad.flatten(1), None
        self.muon.step()
        self.adamw.step()


"""


def brief_source(settings: MuonSettings) -> str:
    """The same with torch's own two, for who reads it: but for a state that is saved, and memory in another order."""
    share, decay = settings.backbone_lr, f"weight_decay={settings.weight_decay!r}"
    others, head = "others", ""
    if share != 1:
        head = f"{HEAD}backbone = [p for p in others if not any(p is one for one in head)]\n"
        others = f'[{{"params": head}}, {{"params": backbone, "lr": {settings.adamw_lr * share!r}}}]'
    return (
        f"{BOTH}"
        "parameters = [p for p in model.parameters() if p.requires_grad]\n"
        "hidden = [p for p in parameters if p.ndim >= 2][1:-1]  # all weights but those of the first and last layer\n"
        "others = [p for p in parameters if not any(p is one for one in hidden)]\n"
        f"{head}"
        "matrices = [p.detach().flatten(1) for p in hidden]  # the same numbers, a row for each output channel\n"
        "optimizer = Both(hidden,\n"
        f"    torch.optim.Muon(matrices, lr={settings.lr * share!r}, momentum={settings.momentum!r}, {decay}),\n"
        f"    torch.optim.AdamW({others}, lr={settings.adamw_lr!r}, {decay}))\n"
    )


SPECS = (
    OptimizerSpec(
        name="muon",
        title="Muon",
        about="Makes each step of a hidden weight matrix turn all its directions by the same amount; a convolution "
        "kernel counts as a matrix with a row for each output channel. AdamW takes biases, norms, and the first and "
        "last layer. Few epochs are enough, but a step takes longer.",
        settings=MuonSettings,
        build=build,
        state_size=state_size,
        source=source,
        brief_source=brief_source,
        check=check,
        order=4,
    ),
)
