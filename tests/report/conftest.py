"""Runs to report on, without training."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.report.document import Block, Document, Words
from core.report.one_run import one_run
from core.report.subject import look_at
from core.runs.lab import Lab
from core.runs.store import Run
from core.training import checkpoint
from core.training.checkpoint import checkpoint_path

HOSTILE = "</script><img src=x onerror=hit=1>"


@pytest.fixture
def told(lab: Lab) -> Callable[[Run], Document]:
    """`told(run)`: the report on a run, as plain values."""
    return lambda run: one_run(look_at(lab.run(run.id), lab))


def blocks(document: Document, title: str) -> list[Block]:
    """Of the section with this title; none where there is none."""
    return [block for section in document.sections if section.title == title for block in section.blocks]


def words(document: Document) -> str:
    """All paragraphs."""
    every = (block for section in document.sections for block in section.blocks)
    return "\n".join(f"{one.lead}. {one.text}" for one in every if isinstance(one, Words))


def with_classes(lab: Lab, run: Run, name: str) -> None:
    """Call the first class of a trained run so."""
    path: Path = checkpoint_path(lab.workspace.run(run.id), checkpoint.LAST)
    values = checkpoint.load(path)
    values["meta"] = values["meta"].replace('"0"', f'"{name}"', 1)
    checkpoint.save(values, path)
