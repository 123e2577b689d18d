"""The report on several runs, beside one another."""

from collections.abc import Callable, Sequence
from itertools import combinations

from core import formatting
from core.charts.curves import LETTERS
from core.errors import Problem
from core.insight.class_figures import class_figures
from core.insight.difference import judge
from core.insight.shared_images import shared_images, versions_differ
from core.locale import _, ngettext
from core.report.curves import curve_blocks
from core.report.document import Block, Document, Section, Table, Words, missing, with_missing_last
from core.report.errors import matrix, only_weakest, weakest, worst
from core.report.facts import (
    best_words,
    data_rows,
    environment_rows,
    looked_at,
    state_blocks,
    verdict_blocks,
    written_words,
)
from core.report.settings import difference_blocks, reproduction_blocks
from core.report.subject import Subject
from core.runs.naming import data_title, model_title
from core.runs.seeds import grouped
from core.runs.time_spent import time_spent
from core.sanitize import one_line
from core.training import verdict

WORST_EACH = 6  # images of each run
MAX_NAME_CHARS = 60  # characters of a name, of which there are many


def several_runs(subjects: Sequence[Subject]) -> Document:
    """The same order as of one run; letters stand for the runs."""
    letters = LETTERS[: len(subjects)]
    names = [named(letter, one) for letter, one in zip(letters, subjects, strict=True)]
    readable = {letter: one.run for letter, one in zip(letters, subjects, strict=True) if one.readable}
    came = [scores(subjects, names), *differences_told(subjects), *each(subjects, names, told)]
    sections = [
        Section(_("What was asked"), asked(subjects, names)),
        Section(_("Results"), came),
        Section(_("Data"), beside(subjects, names, data_rows, "data")),
        Section(_("Settings that differ"), difference_blocks(readable)),
        Section(_("Curves"), curve_blocks(subjects)),
        Section(_("Where they err"), errors(subjects, names)),
        Section(_("Where they were trained"), beside(subjects, names, environment_rows, "environment")),
        Section(_("How to do it again"), each(subjects, names, again)),
    ]
    title = ngettext("{n:count} run compared", "{n:count} runs compared", len(subjects))
    return Document(title, written_words(), with_missing_last(sections))


def named(letter: str, subject: Subject) -> str:
    """What a run is called beside others; in narrow columns its letter stands for it."""
    return f"{letter} {one_line(subject.run.name, MAX_NAME_CHARS)}"


def each(
    subjects: Sequence[Subject], names: Sequence[str], blocks: Callable[[Subject, str], Sequence[Block]]
) -> list[Block]:
    return [block for one, name in zip(subjects, names, strict=True) for block in blocks(one, name)]


def asked(subjects: Sequence[Subject], names: Sequence[str]) -> list[Block]:
    """A row a run, and what people wrote of them."""
    rows: list[list[str]] = []
    notes: list[Block] = []
    for one, name in zip(subjects, names, strict=True):
        run = one.run
        made = [model_title(run.config), data_title(run.config)] if one.readable else ["", ""]
        rows.append([name, *(cell or formatting.NONE for cell in (*made, run.recipe, ", ".join(run.tags)))])
        notes += [Words(run.notes, "note", lead=name)] if run.notes else []
    return [Table([_("Run"), _("Model"), _("Data set"), _("Recipe"), _("Tags")], rows), *notes]


def scores(subjects: Sequence[Subject], names: Sequence[str]) -> Table:
    """A row a run: its test score with what it is worth."""
    rows = []
    for one, name in zip(subjects, names, strict=True):
        found, summary = one.measured, one.run.summary or {}
        low, high = map(formatting.percent, verdict.interval(found.correct, found.total))
        accuracy = found.correct / found.total if found.total else summary.get("test_accuracy")
        rows.append([
            name,
            formatting.state(one.run.state),
            formatting.percent(accuracy),
            _("{low} to {high}", low=low, high=high) if found.total else formatting.NONE,
            formatting.of(found.correct, found.total) if found.total else formatting.NONE,
            formatting.percent(found.largest / found.total) if found.total and found.largest else formatting.NONE,
            time_spent(one.run),
        ])  # fmt: skip
    headings = [_("Run"), _("State"), _("Test accuracy"), _("95 % interval"), _("Correct"), _("Largest class alone"),
                _("Time trained")]  # fmt: skip
    return Table(headings, rows, numbers=range(2, len(headings)))


