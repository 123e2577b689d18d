"""What is measured of a prepared data set's images once, and kept beside them as JSON."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import ValidationError

from core.prepared.arrays import Prepared
from core.settings.fields import Settings

T = TypeVar("T", bound=Settings)


def kept(prepared: Prepared, file: str, kind: type[T], measure: Callable[[], T]) -> T:
    """What `file` beside the images says; or, where it is missing or from an older version, what `measure` gives."""
    path = Path(prepared.folder) / file
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        found = measure()
        _keep(path, found)
        return found


def sample(prepared: Prepared, most: int) -> list[int]:
    """The indices of at most `most` training images, evenly spread and in order."""
    train = np.sort(np.asarray(prepared.indices("train")))
    chosen: list[int] = train[np.unique(np.linspace(0, len(train) - 1, min(len(train), most)).astype(int))].tolist()
    return chosen


def _keep(path: Path, found: Settings) -> None:
    """Write atomically, as several processes may measure at once; a folder that cannot be written is no harm."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(found.model_dump_json())
            os.replace(name, path)
        except OSError:
            os.unlink(name)
    except OSError:
        pass
