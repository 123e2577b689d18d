"""What the curves of a run say, and the button that starts the next, better one."""

from collections.abc import Sequence

import streamlit as st

from core.datasets.source import DataSource
from core.errors import Problem
from core.insight.diagnosis import Verdict
from core.insight.rules.spec import Changes
from core.locale import _, ngettext, translate
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.setting_words import MISSING, field_of, in_words
from core.runs.store import Run
from pages.components import frame
from pages.components.markdown import escape_markdown
from pages.components.spec_words import title
from pages.train import draft as drafts
from pages.train import forms
from pages.train.base import Base, base_of, choose_base, suggested_name
from pages.train.form_link import show_run
from pages.train.new_run import pressed_twice, starts_of_session


def verdict_card(run: Run, found: Sequence[Verdict], lab: Lab) -> None:
    """The most important finding, in two sentences; the others are folded away."""
    if not found:
        return
    first, *others = found
    with st.container(border=True, key=f"verdict-{run.id}"):
        show_verdict(run, first, lab)
        if others:
            label = ngettext("{n:count} more remark", "{n:count} more remarks", len(others))
            with st.expander(label, icon=":material/more_horiz:"):
                for one in others:
                    show_verdict(run, one, lab)


def with_verdict(score: str, found: Sequence[Verdict]) -> str:
    """The score above the curves, and what the card below them is about."""
    if not found:
        return score
    return _("{score} · **{title}**", score=score, title=translate(found[0].rule.title))


def show_verdict(run: Run, verdict: Verdict, lab: Lab) -> None:
    """What happened, with its numbers, and what to do. Why a run failed stands above, in its own words."""
    told = verdict.finding
    evidence, advice = (escape_markdown(words.words()) for words in (told.evidence, told.advice.words))
    name = translate(verdict.rule.title)
    if run.state == "failed":
        st.markdown(_("**{title}.** {advice}", title=name, advice=advice))
    else:
        st.markdown(_("**{title}.** {evidence} {advice}", title=name, evidence=evidence, advice=advice))
    changes = told.advice.changes
    if changes:
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                _("Apply and rerun"),
                icon=":material/replay:",
                key=f"apply-{verdict.rule.name}-{run.id}",
                help=_("Fills the form with the settings of this run and this change, and starts the next run."),
            ):
                with frame.show_problems():
                    apply_and_rerun(run, changes, lab)
            st.caption(escape_markdown(change_words(run.config, changes)))


def change_words(config: RunConfig, changes: Changes) -> str:
    """Each setting that would change: `Learning rate 0.1 → 0.001`."""
    after = config.replace(changes)
    before = config.flat()
    words = []
    for name, value in changes.items():
        info = field_of(name, [after, config])
        words.append(
            _(
                "{setting} {before} → {now}",
                setting=title(info) if info else name,
                before=in_words(name, info, before.get(name, MISSING)),
                now=in_words(name, info, value),
            )
        )
    return ", ".join(words)


def apply_and_rerun(run: Run, changes: Changes, lab: Lab) -> None:
    """Fill the form as if the person had changed this run's settings so, and start."""
    prepare.require(DataSource.of(run.config.data), lab.workspace)
    config = run.config.replace(changes)
    choose_base(Base(run=run.id), lab)
    forms.replace_draft(drafts.from_config(config))
    if not pressed_twice(config, starts_of_session()):
        show_run(fork_again(run, config, lab) or started_anew(config, lab), lab)
    st.rerun()


def fork_again(run: Run, config: RunConfig, lab: Lab) -> str | None:
    """The id of another fork of what this one goes on from; None where it is none, or cannot be made once more."""
    if not run.origin:
        return None
    try:
        before = lab.run(run.origin.run).config.flat()
        changes = {name: value for name, value in config.flat().items() if before.get(name) != value}
        return lab.fork(run.origin.run, run.origin.epoch, changes, schedule=run.origin.schedule).id
    except Problem:  # deleted, its state not kept, or a change that no fork may have
        return None


def started_anew(config: RunConfig, lab: Lab) -> str:
    suggested = suggested_name(config, lab)
    return lab.submit(config, suggested and lab.store.free_name(suggested), base_of().began_with(lab)).id
