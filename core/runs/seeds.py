"""Runs that differ in the seed alone: which belong together, and seeds for more of them. Imports no torch."""

from collections.abc import Iterable, Sequence
from itertools import count, islice

from core.locale import _
from core.run_config import RunConfig
from core.runs.naming import seed_suffix
from core.runs.store import Run

SEED = "training.seed"
MORE_SEEDS = 3  # that are offered where a difference may be chance
MAX_REPEATS = 100  # runs that one command queues


def group_key(run: Run) -> str:
    """The same text for runs that differ in the seed alone. A fork had other settings before: none is like it."""
    return run.id if run.origin else settings_key(run.config)


def settings_key(config: RunConfig) -> str:
    """The same text for settings that differ in the seed alone."""
    return config.replace({SEED: 0}).to_json()


def grouped(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs, those that differ in the seed alone together, each group where its first run stands. The same seed once
    more is the same run again, and tells nothing of other seeds: it is in no group with the first one."""
    groups: list[list[Run]] = []
    alike: dict[str, list[list[Run]]] = {}
    for run in runs:
        own = alike.setdefault(group_key(run), [])
        seed = run.config.training.seed
        group = next((one for one in own if seed not in [other.config.training.seed for other in one]), None)
        if group is None:
            group = []
            own.append(group)
            groups.append(group)
        group.append(run)
    return groups


def group_name(runs: Sequence[Run]) -> str:
    """What runs that differ in the seed alone are called together; of one run its name."""
    first = runs[0]
    if len(runs) == 1:
        return first.name
    name = first.name.removesuffix(seed_suffix(first.config.training.seed))
    return _("{name} (mean of {seeds} seeds)", name=name, seeds=len(runs))


def unused_seeds(config: RunConfig, runs: Iterable[Run], many: int) -> list[int]:
    """The smallest seeds with which none of `runs` has these settings yet."""
    key = settings_key(config)
    taken = {config.training.seed} | {run.config.training.seed for run in runs if group_key(run) == key}
    return list(islice((seed for seed in count() if seed not in taken), many))
