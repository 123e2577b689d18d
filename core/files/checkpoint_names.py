"""The checkpoints in the folder of a run, by their names. This is the only place that knows them.

`last`, `best`, `start` (what a fork, or a run that starts from another one's weights, begins with) and `epoch-N` (kept
ones). Each attempt at the run writes names of its own: `last.pt` the first, `last.2.pt` the second. So one that was
taken for dead, and still writes, changes nothing of what a later one has written.
"""

import os
import re
import zipfile
from pathlib import Path

from core.errors import Unwritable, reason
from core.files import atomic

LAST, BEST, START = "last", "best", "start"
EPOCH_PREFIX = "epoch-"  # before the number, in the name of an epoch's checkpoint
NAME = re.compile(rf"(?P<which>{LAST}|{BEST}|{START}|{EPOCH_PREFIX}[1-9]\d{{0,5}})(\.(?P<attempt>[1-9]\d*))?\.pt")


def own_path(folder: Path, which: str, attempt: int = 1) -> Path:
    """Where an attempt writes a checkpoint."""
    return folder / (f"{which}.{attempt}.pt" if attempt > 1 else f"{which}.pt")


def checkpoint_path(folder: Path, which: str) -> Path:
    """The checkpoint to read; where there is none, the name that the first attempt gives it."""
    return checkpoints(folder).get(which) or own_path(folder, which)


def checkpoints(folder: Path) -> dict[str, Path]:
    """The checkpoints to read by what they are: of each the newest that is whole. Those that are older than the last
    one are of an attempt that was superseded."""
    found = written(folder)
    _path, since = newest(folder, found.get(LAST, []))
    kept = {which: [one for one in attempts if one >= since or which == START] for which, attempts in found.items()}
    return {which: newest(folder, attempts, which)[0] for which, attempts in kept.items() if attempts}


def written(folder: Path) -> dict[str, list[int]]:
    """The attempts that have left a checkpoint, the newest first, by what it is."""
    try:
        names = [NAME.fullmatch(name) for name in os.listdir(folder) if name.endswith(".pt")]
    except OSError:
        return {}
    found: dict[str, list[int]] = {}
    for name in filter(None, names):
        found.setdefault(name["which"], []).append(int(name["attempt"] or 1))
    return {which: sorted(attempts, reverse=True) for which, attempts in found.items()}


def newest(folder: Path, attempts: list[int], which: str = LAST) -> tuple[Path, int]:
    """Of these attempts' checkpoints the newest one that is whole, as far as a quick look tells; a single one is not
    looked at."""
    paths = [(own_path(folder, which, attempt), attempt) for attempt in attempts]
    whole = (one for one in paths if len(paths) == 1 or zipfile.is_zipfile(one[0]))
    return next(whole, paths[0] if paths else (own_path(folder, which), 0))


def which_of(path: Path) -> str:
    """Which checkpoint of its run a file is, whoever wrote it: what belongs to it is kept under this name."""
    return path.name.partition(".")[0]


def epoch_name(epoch: int) -> str:
    """What the kept checkpoint of an epoch is called."""
    return f"{EPOCH_PREFIX}{epoch}"


def kept_epochs(folder: Path) -> dict[int, Path]:
    """The checkpoints of single epochs that a run has kept, in their order."""
    found = {which.removeprefix(EPOCH_PREFIX): path for which, path in checkpoints(folder).items()}
    return {int(number): found[number] for number in sorted(filter(str.isdecimal, found), key=int)}


def take_over(folder: Path, last: Path, attempt: int) -> None:
    """Give this attempt's names to what it goes on from, which earlier ones have left; `last` is where it goes on. That
    one comes at the end: from then on readers pass over what an earlier attempt still writes."""
    found = checkpoints(folder) | {LAST: last}
    for which in sorted(found.keys() - {START}, key=lambda which: which == LAST):
        if found[which] != own_path(folder, which, attempt):
            rename(found[which], own_path(folder, which, attempt))


def rename(path: Path, to: Path) -> None:
    try:
        os.replace(path, to)
        atomic.sync_folder(path.parent)
    except OSError as error:
        raise Unwritable(atomic.REFUSED, path=to, reason=reason(error)) from error


def remove_earlier(folder: Path, attempt: int) -> None:
    """Remove what earlier attempts have left, or still write: this one has its own."""
    for which, attempts in written(folder).items():
        for earlier in attempts:
            if earlier < attempt and which != START:
                atomic.remove(own_path(folder, which, earlier))
