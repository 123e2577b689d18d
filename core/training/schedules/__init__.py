"""The schedule registry: the `SPECS` of every module in this package, and those of other packages."""

from core.settings.entries import EntrySpec
from core.settings.registry import Registry
from core.training.schedules.spec import ScheduleSettings, ScheduleSpec

__all__ = ["SCHEDULES", "ScheduleSettings", "ScheduleSpec"]

SCHEDULES = Registry("schedule", __name__, ScheduleSpec, key=lambda entry: entry.order, check=EntrySpec.defaults)
