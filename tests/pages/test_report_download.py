"""The button that hands out a report, on Train and on Compare."""

from collections.abc import Callable
from typing import Any

import streamlit as st
import torch  # noqa: F401  the button waits for it
from streamlit.testing.v1 import AppTest

from core import translations
from core.insight import evaluation_job
from core.insight.background_job import JobStatus
from core.insight.evaluation import image_predictions
from core.runs.lab import Lab
from core.runs.store import Run
from tests.pages.makers import numbered, really_trained


def labels(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("download_button")]


def answered(lab: Lab) -> Run:
    """A run whose answers to its test images are kept."""
    run = really_trained(lab, "one")
    image_predictions(run, "test", lab.workspace)
    return run


def test_it_stands_with_a_run_in_any_state_and_with_the_ticked_ones(show: Callable[..., AppTest], digits: Lab) -> None:
    done, failed = answered(digits), numbered(digits, "two", state="failed")
    for run in (done, failed):
        assert "Report (.html)" in labels(show("pages/2_Train.py", run=run.id))
    assert "Report on 2 runs" in labels(show("pages/3_Compare.py", runs=f"{done.id},{failed.id}"))


def test_test_images_are_answered_first_with_progress(show: Callable[..., AppTest], digits: Lab, monkeypatch) -> None:
    run, at_work = really_trained(digits, "one"), JobStatus("running", 30, 120, 65.0)
    app = show("pages/2_Train.py", run=run.id)
    assert "Report (.html)" not in labels(app)
    monkeypatch.setattr(evaluation_job, "status", lambda job: at_work)
    app.button(key=f"report-{run.id}").click().run()
    assert "one: 30 of 120 images, 1 min 5 s left" in [bar.proto.text for bar in app.get("progress")]
    monkeypatch.setattr(evaluation_job, "status", lambda job: JobStatus("failed", error="The disk is full."))
    app.button(key=f"cancel-report-{run.id}").click().run()
    assert "“one”: The disk is full." in [error.value for error in app.error]
    assert "Report (.html)" in labels(app)  # it says what is absent


def test_it_is_made_when_it_is_asked_for_in_the_readers_language(
    show: Callable[..., AppTest], digits: Lab, monkeypatch
) -> None:
    run = answered(digits)
    made: dict[str, Any] = {}
    monkeypatch.setattr(st, "download_button", lambda label, content, *given, **more: made.update({label: content}))
    show("pages/2_Train.py", run=run.id)
    digits.rename(run.id, "another name")
    monkeypatch.setattr(translations, "_of_process", "de")  # of the server, which has other readers, too
    content = made["Report (.html)"]().decode()
    assert "<h1>another name</h1>" in content and '<html lang="en">' in content
