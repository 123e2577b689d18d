"""Fixtures that all tests share."""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.files.priority import give_way
from core.prepared.arrays import Prepared
from core.prepared.prepare import prepare
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore, open_store
from core.runs.store import Run
from core.runs.worker import NICENESS
from tests.postgres import Server, require_postgres, shared_server

# Modules are compiled once, as for every user, and not at each of the hundreds of starts of a process.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Several processes of tests share the processors (.ci/check): a second thread of each would only wait for its turn, and
# spends a quarter more of processor time on waiting.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What takes minutes and tells little more than its neighbours.
LONG = pytest.mark.skipif(not os.environ.get("EPOCHLAB_TEST_LONG"), reason="takes long: set EPOCHLAB_TEST_LONG")

TOGETHER = ("browser", "real")
FIRST = "browser/test_road.py"  # its first click is the first in its workspace
LONGEST = (FIRST, *TOGETHER, "test_cli.py", "runs/test_worker.py", "pages/test_train.py", "script", "pages", "insight")


def but_for(names: Iterable[str], dear: Container[str]) -> list[Any]:
    """Parameters of a test, of which the `dear` ones are `LONG`: each tells little that the others do not."""
    return [pytest.param(name, marks=LONG) if name in dear else name for name in names]


def pytest_configure() -> None:
    """Tests get little more of the processor than the workers that they wait for, which give way to all others."""
    give_way(NICENESS - 1)  # still below: that a worker gives way can be seen
    gc.disable()  # while all tests are imported: it would look through what stays again and again


class Together(LoadScopeScheduling):
    """A file's tests go to one of the processes that share them, which makes once what they have in common; those of
    a real browser and of real data, which start servers and train, all to one each."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((part for part in TOGETHER if file.startswith(f"tests/{part}/")), file)


@pytest.hookimpl(optionalhook=True)  # without xdist, too
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    config.option.loadscopereorder = False  # by the number of tests, which says little of the time
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first."""
    items.sort(key=lambda item: next((n for n, part in enumerate(LONGEST) if f"tests/{part}" in str(item.path)), 99))


def pytest_collection_finish() -> None:
    """What all tests together have imported stays: the collector of garbage need not look through it each time."""
    gc.freeze()
    gc.enable()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace of the test's own."""
    return Workspace(home=tmp_path, data=tmp_path / "data", database=f"sqlite:///{tmp_path / 'epochlab.db'}")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server; the test is skipped where there is none."""
    require_postgres()
    base = tmp_path_factory.getbasetemp()
    with shared_server(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as server:
        yield server


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that EPOCHLAB_TEST_DATA names; the test is skipped without one."""
    folder = os.environ.get("EPOCHLAB_TEST_DATA")
    if not folder:
        pytest.skip("EPOCHLAB_TEST_DATA names no folder with the real data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def prepared_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in digits, prepared once for all tests, and the looks of their drawings measured, which takes longer
    than a training; never written to."""
    from core.inference.drawing_style import drawing_style_of
    from core.inference.image_style import image_style_of

    def fill(home: Path) -> None:
        list(prepare(DataSource("digits"), Workspace(home, home / "data", "sqlite://")))
        for measure in (drawing_style_of, image_style_of):
            measure(Prepared(home / "cache" / "digits"))

    return shared_folder(tmp_path_factory, "digits", fill) / "cache" / "digits"


@pytest.fixture
def digits(workspace: Workspace, prepared_digits: Path) -> Prepared:
    """The digits, prepared in the test's own workspace."""
    shutil.copytree(prepared_digits, workspace.cache / "digits")
    return Prepared(workspace.cache / "digits")


@pytest.fixture
def lab(workspace: Workspace) -> Lab:
    """Runs in the test's own workspace."""
    return Lab(workspace, SqlStore(workspace.database))


@pytest.fixture(scope="session")
def trained_home(prepared_digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one finished run on the digits (about 90 % right); never written to."""
    from core.runs.foreground import train_here

    def fill(home: Path) -> None:
        (home / "cache").mkdir()
        (home / "cache" / "digits").symlink_to(prepared_digits)
        database = f"sqlite:///{home}/epochlab.db"
        lab = Lab(Workspace(home, home / "data", database), SqlStore(database))
        config = RunConfig().replace({"model.channels": [16], "model.widths": [32], "training.batch_size": 16})
        run = train_here(config, lab, "trained", None, lambda event: None)
        assert run.state == "finished", run.message

    return shared_folder(tmp_path_factory, "trained", fill)


@pytest.fixture
def trained(trained_home: Path, workspace: Workspace, digits: Prepared) -> Run:
    """A finished run on the digits, in the test's own workspace."""
    copy_runs(trained_home, workspace)
    return SqlStore(workspace.database).all()[0]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are read and tried in this process, where torch is there. tests/sandbox/test_weight_files.py has the
    other one."""
    from core.exporters import trial  # noqa: F401  torch; what answers here
    from core.sandbox import process

    monkeypatch.setattr(process, "run", lambda module, content, **limits: sys.modules[module].answer(content))


def shared_folder(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], None]) -> Path:
    """A folder that is filled once for all processes that share the tests."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, filled = base / name, base / f"{name}.filled"
    with FileLock(base / f"{name}.lock"):
        if not filled.exists():
            folder.mkdir()
            fill(folder)
            filled.touch()
    return folder


def copy_runs(home: Path, workspace: Workspace) -> None:
    """Put the runs of the workspace in `home` into one that has none."""
    shutil.copytree(home / "runs", workspace.runs, dirs_exist_ok=True)
    source = open_store(f"sqlite:///{home}/epochlab.db")
    SqlStore(workspace.database).add_rows([source.rows(run) for run in source.ids()])
