"""All words of a report go through gettext, as those of the pages and the command line do."""

import gettext
import re

import pytest

from core import translations
from core.report.document import Document, Figures, Pictures, Table, Words
from core.report.several_runs import several_runs
from core.report.subject import look_at
from core.runs.lab import Lab
from tests.locale.pseudo import CODE, OPEN, Pseudo, bare_words
from tests.pages.makers import numbered

NAMES = re.compile(
    r"\b[a-z]+\.[a-z_]+\b|scikit-learn|digits-quick|\b(UTC|Epochlab|PyTorch|Python|torchvision|cpu|float32|ms|min|cu)\b|[0-9a-f]{32}"
    r"|2\.\d+\.\d\+\w+"
)


@pytest.fixture(autouse=True)
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Pseudo()
    monkeypatch.setattr(translations, "languages", lambda: ["en", CODE])
    monkeypatch.setattr(translations, "catalogue", lambda code: found if code == CODE else gettext.NullTranslations())
    monkeypatch.setattr(translations, "_of_process", CODE)


def texts(document: Document) -> list[str]:
    """All that people read, but for what they type and the charts, which have a test of their own."""
    found = [document.title, document.subtitle]
    for section in document.sections:
        found.append(section.title)
        for block in section.blocks:
            if isinstance(block, Words):
                found += [block.lead, block.text]
            elif isinstance(block, Table):
                found += [*block.headings, *(cell for row in block.rows for cell in row)]
            elif isinstance(block, Figures):
                found += [words for one in block.figures for words in (one.label, one.title)]
            elif isinstance(block, Pictures):
                found += [words for one in block.pictures for words in (one.label, one.caption)]
    return found


def test_none_stands_outside(told, trained, lab: Lab, digits) -> None:
    failed = numbered(lab, "9-9", state="failed")
    lab.rename(trained.id, "8-8")
    both = several_runs([look_at(lab.run(one.id), lab) for one in (trained, failed)])
    for document in (told(lab.run(trained.id)), told(failed), both):
        every = texts(document)
        assert sum(OPEN in text for text in every) > 40
        assert {text: left for text in every if (left := bare_words(NAMES.sub("", text)))} == {}
