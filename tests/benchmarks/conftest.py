"""Benchmarks start commands as processes; most tests of their tables run them in this one, where torch is."""

import io
import runpy
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout

import pytest

from core.cli.parser import main


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """As `benchmarks.side_by_side.command`: the standard output of a module's command. What it sets in the environment
    and how nice it makes itself end with it."""

    def command(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        with monkeypatch.context() as patch, redirect_stdout(io.StringIO()) as out:
            patch.setattr("sys.argv", [module, *arguments])
            patch.setattr("os.nice", lambda _by: 0)
            for name, value in (environment or {}).items():
                patch.setenv(name, value)
            if module == "core":
                assert main(list(arguments)) == 0
            else:
                runpy.run_module(module, run_name="__main__")
        return out.getvalue()

    return command


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a benchmark's workspace sets in the environment is as before after the test."""
    monkeypatch.setenv("EPOCHLAB_HOME", "")
    monkeypatch.setenv("EPOCHLAB_DB", "")
