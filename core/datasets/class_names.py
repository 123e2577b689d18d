"""Classes known by their names, in sets that come from different places."""

from collections.abc import Sequence

from core.sanitize import folder_name


def class_places(classes: Sequence[str]) -> dict[str, int]:
    """Where each class is, by its name and by what a folder of that name is called."""
    return {named(name): place for named in (folder_name, str) for place, name in enumerate(classes)}
