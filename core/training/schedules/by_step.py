"""Schedules that move the rate with every step: cosine, one-cycle, warm-up and cosine, linear."""

from typing import TYPE_CHECKING, Literal

from core.settings.fields import setting
from core.training.schedules.spec import ScheduleSettings, ScheduleSpec, line, warmup_field

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, OneCycleLR, SequentialLR


class CosineSettings(ScheduleSettings):
    """Nothing to set: it ends at 0."""

    name: Literal["cosine"] = "cosine"


class OneCycleSettings(ScheduleSettings):
    """How long the rate rises (Smith & Topin 2017, arXiv:1708.07120)."""

    name: Literal["one_cycle"] = "one_cycle"
    warmup: float = warmup_field(0.3)


class WarmupCosineSettings(ScheduleSettings):
    """How long the rate rises."""

    name: Literal["warmup_cosine"] = "warmup_cosine"
    warmup: float = warmup_field(0.05)


class LinearSettings(ScheduleSettings):
    """Where it ends."""

    name: Literal["linear"] = "linear"
    final: float = setting(
        0.0,
        title="Final share",
        help="Share of the learning rate that is left after the last step.",
        low=0,
        high=1,
        step=0.01,
        too_high="At 1 the rate does not change.",
        too_low="At 0 the last steps change nothing; that is mostly right.",
    )


def build_cosine(settings: CosineSettings, optimizer: "Optimizer", epochs: int, steps: int) -> "CosineAnnealingLR":
    from torch.optim import lr_scheduler

    return lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)


def build_one_cycle(settings: OneCycleSettings, optimizer: "Optimizer", epochs: int, steps: int) -> "OneCycleLR":
    from torch.optim import lr_scheduler

    return lr_scheduler.OneCycleLR(
        optimizer,
        [group["lr"] for group in optimizer.param_groups],
        total_steps=epochs * steps + 1,  # the rates: before the first step and after each
        pct_start=settings.warmup,
        cycle_momentum=False,
    )


def one_cycle_source(settings: OneCycleSettings) -> str:
    return (
        f"# The rate rises to lr in {settings.warmup:.0%} (pct_start) of the steps, then falls to almost 0: "
        "careful first, exact at the end.\n"
        "schedule = torch.optim.lr_scheduler.OneCycleLR(\n"
        '    optimizer, [group["lr"] for group in optimizer.param_groups],  # the highest rate: lr of the optimizer\n'
        f"    epochs * steps + 1, pct_start={settings.warmup!r}, cycle_momentum=False)  # + 1: after the last, too\n"
    )


def rising(settings: WarmupCosineSettings, epochs: int, steps: int) -> tuple[int, int]:
    """Steps in which the rate rises, and in which it falls; at least one of each."""
    up = max(1, round(settings.warmup * epochs * steps))
    return up, max(1, epochs * steps - up)


def build_warmup_cosine(
    settings: WarmupCosineSettings, optimizer: "Optimizer", epochs: int, steps: int
) -> "SequentialLR":
    from torch.optim import lr_scheduler

    up, down = rising(settings, epochs, steps)
    parts = [
        lr_scheduler.LinearLR(optimizer, 1 / (up + 1), total_iters=up),
        lr_scheduler.CosineAnnealingLR(optimizer, down),
    ]
    return lr_scheduler.SequentialLR(optimizer, parts, milestones=[up])


def warmup_cosine_source(settings: WarmupCosineSettings) -> str:
    up = line("LinearLR", "up in a straight line", made="up", start_factor="1 / (rising + 1)", total_iters="rising")
    down = line("CosineAnnealingLR", "down in a smooth curve", made="down", T_max="max(1, epochs * steps - rising)")
    return (
        f"rising = max(1, round({settings.warmup!r} * epochs * steps))  # steps in which the rate rises\n"
        f"{up}{down}"
        "schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [up, down], milestones=[rising])\n"
    )


def build_linear(settings: LinearSettings, optimizer: "Optimizer", epochs: int, steps: int) -> "LinearLR":
    from torch.optim import lr_scheduler

    return lr_scheduler.LinearLR(optimizer, 1.0, settings.final, total_iters=epochs * steps)


SPECS = (
    ScheduleSpec(
        name="cosine",
        title="Cosine",
        about="Down to 0 in a smooth curve.",
        settings=CosineSettings,
        build=build_cosine,
        source=lambda settings: line("CosineAnnealingLR", "down to 0 in a smooth curve", T_max="epochs * steps"),
        moves="step",
        order=2,
    ),
    ScheduleSpec(
        name="one_cycle",
        title="One-cycle",
        about="Up to the learning rate, then down to 0. Allows a learning rate several times as large.",
        settings=OneCycleSettings,
        build=build_one_cycle,
        source=one_cycle_source,
        moves="step",
        order=2,
    ),
    ScheduleSpec(
        name="warmup_cosine",
        title="Warm-up and cosine",
        about="Up in a straight line during the first steps, then down to 0 in a smooth curve.",
        settings=WarmupCosineSettings,
        build=build_warmup_cosine,
        source=warmup_cosine_source,
        moves="step",
    ),
    ScheduleSpec(
        name="linear",
        title="Linear",
        about="Down in a straight line, to 0 or to a share of the learning rate.",
        settings=LinearSettings,
        build=build_linear,
        source=lambda settings: line(
            "LinearLR",
            "down in a straight line",
            start_factor=1.0,
            end_factor=settings.final,
            total_iters="epochs * steps",
        ),
        moves="step",
    ),
)
