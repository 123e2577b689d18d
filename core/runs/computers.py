"""What people are told of the computers that take runs from one queue: what they have, and what they train now."""

import time
from collections import Counter
from collections.abc import Sequence

from core import formatting
from core.locale import _
from core.runs.store import Computer, Run, Store
from core.sanitize import one_line

SHOWN_FOR_S = 7 * 24 * 3600.0  # seconds after it was heard last
MAX_PLACE_CHARS = 300  # a path may be long, and its end tells two apart


def known_computers(store: Store) -> list[Computer]:
    """Those that are there first; none where the store is not shared."""
    known = store.computers() if store.shared else []
    found = [one for one in known if one.there or one.heard > time.time() - SHOWN_FOR_S]
    return sorted(found, key=lambda one: not one.there)


def names_of(computers: Sequence[Computer]) -> dict[str, str]:
    """What they are called, by their place: a name that two have is given with its folder."""
    names = [computer.name for computer in computers]
    return {
        one.place: one_line(one.name if names.count(one.name) == 1 else one.place, MAX_PLACE_CHARS) for one in computers
    }


def trained_by(computer: Computer, runs: Sequence[Run]) -> list[Run]:
    """Which of these runs it trains now; none of one that is not there."""
    return [run for run in runs if computer.there and run.state == "running" and run.place == computer.place]


def words_of(computer: Computer, runs: Sequence[Run]) -> list[str]:
    """`2 × NVIDIA H200`, what it trains of `runs`, and since when it is there, or was."""
    counts = Counter(computer.devices)
    devices = ", ".join(name if count == 1 else f"{count} × {name}" for name, count in counts.items())
    here = [_("{name:name} ({share:share})", name=run.name, share=run.progress) for run in trained_by(computer, runs)]
    if not computer.there:
        heard = formatting.ago(computer.heard)
        return [*filter(None, [devices]), _("off, or cannot reach the database; last heard {time}", time=heard)]
    idle = _("free") if computer.devices else _("is getting ready")  # its first process there loads torch
    work = _("trains {runs}", runs=", ".join(here)) if here else idle
    since = _("there since {moment}", moment=formatting.moment(computer.since))
    return [*filter(None, [devices]), work, since]
