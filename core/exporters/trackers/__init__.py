"""Programs of others that show the numbers of runs. One module for each, exporting its SPECS."""

from core.exporters.trackers.spec import TrackerSpec
from core.settings.registry import Registry

__all__ = ["TRACKERS", "TrackerSpec"]

TRACKERS = Registry("tracker", __name__, TrackerSpec, key=lambda spec: (spec.order, spec.name))
