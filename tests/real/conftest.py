"""The real data sets in a workspace of the tests, and a model that was trained on one of them."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from core.cli.parser import main
from core.exporters.import_weights import import_weights
from core.files.paths import Workspace
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from tests.conftest import shared_folder

WEIGHTS = Path(__file__).with_name("mnist-fast.safetensors")


@pytest.fixture(scope="session")
def home(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose data folder links to the real sets, as any user would put them there."""

    def fill(home: Path) -> None:
        (home / "data" / "MNIST").mkdir(parents=True)
        (home / "data" / "MNIST" / "raw").symlink_to(real_data / "mnist")

    return shared_folder(tmp_path_factory, "real", fill)


@pytest.fixture(scope="session")
def core(home: Path) -> Callable[..., list[dict]]:
    """Run the command line, in this process, which has imported torch; returns its JSON lines."""

    def run(*arguments: str) -> list[dict]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("EPOCHLAB_HOME", str(home))
            for name in ("EPOCHLAB_DATA", "EPOCHLAB_RUNS", "EPOCHLAB_DB"):
                patch.delenv(name, raising=False)
            status = main([*map(str, arguments), "--json"])
        assert status == 0, err.getvalue()
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return run


@pytest.fixture(scope="session")
def mnist_fast(core: Callable[..., list[dict]], home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of that recipe on all images (99.38 % right), for the many tests that ask the model. It was trained once:
    `train --recipe mnist-fast` and `export RUN --to tests/real/mnist-fast.safetensors` make another."""

    def bring(folder: Path) -> None:
        core("prepare", "mnist")
        lab = Lab(
            Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db"), SqlStore(f"sqlite:///{home}/epochlab.db")
        )
        (folder / "run").write_text(import_weights(WEIGHTS.read_bytes(), WEIGHTS.name, lab).id)

    return (shared_folder(tmp_path_factory, "mnist-fast", bring) / "run").read_text()