def told(subject: Subject, name: str) -> list[Block]:
    """What is to be said of one of them beside its score."""
    doubts = [*looked_at(subject.run, subject.meta), *subject.measured.doubts] if subject.measured.total else []
    best = best_words(subject)
    return [
        *state_blocks(subject, name),
        *([Words(best, lead=name)] if best else []),
        *(Words(words, "warning", lead=name) for words in doubts),
        *verdict_blocks(subject, name),
    ]


def differences_told(subjects: Sequence[Subject]) -> list[Block]:
    """Which of each two is better, on the images that all answered."""
    answered = {one.run.id: one for one in subjects if one.answers}
    found: list[Block] = [
        missing(one.absent.get("answers", one.run.message), lead=one.run.name) for one in subjects if not one.answers
    ]
    answers = {run: one.answers.answers for run, one in answered.items() if one.answers}
    sets = {run: one.prepared for run, one in answered.items() if one.prepared}
    if len(sets) == len(answers) > 1 and versions_differ(sets):
        try:
            shared = shared_images(answers, sets, list(answers)[-1])
        except Problem as problem:
            return [*found, missing(str(problem))]
        found.append(Words(shared.words))
        answers = shared.answers
    groups = grouped([one.run for one in answered.values()])
    if len(answered) < 2:
        return found
    if len(groups) == 1:
        words = _("They differ in the seed alone, so none is better than another: what differs is the seed's spread.")
        return [*found, Words(words)]
    return [*found, *(Words(judge(first, second, answers).words) for first, second in combinations(groups, 2))]


def beside(
    subjects: Sequence[Subject], names: Sequence[str], rows_of: Callable[[Subject], list[tuple[str, str]]], what: str
) -> list[Block]:
    """Rows of all runs in one table, a column a run; those in which all say the same have one for all."""
    known = [(name, dict(rows)) for one, name in zip(subjects, names, strict=True) if (rows := rows_of(one))]
    lacking: list[Block] = [
        missing(one.absent.get(what) or one.absent.get("images", ""), lead=name)
        for one, name in zip(subjects, names, strict=True)
        if not rows_of(one)
    ]
    if not known:
        return lacking
    titles = dict.fromkeys(title for _name, rows in known for title in rows)
    values = {title: [rows.get(title, formatting.NONE) for _name, rows in known] for title in titles}
    if all(len(set(row)) == 1 for row in values.values()):
        return [Table([], [[title, row[0]] for title, row in values.items()]), *lacking]
    headings = ["", *(name.split()[0] for name, _rows in known)]
    return [Table(headings, [[title, *row] for title, row in values.items()]), *lacking]


def errors(subjects: Sequence[Subject], names: Sequence[str]) -> list[Block]:
    """Confusion matrices, the recall of each class, and each run's surest mistakes."""
    both = zip(subjects, names, strict=True)
    answered = [(one, name) for one, name in both if one.confusion is not None and one.meta]
    if not answered:
        return [missing(_("None of these runs has answered test images."))]
    ones, theirs = zip(*answered, strict=True)
    mistakes = each(ones, theirs, lambda one, name: worst(one, name, WORST_EACH))
    return [*matrix(ones, theirs), *recalls(ones, theirs), *mistakes]


def recalls(subjects: Sequence[Subject], names: Sequence[str]) -> list[Block]:
    """A row a class, a column a run."""
    if len({(one.meta.classes, one.answers.answers.images) for one in subjects if one.meta and one.answers}) > 1:
        return [missing(_("The runs answered different test images, so their classes do not stand side by side."))]
    found = [class_figures(one.confusion, one.meta.classes) for one in subjects
             if one.confusion is not None and one.meta]  # fmt: skip
    shown = {figures.name for figures in weakest(found[0])}
    rows = [
        [one_line(row[0].name), *(formatting.percent(one.recall) for one in row), formatting.count(row[0].count)]
        for row in zip(*found, strict=True)
        if row[0].name in shown
    ]
    words = _("Recall of each class: the share of its images that each run answers with this class.")
    headings = [_("Class"), *(name.split()[0] for name in names), _("Images")]
    return [Words(words), *only_weakest(found[0]), Table(headings, rows, numbers=range(1, len(headings)))]


def again(subject: Subject, name: str) -> list[Block]:
    """The commands of one of them."""
    return [Words("", lead=name), *reproduction_blocks(subject)] if subject.readable else []
