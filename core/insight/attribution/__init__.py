"""The methods that say which pixels an answer rests on. One module for each, exporting its SPECS, and those of other
packages."""

from core.insight.attribution.spec import AttributionSpec, MethodSettings
from core.settings.entries import EntrySpec
from core.settings.registry import Registry

__all__ = ["ATTRIBUTIONS", "AttributionSpec", "MethodSettings"]

ATTRIBUTIONS = Registry("method", __name__, AttributionSpec, key=lambda entry: entry.order, check=EntrySpec.defaults)
