"""The wheel: one name at its top level, the requirements of requirements.txt, and a command that runs from it."""

import compileall
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_string
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from core import __version__
from core.program import COMMAND
from core.runs.sql_store import SqlStore

ROOT = Path(__file__).parents[1]
LAUNCH = "import sys, epochlab; sys.argv[0] = 'epochlab'; sys.exit(epochlab.main())"


def build(kind: str, source: Path, target: Path) -> Path:
    """A wheel or an sdist of the project in `source`, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for site-packages, with the wheel unpacked and compiled in it, as pip does; nothing in it
    can be written."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    assert compileall.compile_dir(folder, quiet=1)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


@pytest.fixture
def environment(installed: Path, tmp_path: Path) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("EPOCHLAB_", "STREAMLIT_"))}
    return {**bare, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(tmp_path / "home")}


def epochlab(*arguments: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LAUNCH, *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_one_name_and_all_that_runs(wheel: Path) -> None:
    found = names(wheel)
    assert {name.partition("/")[0] for name in found} == {"epochlab", f"epochlab-{__version__}.dist-info"}
    listed = subprocess.run(["git", "ls-files", "core", "pages", "app.py", ".streamlit"], cwd=ROOT,
                            capture_output=True, text=True)  # fmt: skip
    tracked = set(listed.stdout.splitlines()) or {
        str(path.relative_to(ROOT)) for folder in ("core", "pages") for path in (ROOT / folder).rglob("*.py")
    }
    inside = {name for name in found if name.startswith("epochlab/")}
    assert {f"epochlab/{name}" for name in tracked} - inside == {"epochlab/core/cli/launcher.py"}
    assert {"epochlab/__init__.py", "epochlab/pages/components/frame.css", "epochlab/.streamlit/config.toml"} <= inside
    assert not [name for name in inside if re.search(r"__pycache__|\.pyc$|workspace|tests/|\.db$", name)]


def test_it_requires_what_requirements_txt_names_and_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = message_from_string(archive.read(f"epochlab-{__version__}.dist-info/METADATA").decode())
        assert "MIT License" in archive.read(f"epochlab-{__version__}.dist-info/licenses/LICENSE").decode()
        points = archive.read(f"epochlab-{__version__}.dist-info/entry_points.txt").decode()
    lines = re.sub(r"#.*", "", (ROOT / "requirements.txt").read_text()).split("\n")
    wanted = {(r.name.lower(), r.specifier) for r in map(Requirement, filter(str.strip, lines))}
    required = [r for r in map(Requirement, about.get_all("Requires-Dist") or []) if "extra ==" not in str(r.marker)]
    assert {(r.name.lower(), r.specifier) for r in required} == wanted
    assert (about["Name"], about["Version"], about["License-Expression"]) == ("epochlab", __version__, "MIT")
    assert points.split() == ["[console_scripts]", "epochlab", "=", "epochlab:main"]


@pytest.mark.slow
def test_a_wheel_built_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build("sdist", ROOT, tmp_path)) as archive:
        archive.extractall(tmp_path, filter="data")
    source = next(tmp_path.glob("epochlab-*/"))
    assert (source / "tests" / "test_packaging.py").is_file() and (source / ".ci" / "run").is_file()
    assert not [path for path in source.rglob("*") if path.name in (".venv", "workspace", "__pycache__", ".git")]
    assert names(build("wheel", source, tmp_path / "again")) == names(wheel)


def test_it_runs_from_any_folder(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "core.py").write_text("raise SystemExit('somebody else’s module')")
    done = epochlab("--version", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"epochlab {__version__}\n", "")
    done = epochlab("recipes", "--json", cwd=tmp_path, env=environment)
    assert done.returncode == 0 and '"digits-quick"' in done.stdout
    done = epochlab("show", "nothing", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr) == (2, "There is no run 'nothing'. See all with: epochlab runs\n")
    assert (tmp_path / "workspace").is_dir()
    assert COMMAND == "python -m core"  # in the project's own folder


@pytest.mark.slow
def test_its_worker_trains(environment: dict[str, str], tmp_path: Path) -> None:
    settings = ["--recipe", "digits-quick", "--set", "training.epochs=1", "--name", "one"]
    assert epochlab("submit", *settings, cwd=tmp_path, env=environment).returncode == 0
    until = time.monotonic() + 90
    store = SqlStore(f"sqlite:///{tmp_path / 'workspace' / 'epochlab.db'}")
    while (state := store.all()[0].state) != "finished":
        assert time.monotonic() < until and state != "failed"
        time.sleep(0.2)
    assert " finished " in epochlab("runs", cwd=tmp_path, env=environment).stdout


def answer(port: int, target: str, host: str = "") -> tuple[int, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    link.request("GET", target, headers={"Host": host or f"localhost:{port}"})
    reply = link.getresponse()
    content = reply.read()
    link.close()
    return reply.status, content


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`epochlab` alone, in a folder whose own settings for Streamlit would open everything."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        '[server]\naddress = "0.0.0.0"\nallowedHosts = ["evil.example"]\n[client]\nshowErrorDetails = "full"\n'
    )
    for name in ("streamlit.py", "app.py", "core.py"):
        (tmp_path / name).write_text("raise SystemExit('somebody else’s module')")
    env = {**environment, "STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "true"}
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH], cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True
        )
    until = time.monotonic() + 60
    while True:
        with suppress(OSError):
            if answer(port, "/_stcore/health")[0] == 200:
                break
        assert process.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
        time.sleep(0.1)
    yield process, port
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_alone_it_serves_the_app_with_the_settings_that_came_with_it(
    served: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = served
    assert answer(port, "/")[0] == 200
    assert answer(port, "/", "evil.example")[0] == 403
    status, script = answer(port, "/app/static/plotly.min.js")
    assert status == 200 and len(script) > 1_000_000
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert {row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{port:04X}")} == {
        f"0100007F:{port:04X}"
    }
    process.terminate()
    assert process.wait(20) == 128 + signal.SIGTERM  # as if the server itself had been told
    with pytest.raises(OSError):
        answer(port, "/_stcore/health")
