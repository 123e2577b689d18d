"""What runs runs. The one at hand starts local processes; others fill the same interface."""

from typing import Protocol


class Executor(Protocol):
    """Takes queued runs from the store and trains them somewhere."""

    def wake(self, idle: float = 0.0) -> None:
        """See to it that queued runs are taken up. With `idle` > 0 whoever takes them stays ready for so many seconds
        after the queue is empty. `Unwritable` where nothing can be started."""

    def attend(self) -> None:
        """Runs wait: wake, unless that was done a moment ago. Raises nothing: whoever only looks cannot help it."""

    def is_alive(self, run_id: str) -> bool:
        """Whether somebody is at work on a run that the store calls `running`. Told by what the system frees when a
        worker dies, never by a clock. `Unwritable` where it cannot be told."""

    def problem(self) -> str:
        """Why nobody takes up runs, in a sentence; "" if nothing stands in the way."""
