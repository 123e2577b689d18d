"""Whether the disk has room for what is about to be written: better said before than after an hour of work."""

import shutil
from pathlib import Path

from core.errors import Problem, Unwritable, reason

SPARE_BYTES = 50 * 10**6  # bytes that are needed besides, for the database, logs and other programs


def require(folder: Path, needed: int, what: str) -> None:
    """Unwritable if the disk that `folder` is on, or will be on once it is made, has no room for `needed` bytes.

    `what` is what a sentence calls it: `the checkpoints of this run`.
    """
    try:
        place = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        disk = shutil.disk_usage(place)
    except OSError as error:
        raise Problem(
            "{folder} cannot be looked at ({reason}): check the permissions of its disk",
            folder=folder,
            reason=reason(error),
        ) from error
    tells = disk.total > 0  # some network disks do not say how large they are
    if tells and needed + SPARE_BYTES > disk.free:
        raise Unwritable(
            "there is no room for {what}: that takes {needed:size}, and the disk of {folder} has {free:size} "
            "left. Delete what is no longer needed, such as old runs, or keep the workspace on a larger disk "
            "(EPOCHLAB_HOME)",
            what=what,
            needed=needed + SPARE_BYTES,
            folder=folder,
            free=disk.free,
        )
