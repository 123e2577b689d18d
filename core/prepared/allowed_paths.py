"""Which folders a path from the browser may lie in: a path that was typed, or one in a link or a settings file.

Every user who can reach the server can make it open such a path, so the path is confined. On the command line it is
not: its user can read the disk anyway.
"""

import unicodedata
from pathlib import Path, PurePath

from core.errors import BadInput
from core.files.paths import Workspace, resolved
from core.locale import _
from core.prepared import prepare
from core.sanitize import one_line
from core.settings.environment import ROOTS as VARIABLE
from core.settings.environment import Environment

MAX_PATH_CHARS = 4096  # characters; Linux takes no longer path
MAX_SHOWN_CHARS = 240  # characters of a refused path that its sentence repeats


def roots(workspace: Workspace) -> tuple[Path, ...]:
    """The folders that EPOCHLAB_ROOTS names; without it the home folder and the data folder. Empty if it is set to
    nothing: then no path can be typed."""
    named = Environment.read("roots").roots
    if named is not None:
        return tuple(resolved(root) for root in named)
    home = resolved("~")
    own = (home,) if home != Path(home.anchor) else ()  # for an account without a home it is the whole disk
    return (*own, workspace.data.resolve())


def confined(path: str, workspace: Workspace) -> str:
    """The one absolute path, links resolved, of a folder or ZIP that may be read, whether it is there or not.

    BadInput for any other; it names the allowed folders. What was uploaded, collected or imported before is
    always allowed."""
    try:
        if ".." in PurePath(path).parts:
            raise BadInput("{path:name} has “..” in it.", path=one_line(path, MAX_SHOWN_CHARS))
        # Before it is resolved: the answer must not reveal which accounts exist.
        if not PurePath(path).is_absolute() and path.partition("/")[0] != "~":
            raise BadInput("{path:name} is not a full path.", path=one_line(path, MAX_SHOWN_CHARS))
        place = whereabouts(path)
        ours = workspace.uploads.resolve(), workspace.collections.resolve()
        inside = any(place.is_relative_to(root) for root in (*roots(workspace), *ours))
        if not inside and str(place) not in {meta.path for meta in prepare.imported(workspace)}:
            raise BadInput(
                "{path:name} is in no folder that is open to the browser.", path=one_line(path, MAX_SHOWN_CHARS)
            )
    except BadInput as error:
        raise BadInput("{error} {advice}", error=error, advice=advice(workspace)) from error
    return str(place)


def whereabouts(path: str) -> Path:
    """Where a path leads. BadInput if a path may not look like this. This check is enough where the path is only a
    name, and nothing is read there."""
    if len(path) > MAX_PATH_CHARS:
        raise BadInput("{path:name} is too long for a path.", path=one_line(path, MAX_SHOWN_CHARS))
    if any(unicodedata.category(letter) == "Cc" for letter in path):
        raise BadInput(
            "{path:name} has characters in it that no path should have.", path=one_line(path, MAX_SHOWN_CHARS)
        )
    try:
        return resolved(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput("{path:name} cannot be resolved.", path=one_line(path, MAX_SHOWN_CHARS)) from error


def advice(workspace: Workspace) -> str:
    """Which paths can be used, as a sentence."""
    allowed = roots(workspace)
    if not allowed:
        return _(
            "No path can be typed on this server ({variable} is empty): upload a ZIP on the Data page instead.",
            variable=VARIABLE,
        )
    inside = " or ".join(map(str, allowed))
    return _(
        "Use a full path inside {inside}; the administrator of this server can allow other folders with {variable}.",
        inside=inside,
        variable=VARIABLE,
    )
