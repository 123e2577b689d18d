"""Schedules that lower the rate between epochs: step, plateau, exponential."""

from typing import TYPE_CHECKING, Literal

from core.settings.fields import setting
from core.training.schedules.spec import ScheduleSettings, ScheduleSpec, factor_field, line

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau, StepLR


class StepSettings(ScheduleSettings):
    """When, and by how much."""

    name: Literal["step"] = "step"
    every: int = setting(
        7,
        title="Lower every … epochs",
        help="Epochs between two lowerings.",
        low=1,
        high=1000,
        slider=(1, 50),
        too_high="The rate is never lowered.",
        too_low="The rate is tiny before much is learnt.",
    )
    factor: float = factor_field()


class PlateauSettings(ScheduleSettings):
    """How long to wait, and by how much to lower the rate then."""

    name: Literal["plateau"] = "plateau"
    factor: float = factor_field()
    patience: int = setting(
        2,
        title="Wait … epochs",
        help="Epochs without a lower validation loss, or test loss where no validation images are held out, before the "
        "rate is lowered.",
        low=0,
        high=100,
        slider=(0, 20),
        too_high="Time is lost at a rate that is too large.",
        too_low="Chance ups and downs lower the rate.",
    )


class ExponentialSettings(ScheduleSettings):
    """By how much in each epoch."""

    name: Literal["exponential"] = "exponential"
    gamma: float = setting(
        0.9,
        title="Share kept each epoch",
        help="What the learning rate is multiplied by after every epoch. At 0.9 half of it is left after 7 epochs.",
        low=0.01,
        high=0.9999,
        step=0.01,
        slider=(0.5, 0.99),
        too_high="The rate hardly changes.",
        too_low="Learning all but stops after a few epochs.",
    )


def build_step(settings: StepSettings, optimizer: "Optimizer", epochs: int, steps: int) -> "StepLR":
    from torch.optim import lr_scheduler

    return lr_scheduler.StepLR(optimizer, settings.every, settings.factor)


def build_plateau(settings: PlateauSettings, optimizer: "Optimizer", epochs: int, steps: int) -> "ReduceLROnPlateau":
    from torch.optim import lr_scheduler

    return lr_scheduler.ReduceLROnPlateau(optimizer, factor=settings.factor, patience=settings.patience)


def build_exponential(
    settings: ExponentialSettings, optimizer: "Optimizer", epochs: int, steps: int
) -> "ExponentialLR":
    from torch.optim import lr_scheduler

    return lr_scheduler.ExponentialLR(optimizer, settings.gamma)


SPECS = (
    ScheduleSpec(
        name="step",
        title="Step",
        about="Lowered all at once every few epochs.",
        settings=StepSettings,
        build=build_step,
        source=lambda settings: line(
            "StepLR",
            f"rate × {settings.factor:g} every {settings.every} epochs",
            step_size=settings.every,
            gamma=settings.factor,
        ),
        moves="epoch",
        order=1,
    ),
    ScheduleSpec(
        name="plateau",
        title="Plateau",
        about="Lowered when the validation loss has not fallen for some epochs.",
        settings=PlateauSettings,
        build=build_plateau,
        source=lambda settings: line("ReduceLROnPlateau", factor=settings.factor, patience=settings.patience),
        moves="loss",
        order=3,
    ),
    ScheduleSpec(
        name="exponential",
        title="Exponential",
        about="Lowered by the same share after every epoch.",
        settings=ExponentialSettings,
        build=build_exponential,
        source=lambda settings: line("ExponentialLR", f"rate × {settings.gamma:g} every epoch", gamma=settings.gamma),
        moves="epoch",
    ),
)
