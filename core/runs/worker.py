"""The worker process: waits for a run and a free device, trains it, and leaves. `python -m core.runs.worker`.

At most one worker waits (it holds the spare lock). It has imported torch already, so the run that comes starts at
once. After its run it ends and leaves the next run to a successor: every run has a process of its own.
"""

import argparse
import math
import os
import signal
import sys
import time
from typing import Any

from filelock import FileLock, Timeout

from core.errors import Problem, reason
from core.files import atomic
from core.files.priority import give_way
from core.locale import N_, _
from core.runs import leaving, obstacles, options, stop_watchdog
from core.runs.attempt import Attempt
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.locks import try_acquire
from core.runs.obstacles import next_run
from core.runs.oom_counters import read_oom_counters
from core.runs.presence import Presence
from core.runs.store import PATIENCE_S, Held, Run
from core.settings import reader

QUEUE_POLL_S = 0.1  # seconds between two looks at the queue
SHARED_POLL_S = 0.5  # the same on a server, which many computers ask
PASSED_S = 3.0  # for which a run is passed over whose last worker still holds it: it was out of reach, and is back
LOCK_TIMEOUT_S = 2.0  # seconds to wait for a lock that a page may be probing
FOLDER_UNUSABLE = (
    "The folder {folder} cannot be used for this run ({reason}). Move away what has taken its place, or change its "
    "permissions, then resume the run."
)
NICENESS = 10  # pages have priority; a run that is alone on the machine loses nothing by it


def main() -> None:
    reader.begin()
    parser = argparse.ArgumentParser(prog="python -m core.runs.worker")
    parser.add_argument("--idle", type=float, default=0.0, help=_("seconds to wait for another run before leaving"))
    parser.add_argument(
        "--attended", action="store_true",
        help=_("wait without end; leave when the input ends, and put the run back in the queue"),
    )  # fmt: skip
    given = parser.parse_args()
    idle: float = math.inf if given.attended else given.idle
    if given.attended:
        leaving.watch()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a system that stops a service tells all its processes at once
    lab = Lab.open()
    lab.store.patience = PATIENCE_S

    def successor() -> None:
        if not given.attended:  # else the one that has started this process does that
            lab.executor.start_worker(idle)

    spare = FileLock(LocalProcesses(lab.workspace).spare_lock)
    try:
        spare.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout:
        return  # another worker waits already
    give_way(NICENESS)
    presence = Presence(lab.store, lab.workspace)
    lab.deletion.tidy()
    # torch, and the part of it that the first step of any optimizer imports: 3 s, spent before there is anything to do.
    import torch._dynamo  # noqa: F401

    from core.runs.execute import execute

    devices = slots()
    presence.has([device_words(device) for device in devices])
    work = wait_for_run(lab, idle, devices)
    spare.release()
    if work is None:
        if not leaving.asked() and next_run(lab.store, lab.workspace):
            successor()  # it was queued in the moment between the last look and the release
        elif not given.attended:
            presence.leave()
        return
    run, locks = work
    if next_run(lab.store, lab.workspace):  # there may be another free device
        successor()
    redirect_output(lab, run)
    stop_watchdog.watch(lab, Attempt(run, lab.store), successor)
    execute(run, lab)
    for lock in locks:
        lock.release()
    if idle or next_run(lab.store, lab.workspace):
        successor()
    else:
        presence.leave()


def wait_for_run(lab: Lab, idle: float, devices: list[str]) -> tuple[Run, list[FileLock | Held]] | None:
    """The next run with the locks of its device and itself; None when there was none for `idle` seconds, or when this
    process shall leave."""
    empty_since = time.monotonic()
    passed: dict[str, float] = {}  # runs that could not be claimed → until when those behind them come first
    while not leaving.asked():
        passed = {waits: end for waits, end in passed.items() if time.monotonic() < end}
        if run := next_run(lab.store, lab.workspace, passed):
            empty_since = time.monotonic()
            if slot := free_slot(lab, devices):
                if work := claim(lab, run, slot):
                    return work
                slot.release()
                if lab.store.shared:
                    passed[run.id] = time.monotonic() + PASSED_S
        elif not passed and time.monotonic() - empty_since >= idle:
            return None
        time.sleep(SHARED_POLL_S if lab.store.shared else QUEUE_POLL_S)
    return None


def device_words(device: str) -> str:
    """A place for a run as people call it: `CPU`, or a GPU by its name."""
    import torch

    kind = torch.device(device.partition("#")[0])
    return torch.cuda.get_device_name(kind) if kind.type == "cuda" else kind.type.upper()


def slots() -> list[str]:
    """The places where runs train at the same time: every GPU, or else the processor once; or as many places as the
    environment asks for, spread over the devices."""
    import torch

    devices = [f"cuda:{i}" for i in range(torch.cuda.device_count())] or ["cpu"]
    many = options.runs_at_once() or len(devices)
    return [devices[i % len(devices)] + (f"#{i // len(devices)}" if i >= len(devices) else "") for i in range(many)]


def free_slot(lab: Lab, devices: list[str]) -> FileLock | None:
    for device in devices:
        lock = try_acquire(LocalProcesses(lab.workspace).device_lock(device))
        if lock is None:
            continue
        if device.startswith("cuda"):
            import torch

            torch.cuda.set_device(device.partition("#")[0])
        return lock
    return None


def claim(lab: Lab, run: Run, slot: FileLock) -> tuple[Run, list[FileLock | Held]] | None:
    """Make this process the run's worker. It takes the locks before it sets the state: a reader must never see a
    running run without them. A folder that cannot be used fails this run and no other."""
    folder, lock = lab.workspace.run(run.id), FileLock(lab.files.lock(run.id))
    problem: Problem | None = obstacles.no_folder(lab.workspace)
    try:
        if problem is None:
            atomic.make_folder(folder)
            lock.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout:
        return None
    except OSError as error:
        problem = Problem(FOLDER_UNUSABLE, folder=str(folder), reason=reason(error))
    if problem:
        if lab.store.shared:  # another computer may be able to
            obstacles.refuse(run, lab.store, lab.workspace, problem)
            return None
        lab.store.move(run.id, "failed", only_from=["queued"], finished=time.time(), outcome=problem.to_dict())
        return None
    now: dict[str, Any] = {
        "pid": os.getpid(),
        "place": lab.workspace.place,
        "oom_counters": read_oom_counters(),
        "stage": N_("starting"),
        "message": "",
        "outcome": None,
    }
    held = lab.store.hold(run.id)
    if not held.taken or not lab.store.move(run.id, "running", only_from=["queued"], **now):
        held.release()
        lock.release()
        lab.deletion.leave_nothing(run.id)
        return None
    return lab.store.get(run.id), [held, lock, slot]


def redirect_output(lab: Lab, run: Run) -> None:
    """From now on all output of this process, that of native code included, goes to the run's log. A log that cannot
    be opened is no reason to stop: nothing depends on it."""
    try:
        log = os.open(lab.files.log_path(run.id), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        words = _(
            "The log of run {run} cannot be opened ({reason}); it is written here.", run=run.id, reason=reason(error)
        )
        print(words, flush=True)
        return
    sys.stdout.flush()
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    words = _("run {run} ({name}) in process {process}", run=run.id, name=run.name, process=os.getpid())
    print(time.strftime("%Y-%m-%d %H:%M:%S"), words, flush=True)


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit(str(problem))  # into workers.log
