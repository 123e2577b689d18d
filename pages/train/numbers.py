"""Numbers on the form: as they are typed and written, and where a slider stops."""

import math
from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from core import formatting
from core.settings.fields import whole_items
from core.settings.numbers import typed_decimal, typed_whole


def parse_numbers(text: str, kind: type[int] | type[float] = int) -> list[int | float] | str:
    parts = [part for part in text.replace(";", ",").replace(" ", ",").split(",") if part]
    values = [typed_whole(part) if kind is int else typed_decimal(part) for part in parts]
    numbers = [value for value in values if not isinstance(value, str)]
    return numbers if len(numbers) == len(values) else text


def typed_value(text: Any, info: FieldInfo) -> Any:
    """What a text that stands in the box of a setting means: a list of numbers where one belongs there."""
    kinds = [info.annotation, *get_args(info.annotation)]
    if not isinstance(text, str) or not any(get_origin(kind) is tuple for kind in kinds):
        return text
    return parse_numbers(text, int if whole_items(info) else float)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def shortest_text(value: float) -> str:
    """A number in the fewest characters that read back as the same."""
    short = formatting.rate(value)
    return short if float(short) == value else repr(value)


def slider_stops(low: float, high: float, hint: dict[str, Any], whole: bool, zero: bool = False) -> list[Any]:
    """The stops of a slider. Logarithmic: powers of 2 for whole numbers, 1-2-3-5-7 in each power of ten for others,
    with a stop at 0 if `zero`; else even steps."""
    if not hint["log"]:
        step = hint["step"] or (1 if whole else 0.01)
        count = round((high - low) / step)
        return [low + i if whole else round(low + i * step, 6) for i in range(count + 1)]
    if whole:
        return [2**i for i in range(math.ceil(math.log2(max(low, 1))), math.floor(math.log2(high)) + 1)]
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    stops = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 3, 5, 7)]
    return [0.0] * zero + [stop for stop in stops if low <= stop <= high]


def with_value(value: Any, steps: list[Any], low: float | None, high: float | None) -> list[Any]:
    """The stops, and among them the value itself where it is accepted: the slider says what the box says."""
    accepted = isinstance(value, int | float) and (low is None or value >= low) and (high is None or value <= high)
    return sorted({*steps, value}) if accepted else steps


def nearest_stop(value: Any, steps: Sequence[float]) -> float:
    """The stop closest to a value, in ratio above 0; 0 is only for 0 itself."""
    if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        return steps[0]
    return min((stop for stop in steps if stop > 0), key=lambda stop: abs(math.log(stop / value)))
