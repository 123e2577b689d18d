"""Numbers as people read them, the same on every page and on the command line.

English is written by our own code: Babel's English has commas between thousands, `97.31%` without a space, `72 sec`,
`2 hr. ago` and `Nov 22`, none of which an SI text has. Babel writes other languages, as it knows their marks, units and
dates; in all of them a learning rate is written as it is typed. Babel is imported when one of them is first used.
"""

import math
import time
from functools import cache
from typing import TYPE_CHECKING, Literal

from core.translations import ENGLISH, N_, Places, current, filled, translate

if TYPE_CHECKING:
    from babel import Locale

THIN = "\u202f"  # narrow no-break space between thousands
FIXED = "\u00a0"  # no-break space before a unit, which must not begin a line
NONE = "–"  # where there is no number yet


def habits() -> "Locale | None":
    """How the reader's language writes numbers; None for English, and for a language that Babel does not know."""
    code = current()
    return None if code == ENGLISH else _habits(code)


@cache
def _habits(code: str) -> "Locale | None":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return None


def _words(text: str, **values: str) -> str:
    return filled(translate(text), text, values, Places())


def decimal(value: float, digits: int, *, grouped: bool = True) -> str:
    """A number with so many digits after the point."""
    if (known := habits()) is None:
        return f"{value:{',' if grouped else ''}.{digits}f}".replace(",", THIN)
    from babel.numbers import format_decimal

    pattern = ("#,##0" if grouped else "0") + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, known, group_separator=grouped)


def count(value: int | None) -> str:
    """9660 → `9 660`, with thin spaces from 1 000 on."""
    return NONE if value is None else decimal(value, 0)


def of(part: int | None, total: int | None) -> str:
    """`9 660 of 10 000`."""
    if part is None or total is None:
        return NONE
    return _words("{part} of {total}", part=count(part), total=count(total))


def size(value: float) -> str:
    """Bytes by thousands, as disks are sold: `740 bytes`, `5.6 MB`, `120 GB`."""
    steps = iter(SIZES)
    unit = next(steps)
    while value >= 999.5 and (larger := next(steps, None)):
        value, unit = value / 1000, larger
    digits = 1 if value < 9.95 and unit != SIZES[0] else 0
    if (known := habits()) is None:
        return f"{decimal(value, digits)} {unit[0]}"
    from babel.units import format_unit

    return format_unit(decimal(value, digits), f"digital-{unit[1]}", "short", locale=known)


SIZES = (("bytes", "byte"), ("kB", "kilobyte"), ("MB", "megabyte"), ("GB", "gigabyte"), ("TB", "terabyte"))


def percent(share: float | None, digits: int = 2) -> str:
    """0.9731 → `97.31 %`, in one piece. Never rounds up to 100 % or down to 0 % what is not quite that."""
    if share is None or not math.isfinite(share):
        return NONE
    value, smallest = 100 * share, 10.0**-digits
    if value < 100 <= round(value, digits):
        value = 100 - smallest
    elif value > 0 >= round(value, digits):
        return f"< {_percent(smallest, digits)}"
    return _percent(value, digits)


def _percent(value: float, digits: int) -> str:
    """A percentage with its sign, which comes first in some languages."""
    if (known := habits()) is None:
        return f"{value:.{digits}f}{FIXED}%"
    from babel.numbers import format_percent

    pattern = known.percent_formats[None].pattern.replace("0", f"{0:.{digits}f}")
    return format_percent(value / 100, pattern, known)


def loss(value: float | None) -> str:
    """Four significant digits: `0.06123`, `2.303`."""
    if value is None:
        return NONE
    if not math.isfinite(value):
        return translate("not a number")
    if value and not 1e-4 <= abs(value) < 1e6:
        return scientific(value, 3)
    digits = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 3
    return decimal(value, digits, grouped=False)


def rate(value: float | None) -> str:
    """A learning rate: `0.001`, `0.05`, below a thousandth `3e-4`."""
    if value is None:
        return NONE
    if value and abs(value) < 0.001:
        return scientific(value, 2)
    return f"{value:.4g}"


def scientific(value: float, digits: int) -> str:
    """`3e-4`, `2.5e-7`: no zeros that say nothing."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def duration(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `1 min 12 s`, `2 h 5 min`, `3 d 4 h`; `4 s` of a whole number, which nobody measured."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if seconds < 9.95:
        return _time(decimal(max(seconds, 0), 0 if isinstance(seconds, int) else 1), "s")
    whole = round(seconds)
    for large, small, unit, part in ((86400, 3600, "d", "h"), (3600, 60, "h", "min"), (60, 1, "min", "s")):
        if whole >= large:
            rest = whole % large // small
            return " ".join(_time(n, of) for n, of in ((whole // large, unit), (rest, part)) if n)
    return _time(whole, "s")


def _time(value: int | str, unit: str) -> str:
    if (known := habits()) is None:
        return f"{value} {unit}"
    from babel.units import format_unit

    return format_unit(value, f"duration-{TIMES[unit]}", "short", locale=known)


TIMES = {"s": "second", "min": "minute", "h": "hour", "d": "day"}  # what Babel calls them


def ago(moment: float, now: float | None = None) -> str:
    """How long ago a time (seconds since 1970) was: `just now`, `5 min ago`, `2 h ago`, `3 d ago`."""
    seconds = (time.time() if now is None else now) - moment
    if seconds < 45:
        return translate("just now")
    length, unit = next(((n, unit) for n, unit in ((86400, "d"), (3600, "h")) if seconds >= n), (60, "min"))
    whole = int(seconds // length) if length > 60 else max(1, round(seconds / 60))
    if (known := habits()) is None:
        return _words("{time} ago", time=f"{whole} {unit}")
    from babel.dates import format_timedelta

    granularity: Literal["day", "hour", "minute"] = "minute" if unit == "min" else "hour" if unit == "h" else "day"
    return format_timedelta(
        -whole * length, granularity, threshold=math.inf, add_direction=True, format="short", locale=known
    )


def moment(seconds: float) -> str:
    """A time (seconds since 1970) on this computer's clock: `22 Nov 09:34`."""
    at = time.localtime(seconds)
    if (known := habits()) is None:
        return f"{at.tm_mday} {time.strftime('%b %H:%M', at)}"
    from datetime import datetime

    from babel.dates import format_skeleton

    here = datetime(*at[:6])
    day, clock = (format_skeleton(parts, here, locale=known) for parts in ("MMMd", "Hm"))
    return f"{day} {clock}"


def speed(images_per_second: float | None) -> str:
    """`12 400 images/s`, three significant digits."""
    if images_per_second is None or not math.isfinite(images_per_second):
        return NONE
    if images_per_second < 10:
        number = f"{images_per_second:.2g}".replace(".", marks()[0])
    else:
        digits = max(0, math.floor(math.log10(images_per_second)) - 2)
        number = count(int(round(images_per_second, -digits)))
    return _words("{number} images/s", number=number)


def marks() -> tuple[str, str]:
    """What stands before decimals, and between thousands."""
    if (known := habits()) is None:
        return ".", THIN
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_decimal_symbol(known), get_group_symbol(known)


# A run's states in words.
STATES = {
    "queued": N_("waiting"),
    "running": N_("training"),
    "paused": N_("paused"),
    "interrupted": N_("interrupted"),
    "finished": N_("finished"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
}


def state(name: str) -> str:
    """A run's state in the reader's words."""
    return translate(STATES.get(name, name))
