"""The settings of the environment: read anew at each look, each with a sentence of its own when it is wrong."""

import re
from pathlib import Path

import pytest

from core.errors import BadInput
from core.runs import options
from core.settings.environment import Environment

ROOT = Path(__file__).parents[2]
VARIABLES = {str(field.validation_alias): name for name, field in Environment.model_fields.items()}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment in which nothing is set, and a folder of one's own to be in."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_variables_everything_has_its_default(tmp_path: Path) -> None:
    assert Environment.read(*Environment.model_fields).model_dump() == {
        "home": tmp_path / "workspace",
        "data": tmp_path / "workspace" / "data",
        "runs": None,
        "database": None,
        "roots": None,
        "runs_at_once": None,
        "save_every": 60.0,
        "keep_mb": 200.0,
        "time_steps": True,
        "language": "en",
        "debug": False,
    }


def test_each_look_sees_the_environment_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", "lab")
    assert Environment.read("data").data == tmp_path / "lab" / "data"
    monkeypatch.setenv("EPOCHLAB_DATA", str(tmp_path / "sets"))
    assert Environment.read("data").data == tmp_path / "sets"
    monkeypatch.setenv("EPOCHLAB_HOME", "other")
    assert Environment.read("home").home == tmp_path / "other"


@pytest.mark.parametrize("nothing", ["", " "])
def test_set_to_nothing_is_as_not_set_but_for_the_roots(monkeypatch: pytest.MonkeyPatch, nothing: str) -> None:
    usual = Environment.read().model_dump()
    for variable in VARIABLES:
        monkeypatch.setenv(variable, nothing)
    assert Environment.read(*Environment.model_fields).model_dump() == {**usual, "roots": ()}


@pytest.mark.parametrize("variable,words,least", [
    ("EPOCHLAB_RUNS_AT_ONCE", "many", 1), ("EPOCHLAB_RUNS_AT_ONCE", "0.5", 1), ("EPOCHLAB_RUNS_AT_ONCE", "-1", 1),
    ("EPOCHLAB_RUNS_AT_ONCE", "inf", 1), ("EPOCHLAB_RUNS_AT_ONCE", "nan", 1), ("EPOCHLAB_RUNS_AT_ONCE", "1e6", 1),
    ("EPOCHLAB_KEEP_MB", "much", 0),
    ("EPOCHLAB_SAVE_EVERY", "soon", 0), ("EPOCHLAB_SAVE_EVERY", "-0.1", 0), ("EPOCHLAB_SAVE_EVERY", "nan", 0),
])  # fmt: skip
def test_what_is_no_number_of_its_range_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, words: str, least: int
) -> None:
    monkeypatch.setenv(variable, words)
    with pytest.raises(BadInput) as caught:
        Environment.read(VARIABLES[variable])
    assert str(caught.value) == (
        f"{variable} is '{words}', which is no number from {least} up: set it to one, or leave it out."
    )


@pytest.mark.parametrize("words,meant", [("1", 1), (" 3 ", 3), ("2.5", 2), ("1e2", 100)])
def test_how_many_runs_at_once(monkeypatch: pytest.MonkeyPatch, words: str, meant: int) -> None:
    monkeypatch.setenv("EPOCHLAB_RUNS_AT_ONCE", words)
    assert options.runs_at_once() == meant


@pytest.mark.parametrize("words,meant", [("0", 0.0), (" 0.5 ", 0.5), ("3600", 3600.0)])
def test_how_often_a_checkpoint_is_saved(monkeypatch: pytest.MonkeyPatch, words: str, meant: float) -> None:
    monkeypatch.setenv("EPOCHLAB_SAVE_EVERY", words)
    assert options.save_every() == meant


@pytest.mark.parametrize("words,meant", [("0", False), (" 1 ", True)])
def test_whether_steps_are_timed(monkeypatch: pytest.MonkeyPatch, words: str, meant: bool) -> None:
    monkeypatch.setenv("EPOCHLAB_TIME_STEPS", words)
    assert options.times_steps() is meant
    monkeypatch.setenv("EPOCHLAB_TIME_STEPS", "never")
    with pytest.raises(BadInput, match="EPOCHLAB_TIME_STEPS is 'never', which is neither 0 nor 1: set it to one"):
        options.check()


def test_a_wrong_setting_stops_only_those_who_need_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EPOCHLAB_SAVE_EVERY", "soon")
    monkeypatch.setenv("EPOCHLAB_HOME", "~nobody-of-this-name/lab")
    monkeypatch.setenv("EPOCHLAB_RUNS_AT_ONCE", "3")
    monkeypatch.setenv("EPOCHLAB_DEBUG", "1")
    said = Environment.read("debug", "runs_at_once")
    assert (said.debug, said.runs_at_once, said.save_every) == (True, 3, 60.0)
    with pytest.raises(BadInput, match="EPOCHLAB_HOME is '~nobody-of-this-name/lab', which cannot be resolved"):
        Environment.read("home", "save_every")
    with pytest.raises(BadInput, match="EPOCHLAB_SAVE_EVERY is 'soon'"):
        Environment.read("save_every", "home")


def test_another_spelling_is_another_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("epochlab_home", str(tmp_path / "else"))
    monkeypatch.setenv("HOME", str(tmp_path / "else"))
    assert Environment.read("home").home == tmp_path / "workspace"


def test_the_readme_shows_each_setting_as_the_code_knows_it() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(EPOCHLAB_\w+)` \| (.+) \| (.+) \|$", readme, re.MULTILINE)
    assert rows == [
        (str(field.validation_alias), field.description, (field.json_schema_extra or {})["otherwise"])
        for field in Environment.model_fields.values()
    ]


def test_no_other_module_reads_the_environment() -> None:
    """What is read outside would have neither range nor help. Setting a child's variables is another matter."""
    named = {
        f"{path.relative_to(ROOT)}: {variable}"
        for path in [ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
        for variable in re.findall(r"environ(?:\.get\(|\[)[\"'](EPOCHLAB_\w+)", path.read_text("utf-8"))
    }
    assert named == set()
    everywhere = {
        variable
        for folder in ("core", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for variable in re.findall(r"EPOCHLAB_[A-Z_]+", path.read_text("utf-8"))
    }
    assert everywhere == set(VARIABLES)
