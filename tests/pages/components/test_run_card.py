"""How far a run is, and what it waits for, on every page that lists runs."""

import re
import time
from collections.abc import Callable

import pytest

from core.runs.lab import Lab
from pages.components.run_card import progress_text
from tests.pages.makers import numbered

PAGES = [("app.py", {}), ("pages/2_Train.py", {"run": "ID"})]


def texts(app) -> list[str]:
    """All captions, the small words of cards, and the words of the progress bars."""
    small = [words for one in app.markdown for words in re.findall(r":gray\[:small\[(.*?)\]\]", one.value)]
    return [one.value for one in app.caption] + small + [one.proto.text for one in app.get("progress")]


@pytest.mark.parametrize(("page", "link"), PAGES)
@pytest.mark.parametrize("state", ["paused", "interrupted", "failed", "cancelled"])
def test_a_run_that_stopped_says_how_far_it_got(
    lab: Lab, show: Callable, page: str, link: dict[str, str], state: str
) -> None:
    run = numbered(lab, "a net", state=state, training__epochs=10)
    lab.store.change(run.id, progress=0.24)
    app = show(page, **dict.fromkeys(link, run.id))
    assert "Stopped in epoch 3 of 10, after 24\u00a0% of the training" in texts(app)


@pytest.mark.parametrize(("page", "link"), PAGES)
def test_a_run_that_waits_again_says_when_it_was_queued(
    lab: Lab, show: Callable, page: str, link: dict[str, str]
) -> None:
    run = numbered(lab, "a net", state="queued")
    now = time.time()
    lab.store.change(run.id, created=now - 90_000, started=now - 80_000, queued=now - 7_300)
    app = show(page, **dict.fromkeys(link, run.id))
    assert [words for words in texts(app) if "ago" in words] == ["CNN on Digits (8 × 8) · queued 2 h ago"]


def test_a_run_that_measures_at_the_end_is_in_no_epoch(lab: Lab) -> None:
    run = numbered(lab, "a net", state="running")
    lab.store.change(run.id, progress=1.0, stage="measuring on the test images", seconds=100.0)
    assert progress_text(lab.store.get(run.id)) == "Measuring on the test images"


@pytest.mark.parametrize(("page", "link"), PAGES)
def test_the_name_of_the_run_that_another_waits_for_is_set_off(
    lab: Lab, show: Callable, page: str, link: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.liveness.__class__, "checked", lambda self, run, **more: run)
    numbered(lab, "to be cancelled", state="running")
    waits = numbered(lab, "the next one", state="queued")
    app = show(page, **dict.fromkeys(link, waits.id))
    assert "Next in the queue; waits until “to be cancelled” is done." in texts(app)


def test_cancel_promises_no_end_for_good(lab: Lab, show: Callable) -> None:
    run = numbered(lab, "a net", state="paused")
    app = show("pages/2_Train.py", run=run.id)
    (cancel,) = (button for button in app.button if button.label == "Cancel")
    assert "can be resumed" in cancel.help and "for good" not in cancel.help
