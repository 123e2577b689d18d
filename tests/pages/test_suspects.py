"""Data: images that deserve a look are listed, and what a person makes of them is an edit."""

from html import unescape

import pytest

from core.datasets.source import DataSource
from core.insight import suspects_job
from core.insight.evaluation_job import JobStatus
from core.insight.suspects import find_suspects
from core.prepared import prepare
from core.prepared.draft import Draft
from pages.data.selection import SELECTION

DATA = "pages/1_Data.py"
DIGITS = DataSource("digits")


@pytest.fixture
def draft(digits):
    return Draft(DIGITS, prepare.require(DIGITS, digits.workspace), digits.workspace)


def searched(digits, kind):
    """The suspects of the digits, which are kept for the page."""
    generator = find_suspects(prepare.require(DIGITS, digits.workspace), kind, None, digits.workspace)
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def words(app):
    return unescape("\n".join(one.value for one in [*app.markdown, *app.caption, *app.info]))


def test_the_suggestion_is_taken_and_the_next_suspect_follows(show, digits, draft):
    found = searched(digits, "labels")
    app = show(DATA, view="suspects")
    assert found[0].words in words(app)
    assert "Keys: N next, S as suggested, A another class" in words(app) and "Z take back" not in words(app)
    app.button(key="suspect-suggested").click().run()
    assert "K keep, Z take back." in words(app)
    assert [(edit.action, edit.value) for edit in draft.edits] == [("relabel", found[0].suggested)]
    assert found[1].words in words(app) and found[0].words not in words(app)
    app.button(key="suspect-exclude").click().run()
    app.button(key="suspect-keep").click().run()
    assert [edit.action for edit in draft.edits] == ["relabel", "exclude", "keep"]
    app.button(key="suspects-undo").click().run()
    assert found[2].words in words(app) and len(draft.edits) == 2


def test_many_are_marked_and_each_gets_its_suggestion(show, digits, draft):
    found = searched(digits, "labels")
    app = show(DATA, view="suspects", suspects_as="grid")
    assert app.button(key="bar-each").disabled
    first = [found[0].index, found[1].index]
    app.session_state[SELECTION] = {"of": "digits", "places": sorted(first), "at": 1}
    app.run()
    app.button(key="bar-each").click().run()
    edited = {(edit.split, edit.number): edit.value for edit in draft.edits}
    assert edited == {draft.prepared.address(one.index): one.suggested for one in (found[0], found[1])}
    assert "2 images have the suggested classes now." in words(app)
    app.button(key="bar-undo").click().run()
    assert not draft.edits


def test_a_search_is_started_watched_and_stopped(show, digits, monkeypatch):
    began = []
    app = show(DATA, view="suspects", suspects="copies")
    monkeypatch.setattr(suspects_job, "start", began.append)
    states = [JobStatus("absent"), JobStatus("running", 500, 1797)]
    monkeypatch.setattr(suspects_job, "status", lambda job: states[bool(began)])
    app.button(key="search-suspects").click().run()
    assert began[0].arguments[:5] == ["suspects", "digits", "--as-prepared", "--kind", "copies"]
    stopped = []
    monkeypatch.setattr(suspects_job, "cancel", lambda job: (stopped.append(job), began.clear()))
    app.button(key="cancel-suspects").click().run()
    assert stopped and "search-suspects" in [button.key for button in app.button]


def test_a_near_copy_stands_beside_the_image_that_it_resembles(show, digits):
    found = searched(digits, "copies")
    app = show(DATA, view="suspects", suspects="copies")
    assert "as suggested" not in words(app) and "L leave out" in words(app)
    assert found[0].words in words(app) and "suspect-suggested" not in [button.key for button in app.button]
