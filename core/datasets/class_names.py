"""Classes known by their names, in sets that come from different places."""

from collections.abc import Sequence

from core.errors import BadInput
from core.sanitize import folder_name, one_line

MAX_NAME_CHARS = 255  # characters of a class's name


def class_places(classes: Sequence[str]) -> dict[str, int]:
    """Where each class is, by its name and by what a folder of that name is called."""
    return {named(name): place for named in (folder_name, str) for place, name in enumerate(classes)}


def class_name(text: str) -> str:
    """The name of a class as it is kept; `BadInput` for one without a visible character."""
    if not (name := one_line(text, MAX_NAME_CHARS)):
        raise BadInput("A class needs a name of at least one letter. Type one.")
    return name
