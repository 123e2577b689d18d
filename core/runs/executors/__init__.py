"""Executors run the queued runs. The present one starts local processes; others can implement the same interface."""

from typing import Protocol


class Executor(Protocol):
    """Takes queued runs from the store and trains them somewhere."""

    def start_worker(self, idle: float = 0.0) -> None:
        """Make sure that a worker takes queued runs. With `idle` > 0 the worker stays ready for so many seconds after
        the queue is empty. `Unwritable` where no worker can be started."""

    def ensure_worker(self) -> None:
        """Runs wait: start a worker, unless that was done a moment ago. Raises nothing: a mere reader cannot fix it."""

    def is_alive(self, run_id: str) -> bool:
        """Whether a worker trains a run that the store calls `running`. Decided by what the system frees when a worker
        dies, never by a clock. `Unwritable` where it cannot be found out."""

    def problem(self) -> str:
        """Why no worker takes runs, in a sentence; "" if nothing prevents it."""
