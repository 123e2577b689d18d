"""The optimizer registry: the `SPECS` of every module in this package, and those of other packages."""

from core.settings.entries import EntrySpec
from core.settings.registry import Registry
from core.training.optimizers.spec import OptimizerSettings, OptimizerSpec

__all__ = ["OPTIMIZERS", "OptimizerSettings", "OptimizerSpec"]

OPTIMIZERS = Registry("optimizer", __name__, OptimizerSpec, key=lambda entry: entry.order, check=EntrySpec.defaults)
