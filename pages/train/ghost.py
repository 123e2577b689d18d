"""The run before, grey behind the curves of the one on the screen: what differs in the settings, and in the result."""

import math
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.insight.comparison import Curve, Difference, differences
from core.insight.difference import final_difference
from core.locale import _, ngettext
from core.runs.lab import Lab
from core.runs.setting_words import MISSING
from core.runs.store import UNREADABLE, Run
from pages.components.markdown import escape_markdown
from pages.components.run_picker import run_names
from pages.train.base import base_of
from pages.train.form_link import BEHIND

BEFORE, NONE = "before", "none"  # what stands behind the curves, beside the id of a run
MAX_RUNS_LOOKED_AT = 200  # the newest ones
MAX_CHOICES = 50  # runs that can be pinned, the newest on the same data
MAX_DIFFERENCES = 6  # settings that are named


def comparable_runs(run: Run, lab: Lab) -> list[Run]:
    """Runs on the same data set that have numbers, newest first; none for a run whose settings cannot be read."""
    if run.code == UNREADABLE:
        return []
    same = (other for other in lab.runs(limit=MAX_RUNS_LOOKED_AT) if other.id != run.id and same_data(other, run))
    there = (other for other in same if other.code != UNREADABLE)
    return [other for other in there if other.summary or other.progress][:MAX_CHOICES]


def same_data(one: Run, other: Run) -> bool:
    return (one.config.data.name, one.config.data.path) == (other.config.data.name, other.config.data.path)


def ghost_of(run: Run, others: Sequence[Run]) -> Run | None:
    """The pinned run, or else the one that this one goes on from, the one that its form began with, or the one that was
    made last before it and trained no more when it began."""
    pinned = pinned_run()
    if pinned == NONE:
        return None
    before = {other.id: other for other in others if other.created < run.created}
    begun = before.get(run.origin.run if run.origin else base_of().run)
    ended = (one for one in before.values() if (one.finished or one.created) <= (run.started or math.inf))
    return {other.id: other for other in others}.get(pinned) or begun or next(ended, None)


def pinned_run() -> str:
    """What a person wants to stand behind the curves, as the link says: BEFORE, NONE or a run's id."""
    return str(st.query_params.get(BEHIND, BEFORE))


def ghost_title(ghost: Run, run: Run) -> str:
    """What it is called in the legend."""
    known = (pinned_run(), run.origin.run if run.origin else base_of().run)
    return ghost.name if ghost.id in known else _("the run before")


def pin_select(run: Run, others: Sequence[Run]) -> None:
    """Choose what stands behind the curves."""
    if not others:
        return
    names = {BEFORE: _("The run before"), NONE: _("Nothing")} | run_names(others)
    now = pinned_run()
    options = list(names)
    key = f"pin-{run.id}"

    def pin() -> None:
        if (chosen := st.session_state[key]) == BEFORE:
            st.query_params.pop(BEHIND, None)
        elif chosen in names:
            st.query_params[BEHIND] = chosen

    st.selectbox(
        _("Behind the curves"),
        options,
        index=options.index(now) if now in names else 0,
        format_func=lambda name: names.get(name, name),
        key=key,
        on_change=pin,
    )


def named(curves: Sequence[Curve], name: str) -> list[Curve]:
    """The same curves under a name that is short beside a chart."""
    return [replace(curve, name=name) for curve in curves]


def ghost_notes(run: Run, ghost: Run) -> None:
    """What differs between the two: settings, and the result once both have one."""
    told = [change for one in differences([ghost, run]) if (change := change_words(one, ghost, run))]
    said = told[:MAX_DIFFERENCES]
    if len(told) > MAX_DIFFERENCES:
        more = len(told) - MAX_DIFFERENCES
        said.append(ngettext("and {n} more setting", "and {n} more settings", more))
    words = [
        _("Grey: {run:name}. Since then: {changes}.", run=ghost.name, changes=", ".join(said))
        if said
        else _("Grey: {run:name}, with the very same settings.", run=ghost.name)
    ]
    if ghost.origin:
        origin = ghost.origin
        words.append(_("Its first {epochs} epochs are those of {run:name}.", epochs=origin.epoch, run=origin.name))
    if gain := final_difference([ghost], [run]):
        words.append(gain)
    st.caption(escape_markdown(" ".join(words)))


def change_words(one: Difference, ghost: Run, run: Run) -> str:
    """A setting then and now; "" for one that the run cannot have, which went with the model or optimizer it was of."""
    before, now = one.values[ghost.id], one.values[run.id]
    if MISSING in (before, now):
        return _("{setting} {now}", setting=one.title, now=now) if now != MISSING else ""
    return _("{setting} {before} → {now}", setting=one.title, before=before, now=now)
