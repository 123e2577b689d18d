"""The verdict on a run, in lines for people."""

import json
from collections.abc import Sequence

from core.insight.diagnosis import Verdict
from core.locale import _, ngettext, translate
from core.program import COMMAND
from core.runs.store import Run


def verdict_lines(run: Run, found: Sequence[Verdict]) -> list[str]:
    """The most important finding with the settings that it would change, and how many others there are."""
    if not found:
        return []
    first, more = found[0], len(found) - 1
    told = first.finding
    lines = [
        _(
            "verdict: {title}. {evidence} {advice}",
            title=translate(first.rule.title),
            evidence=told.evidence.words(),
            advice=told.advice.words.words(),
        )
    ]
    if told.advice.changes:
        changes = " ".join(f"{name}={json.dumps(value)}" for name, value in told.advice.changes.items())
        lines.append(_("to try: {changes}", changes=changes))
    if more:
        lines.append(
            ngettext(
                "{n:count} more remark: {command} show {id} --json",
                "{n:count} more remarks: {command} show {id} --json",
                more,
                command=COMMAND,
                id=run.id,
            )
        )
    return lines
