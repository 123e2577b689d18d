"""The button that hands out a report, on Train and on Compare."""

from collections.abc import Callable
from typing import Any

import streamlit as st
import torch  # noqa: F401  the button waits for it
from streamlit.testing.v1 import AppTest

from core import translations
from core.runs.lab import Lab
from tests.pages.makers import numbered, really_trained


def labels(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("download_button")]


def test_it_stands_with_a_run_in_any_state_and_with_the_ticked_ones(show: Callable[..., AppTest], digits: Lab) -> None:
    done, failed = really_trained(digits, "one"), numbered(digits, "two", state="failed")
    for run in (done, failed):
        assert "Report (.html)" in labels(show("pages/2_Train.py", run=run.id))
    assert "Report on 2 runs" in labels(show("pages/3_Compare.py", runs=f"{done.id},{failed.id}"))


def test_it_is_made_when_it_is_asked_for_in_the_readers_language(
    show: Callable[..., AppTest], digits: Lab, monkeypatch
) -> None:
    run = really_trained(digits, "one")
    made: dict[str, Any] = {}
    monkeypatch.setattr(st, "download_button", lambda label, content, *given, **more: made.update({label: content}))
    show("pages/2_Train.py", run=run.id)
    digits.rename(run.id, "another name")
    monkeypatch.setattr(translations, "_of_process", "de")  # of the server, which has other readers, too
    content = made["Report (.html)"]().decode()
    assert "<h1>another name</h1>" in content and '<html lang="en">' in content
