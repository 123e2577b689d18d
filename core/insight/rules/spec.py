"""What a rule of the rule book is: a condition on what a run has left, and what follows where it holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.insight.rules.curves import RunCurves
from core.locale.messages import sentence

Changes = dict[str, Any]  # dotted name → value, as `RunConfig.replace` takes them


class Statement:
    """A text and the numbers in it; the sentence is made when somebody reads it."""

    def __init__(self, text: str, **values: Any) -> None:
        self.text, self.values = text, values

    def words(self, title: Callable[[str], str] = str) -> str:
        """The sentence; `title` is what the reader knows a setting by."""
        return sentence(self.text, self.values, title)


@dataclass(frozen=True)
class Advice:
    """What to do next, and the settings that `Apply and rerun` changes for it; none where no setting helps."""

    words: Statement
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True)
class Remedy:
    """One way to mend what a rule has found. `changes` is empty where it does not apply to a run, as of a dropout that
    its model does not have; the text may name the `before` and the `after` of the first change."""

    text: Statement
    changes: Callable[[RunCurves], Changes]


def first_of(remedies: tuple[Remedy, ...], curves: RunCurves, otherwise: Statement) -> Advice:
    """The first remedy that applies: one change at a time tells what helped."""
    for remedy in remedies:
        if changes := remedy.changes(curves):
            name, after = next(iter(changes.items()))
            told = Statement(remedy.text.text, before=curves.setting(name), after=after)
            return Advice(told, changes)
    return Advice(otherwise)


@dataclass(frozen=True)
class Finding:
    """What a rule says of a run: the numbers that show it, and what to do."""

    evidence: Statement
    advice: Advice

    @property
    def numbers(self) -> dict[str, float]:
        """The evidence without the words."""
        return {name: value for name, value in self.evidence.values.items() if isinstance(value, int | float)}


@dataclass(frozen=True)
class RuleSpec:
    """One rule. Reading a run with it imports no torch."""

    name: str
    title: str
    about: str  # what it looks for, in a sentence for a learner
    find: Callable[[RunCurves], Finding | None]
    order: int  # of importance: 1 is said first
    explains: tuple[str, ...] = ()  # rules that say nothing more where this one has said what is wrong
