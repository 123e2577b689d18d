"""All words of the pages go through gettext, as those of the command line do: in a language that nobody speaks, none of
them stands outside its brackets but names, units and what is typed."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import translations
from core.insight.evaluation import image_predictions
from core.runs.lab import Lab
from tests.locale.pseudo import CODE, OPEN, Pseudo, bare_words
from tests.pages.conftest import components_found, digits, lab, show  # noqa: F401  pages as their own tests run them
from tests.pages.makers import numbered, really_trained

# Fields of Streamlit's messages that people read.
READ = {"label", "help", "placeholder", "body", "value", "text", "caption", "captions", "options", "title", "default",
        "alt", "content", "default_tab_label"}  # fmt: skip
# What stands outside brackets by right: units, marks of Markdown, names, and what is typed.
DATA = re.compile(
    r"""
    (?<!\S)/\S+                          # a path
    | EPOCHLAB(_|&\#95;)\w+
    | :material/\w+: | :[a-z-]+\[ | \]\([^)]*\) | `[^`]*` | &\#\d+;
    | \b(min|ms|kB|MB|GB|TB|Epochlab)\b
    | \b[a-z]+\.[a-z_]+\b                # settings, and names of files
    """,
    re.VERBOSE,
)


@pytest.fixture(autouse=True)
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever language a page takes: it has no other words."""
    found = Pseudo()
    monkeypatch.setattr(translations, "languages", lambda: ["en", CODE])
    monkeypatch.setattr(translations, "catalogue", lambda code: found)


def texts(message: Any, name: str) -> Iterator[tuple[str, str]]:
    """(field, text) of all that people read in one of Streamlit's messages."""
    for field, value in message.ListFields():
        several = [value] if isinstance(value, str | bytes) or not hasattr(value, "__iter__") else value
        for one in several:
            if hasattr(one, "ListFields"):
                yield from texts(one, f"{name}.{field.name}")
            elif isinstance(one, str) and field.name in READ:
                yield f"{name}.{field.name}", one
            elif isinstance(one, str) and field.name in ("json", "columns"):  # charts, headings of tables
                yield from inside(json.loads(one), f"{name}.{field.name}")


def inside(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """The same of plain values: plotly's figures, and settings of columns."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from inside(one, f"{name}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from inside(one, name)
    elif isinstance(value, str) and name.rpartition(".")[2] in READ | {"hovertemplate", "name"}:
        yield name, re.sub(r"%\{[^}]*\}|</?\w+>", "", value)


def shown(block: Any) -> Iterator[tuple[str, str]]:
    for element in block.children.values():
        kind = type(element).__name__
        if kind != "Html" and hasattr(getattr(element, "proto", None), "ListFields"):
            yield from texts(element.proto, kind)
        if kind == "Dataframe":
            named = json.loads(element.proto.columns or "{}")
            yield from ((f"{kind} column", str(each)) for each in element.value.columns if each not in named)
        if hasattr(element, "children"):
            yield from shown(element)


def findings(app: AppTest, *names: str) -> dict[str, list[str]]:
    """Text → its words outside brackets, of a whole page."""
    found = {}
    everything = [*shown(app.main), *shown(app.sidebar)]
    assert any(OPEN in text for _, text in everything)
    for field, text in everything:
        words = text
        for name in sorted(names, key=len, reverse=True):
            words = words.replace(name, "")
        try:
            if left := bare_words(DATA.sub("", words)):
                found[f"{field}: {text}"] = left
        except AssertionError:
            found[f"{field}: {text}"] = ["cut off"]
    return found


def test_home(show: Callable[..., AppTest], lab: Lab) -> None:  # noqa: F811
    assert findings(show("app.py")) == {}
    run = numbered(lab, "9-9")
    assert findings(show("app.py"), run.id) == {}


def test_data(show: Callable[..., AppTest], digits: Lab) -> None:  # noqa: F811
    for view in ("images", "classes", "batch", "details"):
        assert findings(show("pages/1_Data.py", view=view), "scikit-learn") == {}, view
    assert findings(show("pages/1_Data.py", data="mnist")) == {}
    assert findings(show("pages/1_Data.py", data="folder")) == {}


def test_train(show: Callable[..., AppTest], digits: Lab) -> None:  # noqa: F811
    app = show("pages/2_Train.py")
    assert findings(app) == {}
    app.session_state["fold-changes"] = app.session_state["fold-advanced"] = True
    assert findings(app.run()) == {}


def test_a_run(show: Callable[..., AppTest], lab: Lab) -> None:  # noqa: F811
    for state in ("finished", "failed", "paused", "running", "queued", "interrupted", "cancelled"):
        run = numbered(lab, f"9-9-{len(state)}", state=state)
        app = show("pages/2_Train.py", run=run.id)
        assert findings(app, run.id) == {}, state
        app.session_state[f"epochs-{run.id}"] = app.session_state[f"take-{run.id}"] = True
        assert findings(app.run(), run.id) == {}, state


def test_what_charts_and_tables_say_is_looked_at(show: Callable[..., AppTest], lab: Lab) -> None:  # noqa: F811
    run = numbered(lab, "9-9")
    fields = [
        field for page in ("2_Train", "3_Compare") for field, _ in shown(show(f"pages/{page}.py", run=run.id).main)
    ]
    assert any(".json." in field for field in fields) and any(field.startswith("Dataframe") for field in fields)


def test_compare(show: Callable[..., AppTest], lab: Lab) -> None:  # noqa: F811
    assert findings(show("pages/3_Compare.py")) == {}
    one, two = really_trained(lab, "9-1"), really_trained(lab, "9-2", optimizer__lr=0.01)
    for view in ("curves", "settings", "confusion"):
        page = show("pages/3_Compare.py", runs=f"{one.id},{two.id}", compare=view)
        assert findings(page, one.id, two.id) == {}, view


def test_inspect(show: Callable[..., AppTest], lab: Lab) -> None:  # noqa: F811
    assert findings(show("pages/4_Inspect.py")) == {}
    one, two = really_trained(lab, "9-1"), really_trained(lab, "9-2", optimizer__lr=0.01)
    ids = f"{one.id},{two.id}"
    assert findings(show("pages/4_Inspect.py", run=ids), one.id, two.id) == {}
    for run in (one, two):
        for split in ("test", "val"):
            image_predictions(run, split, lab.workspace)
    for section in ("errors", "belief", "two"):
        page = show("pages/4_Inspect.py", run=ids, section=section, true="3", order="loss")
        assert findings(page, one.id, two.id) == {}, section


def test_predict(show: Callable[..., AppTest], lab: Lab) -> None:  # noqa: F811
    assert findings(show("pages/5_Predict.py")) == {}
    run = really_trained(lab, "9-1")
    for way in ("draw", "upload", "images"):
        assert findings(show("pages/5_Predict.py", run=run.id, way=way), run.id) == {}, way
