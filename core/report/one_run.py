"""The report on one run."""

from core.locale import _
from core.report.curves import curve_blocks
from core.report.document import Block, Document, Section, missing, with_missing_last
from core.report.errors import error_blocks
from core.report.facts import (
    asked_blocks,
    data_blocks,
    environment_blocks,
    result_blocks,
    written_words,
)
from core.report.settings import reproduction_blocks, setting_blocks
from core.report.subject import Subject


def one_run(subject: Subject) -> Document:
    """From what was asked to how to do it again."""
    unknown: list[Block] = [missing(subject.run.message)]  # of a run whose settings cannot be read
    sections = [
        Section(_("What was asked"), asked_blocks(subject)),
        Section(_("Results"), result_blocks(subject)),
        Section(_("Data"), data_blocks(subject)),
        Section(_("Settings"), setting_blocks(subject) if subject.readable else unknown),
        Section(_("Curves"), curve_blocks([subject])),
        Section(_("Where it errs"), error_blocks(subject)),
        Section(_("Where it was trained"), environment_blocks(subject)),
        Section(_("How to do it again"), reproduction_blocks(subject) if subject.readable else unknown),
    ]
    return Document(subject.run.name, written_words(), with_missing_last(sections))
