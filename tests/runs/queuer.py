"""A process that does what a server does to the store: it queues runs, and lists them as pages do meanwhile.

`python -m tests.runs.queuer COUNT`
"""

import sys

from core.run_config import RunConfig
from core.runs.lab import Lab


def main() -> None:
    lab = Lab.open()
    lab.executor.start_worker = lambda idle=0.0: None  # who claims is counted: nobody else may come
    for number in range(int(sys.argv[1])):
        run = lab.store.add(RunConfig(), f"number {number}")
        lab.annotate(run.id, notes="queued")
        if number % 10 == 0:
            lab.runs(limit=20)


if __name__ == "__main__":
    main()
