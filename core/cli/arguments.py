"""How arguments of the command line are read."""

from collections.abc import Callable

from core.errors import BadInput
from core.sanitize import one_line
from core.settings.numbers import typed_whole

MAX_ARGPARSE_CHARS = 300  # characters of what argparse says, which repeats what was typed


def whole_number(option: str) -> Callable[[str], int]:
    """What reads the value of an option that takes a whole number."""

    def read(text: str) -> int:
        value = typed_whole(text)
        if isinstance(value, str):
            shown = one_line(text, MAX_ARGPARSE_CHARS)
            raise BadInput("{option} is {value:name}; allowed: a whole number", option=option, value=shown)
        return value

    return read
