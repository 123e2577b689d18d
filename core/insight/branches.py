"""Where the curves of runs part that have a beginning in common."""

import math
from collections.abc import Iterable

from core.runs.store import Run


def branch_epochs(runs: Iterable[Run]) -> dict[str, int]:
    """Run id → the epoch from which on its curves are its own, and no earlier one of these runs has them as well; 0 for
    a run that begins by itself. Two forks of one run have its curves in common, whether or not that run is shown."""
    ordered = sorted(runs, key=lambda run: run.created)
    by_id = {run.id: run for run in ordered}
    found: dict[str, int] = {}
    before: list[dict[str, float]] = []
    for run in ordered:
        own = lineage(run, by_id)
        common = (min(own[name], other[name]) for other in before for name in own.keys() & other.keys())
        found[run.id] = int(max(common, default=0))
        before.append(own)
    return found


def lineage(run: Run, by_id: dict[str, Run]) -> dict[str, float]:
    """The run itself and those that it comes from, each with the epoch up to which their curves are its own, too."""
    found, up_to, now = {run.id: math.inf}, math.inf, run
    while now.origin and now.origin.run not in found:
        up_to = min(up_to, now.origin.epoch)
        found[now.origin.run] = up_to
        if now.origin.run not in by_id:
            break
        now = by_id[now.origin.run]
    return found
