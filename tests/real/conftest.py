"""The real data sets in a workspace of the tests, and a model that was trained on one of them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.exporters.import_weights import import_weights
from core.files.paths import Workspace
from core.program import ROOT
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
    """Run the command line as a process; returns its JSON lines."""
    environment = {**os.environ, "EPOCHLAB_HOME": str(home)}
    for name in ("EPOCHLAB_DATA", "EPOCHLAB_RUNS", "EPOCHLAB_DB"):
        environment.pop(name, None)

    def run(*arguments: str) -> list[dict]:
        done = subprocess.run(
            [sys.executable, "-m", "core", *arguments, "--json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

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
