"""The ways to check a change – .ci/run, .ci/quick, the hooks and the workflow – run the same commands."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHECK = (ROOT / ".ci" / "check").read_text()
CHECKS = set(re.findall(r"^        (\w+)\)", CHECK, re.MULTILINE))
TOOLS = re.compile(r"^\s*(ruff|mypy|lint-imports|pytest|python -m pytest)\b", re.MULTILINE)


def called(text: str) -> list[str]:
    """The checks that a script or a hook calls by name."""
    return [
        name
        for line in re.findall(r"^[^#\n]*bash \.ci/check ([\w ]+)", text, re.MULTILINE)
        for name in line.split("--")[0].split()
    ]


def test_each_way_calls_the_checks_and_has_no_commands_of_its_own() -> None:
    assert {"lint", "format", "types", "imports", "audit", "tests"} == CHECKS
    ways = {name: (ROOT / ".ci" / name).read_text() for name in ("run", "quick")}
    ways["hooks"] = (ROOT / ".pre-commit-config.yaml").read_text()
    assert set(called(ways["run"])) == CHECKS
    assert set(called(ways["quick"])) == CHECKS - {"audit"}
    assert set(called(ways["hooks"])) == CHECKS - {"audit", "tests"}
    for name, text in ways.items():
        assert not TOOLS.search(text), name


def test_an_unknown_check_is_a_sentence() -> None:
    done = subprocess.run(["bash", ".ci/check", "lints"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "There is no check called 'lints'; have: lint, format" in done.stderr


def test_the_workflow_runs_the_whole_on_the_oldest_python_and_a_newer_one() -> None:
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["run"]
    assert job["steps"][-1] == {"run": "bash .ci/run"}
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("form", ["bug.yml", "idea.yml"])
def test_the_issue_forms_are_complete(form: str) -> None:
    values = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / form).read_text())
    assert values["name"] and values["description"]
    ids = [part["id"] for part in values["body"]]
    assert len(ids) == len(set(ids))
    for part in values["body"]:
        assert part["type"] in ("textarea", "input", "dropdown", "checkboxes") and part["attributes"]["label"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with the quick check, in which the checks only say what they were called with."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "quick", tmp_path / ".ci" / "quick")
    (tmp_path / ".ci" / "check").write_text('echo "CALLED $*"\n')
    for name, text in {
        "core/loading/split.py": "", "core/prepared/writer.py": "", "core/cli/runs.py": "", "core/errors.py": "",
        "pages/1_Data.py": "", "pages/components/csv.py": "", "app.py": "", "README.md": "",
        "tests/loading/test_split.py": "", "tests/prepared/test_prepare.py": "from core.prepared import writer\n",
        "tests/test_cli.py": "", "tests/pages/test_data.py": "", "tests/pages/test_home.py": "",
        "tests/pages/components/test_csv.py": "", "tests/browser/test_road.py": "from core.prepared import writer\n",
        **{f"tests/runs/test_{n}.py": "from core.errors import Problem\n" for n in range(9)},
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("changed,tests", [
    ("core/loading/split.py", {"tests/loading/test_split.py"}),
    ("core/prepared/writer.py", {"tests/prepared/test_prepare.py"}),  # has no test of its own; browsers are left out
    ("core/cli/runs.py", {"tests/test_cli.py"}),
    ("core/errors.py", set()),  # everybody imports it
    ("pages/1_Data.py", {"tests/pages/test_data.py"}),
    ("pages/components/csv.py", {"tests/pages/components/test_csv.py"}),
    ("app.py", {"tests/pages/test_home.py"}),
    ("tests/loading/test_split.py", {"tests/loading/test_split.py"}),
    ("tests/browser/test_road.py", set()),
    ("README.md", set()),
    ("core/new.py", set()),
])  # fmt: skip
@pytest.mark.parametrize("committed", [False, True])
def test_the_quick_check_picks_the_tests_of_what_changed(
    project: Path, changed: str, tests: set[str], committed: bool
) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    (project / changed).write_text("# changed\n")
    if committed:
        subprocess.run([*git, "checkout", "-q", "-b", "work"], cwd=project, check=True)
        subprocess.run([*git, "add", "-A"], cwd=project, check=True)
        subprocess.run([*git, "commit", "-q", "-m", "more"], cwd=project, check=True)
    done = subprocess.run(["bash", ".ci/quick"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *_, last = (line for line in done.stdout.splitlines() if line.startswith("CALLED"))
    assert first == "CALLED lint format types imports"
    chosen = set(last.removeprefix("CALLED tests -- -m not slow and not browser ").split())
    always = {"tests/test_run_config.py", "tests/test_recipes.py", "tests/test_licences.py", "tests/test_no_pickle.py"}
    assert chosen == always | {"tests/settings"} | tests
    if not tests and changed.startswith("core"):
        assert f"no test of their own, see .ci/run: {changed}" in done.stdout


def test_the_tests_that_always_run_exist() -> None:
    (always,) = re.findall(r"^chosen=\((.*)\)$", (ROOT / ".ci" / "quick").read_text(), re.MULTILINE)
    assert all((ROOT / name).exists() for name in always.split())
