"""What keeps this computer from taking a run that another one may take: its images or its files are not here. Such a
run stays in the queue, and the store tells everyone why. Only where computers share a store. Imports no torch."""

import time
from collections.abc import Container
from dataclasses import dataclass

from core.datasets import catalog
from core.datasets.local_copies import locate
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.checkpoint_names import LAST, START
from core.files.paths import Workspace
from core.locale import _
from core.prepared import prepare
from core.prepared.allowed_paths import confined
from core.prepared.arrays import Prepared
from core.runs.computers import names_of
from core.runs.files import RunFiles
from core.runs.store import Computer, Refusal, Run, Store

LOOKED_AT = 50  # runs of the queue, from its front, that the store is told of where there is one to take
RETRY_AFTER_S = 600.0  # seconds after which data are prepared again that could not be
NO_FOLDER = "The folder of the runs, {folder}, is not there. Mount it, or let EPOCHLAB_RUNS name it."
OTHER_FOLDER = (
    "It was queued where another folder of runs is used than {folder}. Let EPOCHLAB_RUNS name the folder that all "
    "computers share."
)
LOOKS_ONLY = "looks_only"  # of a computer that has no folder but its own, and need not take what others queue
NO_FILES = (
    "What it goes on from is not in {folder}. Let EPOCHLAB_RUNS name the folder that all computers share, or resume it "
    "where it was trained: {place}."
)
NO_IMAGES = "The images of {title:name} are not there."
NO_PATH = "There is no {path}, where its images are."
CLOSED = "{path}, where its images are, lies in no folder that is open there; EPOCHLAB_ROOTS opens others."
OTHER_IMAGES = "{title:name} has other images there than those that the run learns from."


class NotHere(Problem):
    """The data of a run cannot be had on this computer; another one may have them."""


def require_folder(workspace: Workspace) -> None:
    """`BadInput` where the folder is not there that EPOCHLAB_RUNS names: it is not made, as one on a disk that is not
    mounted would be the folder of this computer alone."""
    if problem := no_folder(workspace):
        raise problem


def no_folder(workspace: Workspace) -> BadInput | None:
    if workspace.shared_runs in (None, workspace.workers) or workspace.runs.is_dir():
        return None
    return BadInput(NO_FOLDER, folder=str(workspace.runs))


def obstacle(run: Run, workspace: Workspace) -> Problem | None:
    """Why this computer cannot take a run; None where nothing is known that keeps it. Reads only names and the
    description of the data."""
    if problem := no_folder(workspace):
        return problem
    files = RunFiles(workspace)
    begun = run.progress > 0 or run.origin or run.config.model.of_run
    if begun and not files.has_checkpoint(run.id, LAST) and (run.progress or not files.has_checkpoint(run.id, START)):
        return Problem(NO_FILES, folder=str(workspace.runs), place=run.place or "")
    if not workspace.run(run.id).exists():
        looks = workspace.runs == workspace.workers
        return Problem(OTHER_FOLDER, LOOKS_ONLY if looks else "", folder=str(workspace.runs))
    try:
        source = DataSource.of(run.config.data)
        if prepared := prepare.find(source, workspace):
            return other_images(run, prepared)
        if source.version:
            return Problem(NO_IMAGES, title=source.title)
        if source.is_folder:
            if not source.place.exists():
                return Problem(NO_PATH, path=str(source.place))
            try:
                confined(str(source.place), workspace)
            except BadInput:  # its words are for who types a path
                return Problem(CLOSED, path=str(source.place))
            return None
        spec = catalog.spec(source.name)
        return None if spec.download or locate(spec, workspace.data) else Problem(NO_IMAGES, title=source.title)
    except Problem as problem:  # a set that an extension brings, a path that may not be read here
        return problem


def other_images(run: Run, prepared: Prepared) -> NotHere | None:
    """The obstacle that a set of this name has other images here."""
    if run.fingerprint in (None, prepared.meta.fingerprint):
        return None
    return NotHere(OTHER_IMAGES, title=prepared.meta.title)


def next_run(store: Store, workspace: Workspace, passed: Container[str] = ()) -> Run | None:
    """The first run of the queue that this computer can take, but for those that are `passed` over; tells the store of
    those before it and soon after it that it cannot take."""
    if not store.shared:
        return next(iter(store.queue(limit=1)), None)
    queue = store.queue()
    before = store.refused(workspace.place) if queue else None
    refused: dict[str, Refusal] = {}
    found = None
    for number, run in enumerate(queue):
        if found and (number >= LOOKED_AT or before is None):  # nobody wants to know more
            break
        if why := refusal(run, workspace, (before or {}).get(run.id)):
            refused[run.id] = why
        elif not found and run.id not in passed:
            found = run
    if before is not None and refused != before:
        store.tell_computer(workspace.place, refused=refused)
    return found


def refusal(run: Run, workspace: Workspace, before: Refusal | None) -> Refusal | None:
    if before and before.tried and time.time() - before.tried < RETRY_AFTER_S:
        return before
    problem = obstacle(run, workspace)
    return Refusal(problem.to_dict()) if problem else None


def refuse(run: Run, store: Store, workspace: Workspace, problem: Problem) -> None:
    """Let another computer take a run that this one has tried to prepare."""
    before = store.refused(workspace.place) or {}
    store.tell_computer(workspace.place, refused={**before, run.id: Refusal(problem.to_dict(), time.time())})


@dataclass(frozen=True)
class Waiting:
    """Why a run waits: the computers that cannot take it, each with the reason."""

    reasons: list[tuple[str, Problem]]
    nobody: bool  # whether no computer that is there can take it

    def in_words(self) -> str:
        """What a page and the command line say; "" where it waits only for its turn."""
        if not self.reasons:
            return ""
        of: dict[str, list[str]] = {}  # a reason → the computers that have it
        for name, problem in self.reasons:
            of.setdefault(str(problem), []).append(name)
        reasons = " ".join(
            _("{computers}: {problem}", computers=", ".join(names), problem=problem) for problem, names in of.items()
        )
        if self.nobody:
            return _("No computer that is there can take it. {reasons}", reasons=reasons)
        return _("It waits for a computer that can take it. {reasons}", reasons=reasons)


def waiting(run: Run, store: Store, workspace: Workspace) -> Waiting:
    """Also the computer of whoever asks could take it, whether it is among those that take runs or not."""
    there = [computer for computer in store.computers() if computer.there]
    if workspace.place not in [computer.place for computer in there]:
        problem = obstacle(run, workspace)
        refused = {run.id: Refusal(problem.to_dict())} if problem else {}
        there.append(Computer(workspace.place, [], 0.0, 0.0, refused, True))
    names = names_of(there)
    reasons = [
        (names[one.place], Problem.from_dict(one.refused[run.id].problem)) for one in there if run.id in one.refused
    ]
    nobody = len(reasons) == len(there)
    return Waiting([one for one in reasons if nobody or one[1].code != LOOKS_ONLY], nobody)
