"""Whether the disk has space for what is about to be written: reported before an hour of work, not after it."""

import shutil
from pathlib import Path

from core.errors import Problem, Unwritable, reason

SPARE_BYTES = 50 * 10**6  # bytes that are needed in addition, for the database, logs and other programs


def require(folder: Path, needed: int, what: str) -> None:
    """Unwritable if the disk that `folder` is on, or will be on once it is made, has no space for `needed` bytes.

    `what` names what is written, in the message: `the checkpoints of this run`.
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
            "there is not enough space for {what}: that takes {needed:size}, and the disk of {folder} has {free:size} "
            "left. Delete what is no longer needed, such as old runs, or keep the workspace on a larger disk "
            "(EPOCHLAB_HOME)",
            what=what,
            needed=needed + SPARE_BYTES,
            folder=folder,
            free=disk.free,
        )
