"""The pages in a language in which every text stands in brackets: what does not went past the catalogue."""

import re
from collections.abc import Callable, Iterator

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from core import translations
from core.run_config import RunConfig
from core.runs.lab import Lab
from tests.locale.pseudo import Pseudo, outside
from tests.pages.makers import numbered, really_trained

Show = Callable[..., AppTest]
SHOWN = (
    "label",
    "help",
    "placeholder",
    "body",
    "caption",
    "alt",
    "options",
    "delta",
    "text",
)  # of Streamlit's messages
OWN = re.compile(r":material/\w+:|:(\w+-badge)\[|\bEpochlab\b|\b(one|two|three|four)\b|\d+ [A-Z][a-z]{2} \d\d:\d\d")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "catalogue", lambda code: Pseudo())


def unmarked(app: AppTest) -> list[str]:
    assert not app.exception
    return [text for text in texts(app) if re.search(r"[A-Za-z]{2,}", OWN.sub("", outside(text)))]


def texts(app: AppTest) -> Iterator[str]:
    for node in app._tree:
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message) and node.type != "html":
            for name in SHOWN:
                value = getattr(proto, name, "")
                if isinstance(value, str):
                    yield value
                elif name == "options":
                    yield from (one if isinstance(one, str) else one.content for one in value)


@pytest.fixture
def runs(digits: Lab) -> dict[str, str]:
    """State → id of a run."""
    numbered(digits, "two", model__name="mlp")
    kept = {"finished": really_trained(digits, "one")}
    kept |= {
        state: digits.store.add(RunConfig(), name, state=state)
        for name, state in (("three", "failed"), ("four", "queued"))
    }
    return {state: run.id for state, run in kept.items()}


@pytest.mark.parametrize("page,link", [
    ("app.py", {}),
    *(("pages/1_Data.py", {"view": view}) for view in ("images", "classes", "batch", "details")),
    ("pages/2_Train.py", {"recipe": "mnist-cnn"}),
    *(("pages/3_Compare.py", {"compare": view}) for view in ("curves", "settings", "confusion")),
    *(("pages/5_Predict.py", {"way": view}) for view in ("draw", "upload", "images")),
])  # fmt: skip
def test_every_text_is_marked(show: Show, runs: dict[str, str], marked: None, page: str, link: dict[str, str]) -> None:
    assert not unmarked(show(page, **link))


def test_the_form_is_marked_where_it_is_folded(show: Show, digits: Lab, marked: None) -> None:
    app = show("pages/2_Train.py", view="new")
    app.session_state["fold-changes"] = app.session_state["fold-advanced"] = True
    assert not unmarked(app.run())


@pytest.mark.parametrize("state", ["finished", "failed", "queued"])
def test_a_run_is_marked(show: Show, runs: dict[str, str], marked: None, state: str) -> None:
    app = show("pages/2_Train.py", run=runs[state])
    for fold in ("epochs", "take"):
        app.session_state[f"{fold}-{runs[state]}"] = True
    assert not unmarked(app.run())


def test_a_bare_text_is_found(show: Show, lab: Lab) -> None:
    assert "Train on digits" in unmarked(show("app.py"))
