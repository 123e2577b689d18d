"""What a row of the store may hold. A damaged one is noticed here, so that no page or command has to expect it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import Problem
from core.runs.store import Refusal, State
from core.training.metrics.spec import Value
from core.training.settings import ForkSchedule

LAST_TIME = 253402300800  # seconds since 1970: the end of the year 9999
Time = Annotated[float, Field(ge=0, lt=LAST_TIME)]
Share = Annotated[float, Field(ge=0, le=1.0001)]
SUMMARY_NUMBERS = ("train_", "val_", "test_", "best_", "seconds", "training_seconds", "images_per_second", "epochs",
                   "memory")  # fmt: skip


class _Origin(BaseModel):
    """Where a fork began."""

    model_config = ConfigDict(strict=True, extra="forbid")

    run: str
    name: str
    epoch: Annotated[int, Field(ge=1)]
    schedule: ForkSchedule


class _RunRow(BaseModel):
    """The columns of a run but for its settings, which have a check of their own."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    name: str
    state: State
    requested_action: str | None
    recipe: str | None
    tags: list[str] | None
    notes: str
    created: Time
    queued: Time
    started: Time | None
    finished: Time | None
    pid: int | None
    attempt: Annotated[int, Field(ge=0)]
    place: str | None
    fingerprint: str | None
    oom_counters: dict[str, Any] | None
    stage: str
    progress: Share
    seconds: Annotated[float, Field(ge=0)]
    message: str
    outcome: dict[str, Any] | None
    summary: dict[str, Any] | None
    origin: _Origin | None

    @field_validator("summary")
    @classmethod
    def has_numbers(cls, summary: dict[str, Any] | None) -> dict[str, Any] | None:
        values = (summary or {}).items()
        if wrong := [name for name, value in values if name.startswith(SUMMARY_NUMBERS) and not sound(value)]:
            raise ValueError(f"no number: {wrong}")
        return summary


# What stands for a damaged column.
PLAIN: dict[str, Any] = {
    "name": "", "state": "failed", "requested_action": None, "recipe": None, "tags": [], "notes": "", "created": 0.0,
    "queued": 0.0, "started": None, "finished": None, "pid": None, "attempt": 0, "place": None, "fingerprint": None,
    "oom_counters": None,
    "stage": "", "progress": 0.0, "seconds": 0.0, "message": "", "outcome": None, "summary": None, "origin": None,
}  # fmt: skip


def damaged_columns(row: Mapping[str, Any]) -> list[str]:
    """The columns of a run's row that hold what they cannot."""
    try:
        _RunRow.model_validate(dict(row))
    except ValidationError as error:
        return list(dict.fromkeys(str(one["loc"][0]) for one in error.errors()))
    return []


def sound(value: Any) -> bool:
    """Whether this can be the value of a metric."""
    if isinstance(value, int):
        return not isinstance(value, bool) and value.bit_length() < 1024  # a larger one is no float
    return value is None or isinstance(value, float)


def are_finite(values: Iterable[Any]) -> bool:
    """Whether all of these are numbers, and none is without end."""
    try:
        return math.isfinite(sum(values))
    except (TypeError, OverflowError):
        return False


def sound_time(value: Any) -> float:
    """The same if it is a time, else the first of all."""
    return value if sound(value) and value is not None and 0 <= value < LAST_TIME else 0.0


def sound_refusals(kept: Any) -> dict[str, Refusal]:
    """By the id of a run, those that can be told."""
    found = {}
    for run, refusal in kept.items() if isinstance(kept, dict) else ():
        with suppress(LookupError, TypeError, AttributeError, ValueError):
            str(Problem.from_dict(refusal["problem"]))
            if sound(tried := refusal.get("tried")):
                found[run] = Refusal(refusal["problem"], tried)
    return found


def sound_metrics(rows: Sequence[dict[str, Any]]) -> list[dict[str, Value]]:
    """The same without values that are no numbers, which count as not measured."""
    return [{name: value for name, value in row.items() if sound(value)} for row in rows]
