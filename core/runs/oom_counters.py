"""Counters of the system, read when a worker begins, so that the death of the worker can be explained later."""

from pathlib import Path
from typing import Any

BOOT = Path("/proc/sys/kernel/random/boot_id")
COUNTERS = Path("/proc/vmstat")


def read_oom_counters() -> dict[str, Any]:
    """The id of the boot, and how many processes the system has killed since for lack of memory; empty if unknown."""
    try:
        counters = dict(line.split() for line in COUNTERS.read_text().splitlines())
        return {"boot": BOOT.read_text().strip(), "memory_kills": int(counters["oom_kill"])}
    except (OSError, ValueError, KeyError):  # not Linux, or an old one
        return {}


def ran_out_of_memory(then: dict[str, Any] | None) -> bool:
    """Whether the system has killed a process for lack of memory since `then`: most likely the worker that is gone."""
    now = read_oom_counters()
    if not (then and now) or then.get("boot") != now["boot"]:
        return False
    return bool(then.get("memory_kills", now["memory_kills"]) < now["memory_kills"])
