"""The optimizer of a run: built as its settings say, over the parameters that learn."""

import torch
from torch import nn
from torch.optim import Optimizer

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models.stages import head_of
from core.training.optimizers import OPTIMIZERS, OptimizerSettings


def build_optimizer(settings: OptimizerSettings, model: nn.Module, device: torch.device) -> Optimizer:
    """`BadInput` for an optimizer of another package that knows one rate for all layers alone, where there are two."""
    optimizer = OPTIMIZERS[settings.name].build(settings, model, device)
    last = {id(p) for p in head_of(model).parameters()}
    backbone = any(p.requires_grad and id(p) not in last for p in model.parameters())
    if settings.backbone_lr != 1 and backbone and not any("lr_scale" in one for one in optimizer.param_groups):
        raise BadInput(
            "{setting} is {value:g}, but {name} learns with one rate for all layers; allowed: 1, or another optimizer",
            setting=SettingName("optimizer.backbone_lr"),
            value=settings.backbone_lr,
            name=settings.name,
        )
    return optimizer
