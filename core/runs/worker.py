"""The worker process: waits for a run and a free device, trains it, and leaves. `python -m core.runs.worker`.

At most one worker waits (it holds the spare lock). It has imported torch already, so the run that comes starts at
once. After its run it ends and leaves the next run to a successor: every run has a process of its own.
"""

import argparse
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import Problem, reason
from core.files import atomic
from core.locale import N_, _
from core.runs import options, stop_watchdog
from core.runs.attempt import Attempt
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.locks import try_acquire
from core.runs.oom_counters import read_oom_counters
from core.runs.store import PATIENCE_S, Held, Run
from core.settings import reader

QUEUE_POLL_S = 0.1  # seconds between two looks at the queue
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
    idle: float = parser.parse_args().idle
    lab = Lab.open()
    lab.store.patience = PATIENCE_S
    spare = FileLock(LocalProcesses(lab.workspace).spare_lock)
    try:
        spare.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout:
        return  # another worker waits already
    give_way()
    lab.deletion.tidy()
    # torch, and the part of it that the first step of any optimizer imports: 3 s, spent before there is anything to do.
    import torch._dynamo  # noqa: F401

    from core.runs.execute import execute

    work = wait_for_run(lab, idle)
    spare.release()
    if work is None:
        if lab.store.queue(limit=1):  # queued in the moment between the last look and the release
            lab.executor.start_worker(idle)
        return
    run, locks = work
    if lab.store.queue(limit=1):  # there may be another free device
        lab.executor.start_worker(idle)
    redirect_output(lab, run)
    stop_watchdog.watch(lab, Attempt(run, lab.store), idle)
    execute(run, lab)
    for lock in locks:
        lock.release()
    if idle or lab.store.queue(limit=1):
        lab.executor.start_worker(idle)


def give_way() -> None:
    """Give other processes the processor first. A successor inherits the niceness, so it is set, not added to."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):  # the niceness is already higher
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    # Linux shares time between sessions before it compares niceness within one, and a worker has its own session.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def wait_for_run(lab: Lab, idle: float) -> tuple[Run, list[FileLock | Held]] | None:
    """The next run with the locks of its device and itself; None when the queue was empty for `idle` seconds."""
    devices = slots()
    empty_since = time.monotonic()
    while True:
        queue = lab.store.queue(limit=1)
        if queue:
            empty_since = time.monotonic()
            if slot := free_slot(lab, devices):
                if work := claim(lab, queue[0], slot):
                    return work
                slot.release()
        elif time.monotonic() - empty_since >= idle:
            return None
        time.sleep(QUEUE_POLL_S)


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
    try:
        atomic.make_folder(folder)
        lock.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout:
        return None
    except OSError as error:
        outcome = Problem(FOLDER_UNUSABLE, folder=folder, reason=reason(error)).to_dict()
        lab.store.move(run.id, "failed", only_from=["queued"], finished=time.time(), outcome=outcome)
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
    if not lab.store.move(run.id, "running", only_from=["queued"], **now):
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
