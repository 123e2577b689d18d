"""Whether a file can be written, asked before anything is computed for it."""

from pathlib import Path
from tempfile import NamedTemporaryFile

from core.errors import BadInput, reason


def check_writable(path: Path) -> None:
    """Try it beside `path` with a temporary file: folders are not made, so that a mistyped one is noticed."""
    if not path.parent.exists():
        raise BadInput("there is no folder {folder} to write {file} into: make it first",
                       folder=path.parent, file=path.name)  # fmt: skip
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
        if path.is_dir():
            raise BadInput("{path} is a folder; give the name of a file to write", path=path)
    except OSError as error:
        raise BadInput(
            "{path} cannot be written ({reason}): choose another place", path=path, reason=reason(error)
        ) from error
