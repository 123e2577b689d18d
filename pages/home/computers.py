"""The computers that take runs from the queue, where several share it: what they have, and what they train now."""

import time
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core import formatting
from core.locale import _
from core.runs.lab import Lab
from core.runs.obstacles import names_of
from core.runs.store import Computer, Run
from pages.components.markdown import escape_markdown

SHOWN_FOR_S = 7 * 24 * 3600.0  # seconds after it was heard last


def computers(lab: Lab, busy: Sequence[Run]) -> None:
    """A line each, those that are there first; nothing where there are none. `busy`: the runs that wait or train."""
    known = lab.store.computers() if lab.store.shared else []
    found = [one for one in known if one.there or one.heard > time.time() - SHOWN_FOR_S]
    if not found:
        return
    st.header(_("Computers"), anchor=False)
    names = names_of(found)
    lines = []
    for one in sorted(found, key=lambda one: not one.there):
        words = [devices(one), at_work(one, busy) if one.there else "", heard(one)]
        lines.append(
            " · ".join([f"**{escape_markdown(names[one.place])}**", *map(escape_markdown, filter(None, words))])
        )
    st.markdown("\n".join(f"- {line}" for line in lines))


def devices(computer: Computer) -> str:
    """`CPU`, `2 × NVIDIA H200`."""
    counts = Counter(computer.devices)
    return ", ".join(name if count == 1 else f"{count} × {name}" for name, count in counts.items())


def at_work(computer: Computer, busy: Sequence[Run]) -> str:
    """What it trains."""
    here = [run for run in busy if run.state == "running" and run.place == computer.place]
    runs = ", ".join(_("{name:name} ({share:share})", name=run.name, share=run.progress) for run in here)
    return _("trains {runs}", runs=runs) if here else _("free")


def heard(computer: Computer) -> str:
    """Since when it is there, or was."""
    if computer.there:
        return _("there since {moment}", moment=formatting.moment(computer.since))
    return _("off, or cannot reach the database; last heard {time}", time=formatting.ago(computer.heard))
