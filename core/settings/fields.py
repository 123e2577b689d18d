"""The base of everything that is set: frozen, strict, and described well enough to draw a form from it."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from core.locale import _


def no_code(settings: Any) -> str:
    """The code of a setting that no line of a script shows."""
    return ""


class Settings(BaseModel):
    """Immutable values that refuse unknown keys, wrong types, and numbers that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def setting(
    default: Any,
    *,
    title: str,
    help: str,
    too_high: str = "",
    too_low: str = "",
    low: float | None = None,
    high: float | None = None,
    most: int | None = None,
    step: float | None = None,
    slider: tuple[float, float] | None = None,
    log: bool = False,
    advanced: bool = False,
    when: dict[str, tuple[Any, ...]] | None = None,
    unless: dict[str, tuple[Any, ...]] | None = None,
    labels: dict[str, str] | None = None,
    own: bool = False,
    empty: str = "",
    code: Callable[[Any], str] = no_code,
) -> Any:
    """A field that a form can draw and an error can explain.

    `low` and `high` bound what is accepted, `most` the items of a list or the characters of a text, `slider` what the
    slider spans (accepted values may lie outside), `log` asks for a logarithmic slider, `advanced` puts it under
    Advanced, `when` shows it only for certain values of other fields of the same section, `unless` hides it for certain
    values of fields by their dotted names, and `labels` gives the words of a choice. An `own` value belongs to its
    entry: when another entry is chosen, it is not kept. `empty` says what no value means: `all of them`.
    `code` gives, for the settings of the section, the line of plain PyTorch that the value stands in, with … for what
    others decide; "" where the value changes nothing.
    """
    extra: dict[str, Any] = {
        "too_high": too_high,
        "too_low": too_low,
        "step": step,
        "slider": slider,
        "log": log,
        "advanced": advanced,
        "when": when or {},
        "unless": unless or {},
        "labels": labels or {},
        "own": own,
        "empty": empty,
        "code": code,
    }
    return Field(
        default=default, title=title, description=help, ge=low, le=high, max_length=most, json_schema_extra=extra
    )


def hints(field: FieldInfo) -> dict[str, Any]:
    """What `setting` recorded for the form: too_high, too_low, step, slider, log, advanced, when, unless, labels,
    own, empty, code."""
    extra = field.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The lowest and highest value that a number field accepts (None: unbounded)."""
    return _limit(field.metadata, "ge"), _limit(field.metadata, "le")


def item_of(field: FieldInfo) -> Any:
    """The type of a list field's items, with its bounds; None for any other field."""
    kinds = [field.annotation, *get_args(field.annotation)]
    return next((get_args(kind)[0] for kind in kinds if get_origin(kind) is tuple), None)


def whole_items(field: FieldInfo) -> bool:
    """Whether the items of a list field are whole numbers."""
    return float not in (item_of(field), *get_args(item_of(field)))


def item_bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The lowest and highest number that the items of a list field may have."""
    item = item_of(field)
    notes = [note for info in getattr(item, "__metadata__", ()) for note in getattr(info, "metadata", [info])]
    return _limit(notes, "ge"), _limit(notes, "le")


def longest(field: FieldInfo) -> int | None:
    """The most items that a list field accepts, or characters of a text (None: unbounded)."""
    most: int | None = _limit(field.metadata, "max_length")
    return most


def _limit(notes: Iterable[Any], kind: str) -> Any:
    """The first limit of a kind (`ge`, `le`, `max_length`) among the notes of a type; None if there is none."""
    return next((limit for note in notes if (limit := getattr(note, kind, None)) is not None), None)


def choices(field: FieldInfo) -> tuple[Any, ...]:
    """The values of a Literal field, in order; empty for any other."""
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def allowed(field: FieldInfo) -> str:
    """What a field accepts, in words: `a whole number from 1 to 1000`."""
    if choices(field):
        return _("one of {choices}", choices=", ".join(str(c) for c in choices(field)))
    kinds = [field.annotation, *get_args(field.annotation)]
    items, most = item_of(field), longest(field)
    low, high = bounds(field) if items is None else item_bounds(field)
    span = ""
    if low is not None and high is not None:
        span = _(" from {low:rate} to {high:g}", low=low, high=high)
    elif low is not None:
        span = _(" of at least {low:rate}", low=low)
    if items is not None:
        words = _list_of(whole_items(field), most, span)
    elif any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds):
        words = _("an object of settings")
    elif bool in kinds:
        words = _("true or false")
    elif float in kinds:
        words = _("a number{span}", span=span)
    elif int in kinds:
        words = _("a whole number{span}", span=span)
    else:
        words = _("text") if most is None else _("text of at most {most} characters", most=most)
    return _("{kind} or null", kind=words) if type(None) in kinds else words


def _list_of(whole: bool, most: int | None, span: str) -> str:
    if most is None:
        return _("a list of whole numbers{span}", span=span) if whole else _("a list of numbers{span}", span=span)
    if whole:
        return _("a list of at most {most} whole numbers{span}", most=most, span=span)
    return _("a list of at most {most} numbers{span}", most=most, span=span)
