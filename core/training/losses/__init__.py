"""The loss registry: the `SPECS` of every module in this package, and those of other packages."""

from core.settings.entries import EntrySpec
from core.settings.registry import Registry
from core.training.losses.spec import Loss, LossSettings, LossSpec

__all__ = ["LOSSES", "Loss", "LossSettings", "LossSpec"]

LOSSES = Registry("loss", __name__, LossSpec, key=lambda entry: entry.order, check=EntrySpec.defaults)
