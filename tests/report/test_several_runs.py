"""Runs beside one another in one report."""

from itertools import combinations

import numpy as np
import pytest

from core.errors import BadInput
from core.report.document import MAX_RUNS, Code, Figures, Legend, Pictures, Table, Words
from core.report.report import check_count
from core.report.several_runs import several_runs
from core.report.subject import look_at
from core.runs.lab import Lab
from tests.pages.makers import numbered, really_trained
from tests.report.conftest import blocks, words


def compared(lab: Lab, *runs):
    return several_runs([look_at(lab.run(run.id), lab) for run in runs])


def test_they_stand_side_by_side(lab: Lab, digits) -> None:
    one, two = really_trained(lab, "one"), really_trained(lab, "two", optimizer__lr=0.01)
    failed = numbered(lab, "three", state="failed", optimizer__lr=0.1)
    document = compared(lab, one, two, failed)
    scores, *_ = (block for block in blocks(document, "Results") if isinstance(block, Table))
    assert [row[0] for row in scores.rows] == ["A one", "B two", "C three"]
    assert scores.rows[0][2] == f"{100 * one.summary['test_accuracy']:.2f}\u00a0%" and scores.rows[0][3] != "–"
    said = words(document)
    assert "“two” is right on" in said or "no difference was measured" in said
    assert "Results: three. The run has not ended by finishing" in said
    settings = next(block for block in blocks(document, "Settings that differ") if isinstance(block, Table))
    rows = {row[-1]: row[1:-1] for row in settings.rows}
    assert rows["optimizer.lr"] == ["0.001", "0.01", "0.1"] and "data.name" not in rows
    legend, figures = (block for block in blocks(document, "Curves") if isinstance(block, Legend | Figures))
    assert [letter for letter, _name, _mark in legend.runs] == ["A", "B", "C"]
    assert all("<b>B</b>" in str(one.chart["layout"]["annotations"]) for one in figures.figures)
    errors = blocks(document, "Where they err")
    (matrices,) = (block for block in errors if isinstance(block, Figures))
    assert [one.title for one in matrices.figures] == ["A one", "B two"]
    assert sum(isinstance(block, Pictures) for block in errors) == 2
    again = [block.text for block in blocks(document, "How to do it again") if isinstance(block, Code)]
    assert sum("--exact" in one for one in again) == 3


def test_every_two_are_told_apart(lab: Lab, digits) -> None:
    names = ("one", "two", "three")
    runs = [really_trained(lab, name, optimizer__lr=rate) for name, rate in zip(names, (0.001, 0.01, 0.1), strict=True)]
    document = compared(lab, *runs)
    said = [block.text for block in blocks(document, "Results") if isinstance(block, Words)]
    for pair in combinations(names, 2):
        assert any(all(f"“{name}”" in text for name in pair) for text in said), pair
    assert all(text.count("Difference of the accuracies") <= 1 for text in said)
    assert any("Difference of the accuracies" in text for text in said)


def test_seeds_are_no_difference_and_one_table_says_what_all_share(lab: Lab, digits) -> None:
    document = compared(lab, really_trained(lab, "one"), really_trained(lab, "two", training__seed=1))
    assert "They differ in the seed alone" in words(document)
    (data,) = blocks(document, "Data")
    assert not data.headings and all(len(row) == 2 for row in data.rows)


def test_runs_without_any_number_are_sentences(lab: Lab) -> None:
    runs = [lab.store.add(numbered(lab, "x").config, name, state="cancelled") for name in ("one", "two")]
    document = compared(lab, *runs)
    assert not blocks(document, "Curves") and not blocks(document, "Where they err")
    assert "None of these runs has answered test images." in words(document)
    assert all(section.blocks for section in document.sections)


def test_too_many_are_refused() -> None:
    check_count(MAX_RUNS)
    for number in (0, MAX_RUNS + 1):
        with pytest.raises(BadInput, match="A report compares"):
            check_count(number)


def test_other_images_or_classes_do_not_stand_in_one_table(lab: Lab, digits, monkeypatch) -> None:
    subjects = [look_at(really_trained(lab, name), lab) for name in ("one", "two")]
    assert subjects[1].meta and subjects[1].confusion is not None and np.trace(subjects[1].confusion)
    subjects[1].meta = subjects[1].meta.model_copy(update={"classes": tuple("abcdefghij")})
    assert "The runs answered different test images" in words(several_runs(subjects))
