"""The verdict on a run that has ended: what the rule book finds, the most important first."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.datasets.source import DataSource
from core.errors import reason
from core.insight.rules import RULES
from core.insight.rules.curves import RunCurves
from core.insight.rules.spec import Finding, RuleSpec
from core.locale import _
from core.prepared import prepare
from core.prepared.arrays import Meta
from core.runs.lab import Lab
from core.runs.store import EpochRow, Run, StepRow
from core.training.events import DIVERGED
from core.training.verdict import Measured


@dataclass(frozen=True)
class Verdict:
    """One rule that has something to say of a run."""

    rule: RuleSpec
    finding: Finding

    @property
    def values(self) -> dict[str, Any]:
        """For programs."""
        found = self.finding
        return {
            "rule": self.rule.name,
            "evidence": found.numbers,
            "happened": found.evidence.words(),
            "advice": found.advice.words.words(),
            "changes": found.advice.changes,
        }


def verdicts_of(run: Run, epochs: Sequence[EpochRow], steps: Sequence[StepRow], lab: Lab) -> list[Verdict]:
    """What is to be said of a run of this lab. One that was stopped, or that failed for another reason than what it
    learned, may only lack what it would still have learned."""
    if run.state != "finished" and run.code != DIVERGED:
        return []
    prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
    return verdicts(run, epochs, steps, prepared.meta if prepared else None)


def measured(run: Run, found: Sequence[Verdict]) -> Measured:
    """The counts behind the test score of a run, beside what was found first, which is in sight: no doubt is told
    twice."""
    told = any("class_never_predicted" in (one.rule.name, *one.rule.explains) for one in found[:1])
    return replace(Measured.of_summary(run.summary or {}), explained=told)


def verdicts(
    run: Run, epochs: Sequence[EpochRow], steps: Sequence[StepRow] = (), meta: Meta | None = None
) -> list[Verdict]:
    """The same from the numbers themselves. A rule that another one explains says nothing of its own."""
    curves = RunCurves(run, epochs, steps, meta)
    found = {rule.name: Verdict(rule, it) for rule in RULES.entries.values() if (it := finding(rule, curves))}
    explained = {name for one in found.values() for name in one.rule.explains}
    return [one for name, one in found.items() if name not in explained]


def finding(rule: RuleSpec, curves: RunCurves) -> Finding | None:
    """What a rule finds. One of an extension that fails is left out and named in the log: the run is shown all the
    same."""
    try:
        return rule.find(curves)
    except Exception as error:
        if RULES.is_built_in(rule.name):
            raise
        words = _("The rule {rule:name} of an extension failed ({reason}).", rule=rule.name, reason=reason(error))
        print(words, file=sys.stderr, flush=True)
        return None
