"""A process that wants every run of a queue: it claims as a worker does, trains nothing, and notes what it got.

`python -m tests.runs.contender NOTES`, until the file `NOTES.stop` is there and the queue is empty.
"""

import sys
import time
from pathlib import Path

from core.runs.lab import Lab
from core.runs.worker import claim, free_slot


def main() -> None:
    notes = Path(sys.argv[1])
    lab = Lab.open()
    slots = [f"cpu#{number}" for number in range(20)]
    with notes.open("a") as file:
        while True:
            queue = lab.store.queue(limit=1)
            if not queue:
                if notes.with_suffix(".stop").exists():
                    return
                time.sleep(0.01)
            elif slot := free_slot(lab, slots):
                if work := claim(lab, queue[0], slot):
                    run, locks = work
                    file.write(f"{run.id}\n")
                    lab.store.report(run.id, progress=1.0)
                    lab.store.move(run.id, "finished", only_from=["running"], pid=None)
                    for lock in locks:
                        lock.release()
                else:
                    slot.release()


if __name__ == "__main__":
    main()
