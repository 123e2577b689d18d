"""A worker that gives a run little time to obey: `python -m tests.runs.hasty_worker --idle 0`."""

from core.runs import stop_watchdog, worker

stop_watchdog.POLL_INTERVAL_S = 0.02
stop_watchdog.STOP_TIMEOUT_S["pause"] = 0.2

if __name__ == "__main__":
    worker.main()
