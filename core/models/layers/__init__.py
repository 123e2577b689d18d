"""The registry of layer kinds: the `SPECS` of every module in this package, and those of other packages."""

from core.models.layers.spec import LayerSettings, LayerSpec
from core.settings.entries import EntrySpec
from core.settings.registry import Registry

__all__ = ["LAYERS", "LayerSettings", "LayerSpec"]

LAYERS = Registry("layer", __name__, LayerSpec, key=lambda entry: entry.order, check=EntrySpec.defaults)
