"""The computers that take runs from the queue, where several share it: what they have, and what they train now."""

from collections.abc import Sequence

import streamlit as st

from core import formatting
from core.locale import _
from core.runs.lab import Lab
from core.runs.obstacles import names_of
from core.runs.store import Computer, Run
from pages.components.markdown import escape_markdown


def computers(lab: Lab, busy: Sequence[Run]) -> None:
    """A row each, those that are there first; nothing where there are none. `busy`: the runs that wait or train."""
    found = sorted(lab.store.computers(), key=lambda one: not one.there) if lab.store.shared else []
    if not found:
        return
    st.header(_("Computers"), anchor=False)
    names = names_of(found)
    heading = [_("Computer"), _("Device"), _("Trains"), _("Last heard")]
    rows = [[names[one.place], ", ".join(one.devices), trains(one, busy), heard(one)] for one in found]
    table = [heading, ["---"] * len(heading), *([escape_markdown(cell) for cell in row] for row in rows)]
    st.markdown("\n".join(f"| {' | '.join(row)} |" for row in table))


def trains(computer: Computer, busy: Sequence[Run]) -> str:
    """What it is at."""
    here = [run for run in busy if run.state == "running" and run.place == computer.place]
    words = [_("{name}, {share:share}", name=run.name, share=run.progress) for run in here]
    return ", ".join(words) if words or not computer.there else _("nothing; it waits for a run")


def heard(computer: Computer) -> str:
    since = formatting.moment(computer.since)
    if computer.there:
        return _("now; it is there since {moment}", moment=since)
    return _("{time}; it is off or cannot reach the database", time=formatting.ago(computer.heard))
