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
WHICH = rf"{LAST}|{BEST}|{START}|{EPOCH_PREFIX}[1-9]\d{{0,5}}"
NAME = re.compile(rf"(?P<which>{WHICH})(\.(?P<attempt>[1-9]\d*))?\.pt")


def own_path(folder: Path, which: str, attempt: int = 1) -> Path:
    """Where an attempt writes a checkpoint."""
    return folder / (f"{which}.{attempt}.pt" if attempt > 1 else f"{which}.pt")


def checkpoint_path(folder: Path, which: str) -> Path:
    """The checkpoint to read; where there is none, a path where nothing is. Of what attempts have left it is the newest
    that is whole; one that is older than the last checkpoint is of an attempt that was superseded."""
    return path_among(folder, names_in(folder), which)


def path_among(folder: Path, names: list[str], which: str) -> Path:
    """The same, of a folder that has these names."""
    last, since = newest(folder, LAST, attempts_at(names, LAST))
    if which == LAST:
        return last
    found = [one for one in attempts_at(names, which) if one >= since or which == START]
    return newest(folder, which, found)[0] if found else own_path(folder, which, since)


def checkpoints(folder: Path) -> dict[str, Path]:
    """All checkpoints to read, by what they are."""
    names = names_in(folder)
    found = {name["which"] for name in map(NAME.fullmatch, names) if name}
    paths = {which: path_among(folder, names, which) for which in found}
    return {which: path for which, path in paths.items() if path.exists()}  # not of a superseded attempt alone


def names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def attempts_at(names: list[str], which: str) -> list[int]:
    """The attempts that have left this checkpoint, the newest first."""
    begin = f"{which}."  # pages ask for a thousand runs at once: few names are looked at closely
    found = [NAME.fullmatch(name) for name in names if name.startswith(begin)]
    return sorted((int(name["attempt"] or 1) for name in found if name), reverse=True)


def newest(folder: Path, which: str, attempts: list[int]) -> tuple[Path, int]:
    """Of these attempts' checkpoints the newest one that is whole, as far as a quick look tells; a single one is not
    looked at. Where there are none, the first attempt's name and 0."""
    for attempt in attempts:
        path = own_path(folder, which, attempt)
        if len(attempts) == 1 or zipfile.is_zipfile(path):
            return path, attempt
    return own_path(folder, which, max(attempts, default=1)), max(attempts, default=0)


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
    for name in filter(None, map(NAME.fullmatch, names_in(folder))):
        if int(name["attempt"] or 1) < attempt and name["which"] != START:
            atomic.remove(folder / name.string)
