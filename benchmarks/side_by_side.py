"""Measuring two things fairly on a noisy machine: in turn, with medians, in one table."""

import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parents[1]


def alternate(sides: Mapping[str, Callable[[], T]], times: int) -> dict[str, list[T]]:
    """Run every side `times` times, in turn, so that a slow minute of the machine hits all of them alike."""
    results: dict[str, list[T]] = {name: [] for name in sides}
    for turn in range(times):
        for name, run in sides.items():
            say(f"{name}, {turn + 1} of {times}")
            results[name].append(run())
    return results


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0–1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table, as the README of this folder holds it."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine() -> str:
    """One line about where the numbers were measured."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    chip = next(
        (line.split(":")[1].strip() for line in read("/proc/cpuinfo").splitlines() if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return f"{cores} cores of {chip}, Python {platform.python_version()}, torch {torch.__version__}{load}"


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def command(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """The standard output of a Python module's command, as a person would type it; its errors go to the screen."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
