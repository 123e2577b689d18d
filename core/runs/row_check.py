"""What a row of the store may hold. A damaged one is noticed here, so that no page or command has to expect it."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import Problem
from core.runs.store import Refusal, State
from core.training.metrics.spec import Value
from core.training.settings import ForkSchedule

LAST_TIME = 253402300800  # seconds since 1970: the end of the year 9999
Time = Annotated[float, Field(ge=0, lt=LAST_TIME)]
Share = Annotated[float, Field(ge=0, le=1.0001)]
LARGEST_WHOLE = 2**53  # every smaller whole number is a float, too
COUNTS = ("largest_class", "copies_of_training", "classes_named", "classes")  # of a summary
SUMMARY_NUMBERS = ("train_", "val_", "test_", "best_", "seconds", "training_seconds", "images_per_second", "epochs",
                   "memory")  # fmt: skip


def _showable(text: str) -> str:
    """A half of a pair of UTF-16 is no character: no page and no file takes it."""
    text.encode()
    return text


Words = Annotated[str, AfterValidator(_showable)]


class _Origin(BaseModel):
    """Where a fork began."""

    model_config = ConfigDict(strict=True, extra="forbid")

    run: str
    name: str
    epoch: Annotated[int, Field(ge=1)]
    schedule: ForkSchedule


class _Start(BaseModel):
    """What a run began with of an earlier one: `core.training.earlier.Start`, which needs torch."""

    model_config = ConfigDict(strict=True)

    run: str
    name: str
    epoch: int | None
    steps: int | None
    taken: int
    layers: int


class _RunRow(BaseModel):
    """The columns of a run but for its settings, which have a check of their own."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    name: str
    state: State
    requested_action: str | None
    recipe: str | None
    tags: list[Words] | None
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
        if wrong := [name for name, value in values if name in COUNTS and not is_count(value)]:
            raise ValueError(f"no count: {wrong}")
        if summary and (wrong := unsound_counts(summary)):
            raise ValueError(f"no counts that go together: {wrong}")
        if start := (summary or {}).get("weights_from"):
            _Start.model_validate(start)
        json.dumps(summary, ensure_ascii=False).encode()
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
        return not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE
    return value is None or isinstance(value, float)


def is_count(value: Any) -> bool:
    """Whether this can be how many there are of something; None where it was not counted."""
    return value is None or (isinstance(value, int) and sound(value) and value >= 0)


def unsound_counts(values: Mapping[str, Any]) -> list[str]:
    """The names of counts of images that do not go together: of each part `…_correct` are among `…_total`."""
    wrong = []
    for part in ("train", "val", "test"):
        names = f"{part}_correct", f"{part}_total"
        correct, total = map(values.get, names)
        whole = is_count(correct) and is_count(total)
        if not whole or (correct is None) != (total is None) or (correct or 0) > (total or 0):
            wrong += [name for name in names if name in values]
    return wrong


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
    """The same without values that are no numbers, and without counts that do not go together: these count as not
    measured."""
    found = []
    for row in rows:
        wrong = unsound_counts(row)
        found.append({name: value for name, value in row.items() if sound(value) and name not in wrong})
    return found
