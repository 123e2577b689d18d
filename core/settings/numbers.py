"""What counts as a number where one is typed: in a box of the form, in an option of the command line. Settings given
as JSON, TOML or YAML follow the rules of these. What is no number stays the text that was typed, and whoever knows
what is allowed says so."""

import math
import re

SPACES = re.compile(r"\s")  # between thousands, and around
WHOLE = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)  # digits; more than 64 bits are refused by the settings
DECIMAL = re.compile(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)(e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)


def typed_whole(text: str) -> int | str:
    """`15`, also with spaces between the thousands."""
    packed = SPACES.sub("", text)
    return int(packed) if WHOLE.fullmatch(packed) else text


def typed_decimal(text: str) -> float | str:
    """`0.01`, `0,01` or `1e-2`; what is too large for a number with a point is none."""
    packed = text.strip()
    if not DECIMAL.fullmatch(packed):
        return text
    value = float(packed.replace(",", "."))
    return value if math.isfinite(value) else text
