"""Numbers as people read them, the same on every page and on the command line."""

import math
import time

THIN = "\u202f"  # narrow no-break space between thousands
FIXED = "\u00a0"  # no-break space before a unit, which would look lost at the start of a line
NONE = "–"  # where there is no number yet


def count(value: int | None) -> str:
    """9660 → `9 660`, with thin spaces from 1 000 on."""
    return NONE if value is None else f"{value:,}".replace(",", THIN)


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 run`, `2 runs`, `10 classes`."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def of(part: int | None, total: int | None) -> str:
    """`9 660 of 10 000`."""
    return NONE if part is None or total is None else f"{count(part)} of {count(total)}"


def size(value: float) -> str:
    """Bytes by thousands, as disks are sold: `740 bytes`, `5.6 MB`, `120 GB`."""
    unit, *larger = "bytes", "kB", "MB", "GB", "TB"
    while value >= 999.5 and larger:
        value, unit = value / 1000, larger.pop(0)
    return f"{value:.1f} {unit}" if value < 9.95 and unit != "bytes" else f"{count(round(value))} {unit}"


def percent(share: float | None, digits: int = 2) -> str:
    """0.9731 → `97.31 %`, in one piece. Never rounds up to 100 % or down to 0 % what is not quite that."""
    if share is None or not math.isfinite(share):
        return NONE
    value, smallest = 100 * share, 10.0**-digits
    if value < 100 <= round(value, digits):
        value = 100 - smallest
    elif value > 0 >= round(value, digits):
        return f"< {smallest:.{digits}f}{FIXED}%"
    return f"{value:.{digits}f}{FIXED}%"


def loss(value: float | None) -> str:
    """Four significant digits: `0.06123`, `2.303`."""
    if value is None:
        return NONE
    if not math.isfinite(value):
        return "not a number"
    if value and not 1e-4 <= abs(value) < 1e6:
        return scientific(value, 3)
    digits = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 3
    return f"{value:.{digits}f}"


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
    """`0.4 s`, `12 s`, `1 min 12 s`, `2 h 5 min`, `3 d 4 h`."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    for large, small, unit, part in ((86400, 3600, "d", "h"), (3600, 60, "h", "min"), (60, 1, "min", "s")):
        if whole >= large:
            rest = whole % large // small
            return f"{whole // large} {unit} {rest} {part}" if rest else f"{whole // large} {unit}"
    return f"{whole} s"


def ago(moment: float, now: float | None = None) -> str:
    """How long ago a time (seconds since 1970) was: `just now`, `5 min ago`, `2 h ago`, `3 d ago`."""
    seconds = (time.time() if now is None else now) - moment
    if seconds < 45:
        return "just now"
    for length, unit in ((86400, "d"), (3600, "h")):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return f"{max(1, round(seconds / 60))} min ago"


def moment(seconds: float) -> str:
    """A time (seconds since 1970) on this computer's clock: `22 Nov 09:34`."""
    at = time.localtime(seconds)
    return f"{at.tm_mday} {time.strftime('%b %H:%M', at)}"


def speed(images_per_second: float | None) -> str:
    """`12 400 images/s`, three significant digits."""
    if images_per_second is None or not math.isfinite(images_per_second):
        return NONE
    if images_per_second < 10:
        return f"{images_per_second:.2g} images/s"
    digits = max(0, math.floor(math.log10(images_per_second)) - 2)
    return f"{count(int(round(images_per_second, -digits)))} images/s"


STATES = {
    "queued": "waiting",
    "running": "training",
    "paused": "paused",
    "interrupted": "interrupted",
    "finished": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
}


def state(name: str) -> str:
    """A run's state in the reader's words."""
    return STATES.get(name, name)
