"""The description of a schedule of the learning rate, and the settings that several schedules have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from core.settings.entries import EntrySettings, EntrySpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

Moves = Literal["never", "step", "epoch", "loss"]  # after what: a step, an epoch, an epoch's validation loss


def factor_field() -> Any:
    """The field `factor`."""
    return setting(
        0.1,
        title="Lower to this share",
        help="What the learning rate is multiplied by each time.",
        low=0.001,
        high=0.99,
        step=0.01,
        too_high="The rate hardly changes.",
        too_low="Learning all but stops after the first lowering.",
    )


def warmup_field(default: float) -> Any:
    """The field `warmup`; its default is the entry's own."""
    return setting(
        default,
        title="Rising part",
        help="Share of the run during which the rate rises to its peak, which is the learning rate above.",
        low=0.01,
        high=0.9,
        step=0.01,
        too_high="Little time is left to converge.",
        too_low="The first large steps may throw the model off.",
        own=True,
    )


class ScheduleSettings(EntrySettings):
    """How the learning rate changes over the run."""

    first_version: ClassVar[frozenset[str]] = frozenset({"name", "every", "factor", "patience", "warmup"})

    name: str = setting(
        "none",
        title="Schedule",
        help="How the learning rate changes while training: large steps first, small ones to converge.",
    )


@dataclass(frozen=True)
class ScheduleSpec(EntrySpec):
    """One entry of the schedule registry."""

    # (settings, optimizer, epochs, steps an epoch) -> one of torch's schedulers, or what has the same methods; its
    # `state_dict` must hold plain values only. The rates that the optimizer's groups have by then are the peak.
    build: "Callable[[Any, Optimizer, int, int], LRScheduler | ReduceLROnPlateau | None]"
    # (settings) -> lines of plain PyTorch that make `schedule` for `optimizer`, over `epochs` of `steps` each, whole
    # numbers that stand above; "" if none
    source: Callable[[Any], str]
    moves: Moves  # when its `step` is called; with the validation loss after "loss"
    order: int = 4  # among the entries


def line(name: str, words: str = "", /, made: str = "schedule", **arguments: object) -> str:
    """The line that builds one of torch's schedulers, with a comment of these words; a text among the arguments is an
    expression."""
    given = [f"{key}={value if isinstance(value, str) else repr(value)}" for key, value in arguments.items()]
    comment = f"  # {words}" if words else ""
    return f"{made} = torch.optim.lr_scheduler.{name}({', '.join(['optimizer', *given])}){comment}\n"
