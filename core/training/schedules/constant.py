"""No schedule."""

from typing import Literal

from core.training.schedules.spec import ScheduleSettings, ScheduleSpec


class ConstantSettings(ScheduleSettings):
    """Nothing to set."""

    name: Literal["none"] = "none"


SPECS = (
    ScheduleSpec(
        name="none",
        title="Constant",
        about="The same learning rate from the first step to the last.",
        settings=ConstantSettings,
        build=lambda settings, optimizer, epochs, steps: None,
        source=lambda settings: "",
        moves="never",
        order=0,
    ),
)
