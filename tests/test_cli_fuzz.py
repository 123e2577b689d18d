"""A command line that nobody would type: status 2 and a sentence, or it is taken; never a traceback, never a run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cli.parser import MAX_ERROR_CHARS, main
from core.program import ROOT
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS
from core.sanitize import one_line
from tests.fuzzing import tries
from tests.test_config_fuzz import changes, texts

COMMANDS = ["datasets", "recipes", "runs", "prepare", "train", "submit", "show", "pause", "resume", "cancel", "delete"]
COMMANDS += ["predict", "evaluate", "export", "forget"]
words = st.one_of(
    texts.map(lambda text: text[:50_000]), st.sampled_from(["--json", "--set", "--", "-", "--config", "="])
)


@pytest.fixture
def core(lab: Lab, digits: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`core("train", …)` → (status, error), with nothing that trains or waits behind it."""
    monkeypatch.setenv("EPOCHLAB_HOME", str(lab.workspace.home))
    monkeypatch.setenv("EPOCHLAB_DATA", str(lab.workspace.data))
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    monkeypatch.chdir(lab.workspace.home)
    # Where a data set would be fetched from, there is no network in these tests.
    monkeypatch.setattr("core.cli.training.ensure_prepared", lambda *of, **more: None)

    def run(*arguments: str) -> tuple[int, str]:
        try:
            status = main(list(arguments))
        except SystemExit as end:  # --help
            status = int(end.code or 0)
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err and "unexpected error" not in told.err, (arguments, told.err)
        assert status in (0, 1, 2) and (status == 0 or len(told.err.splitlines()) == 1), (arguments, told.err)
        assert len(told.err) <= MAX_ERROR_CHARS + 1
        assert not any(ord(letter) < 32 and letter != "\n" for letter in told.err)
        return status, told.err

    return run


@given(changes)
@tries(100)
def test_any_setting(core: Any, change: dict[str, Any]) -> None:
    settings = [f"{name}={json.dumps(value)}" for name, value in change.items()]
    status, _ = core("submit", "--recipe", "digits-quick", *(a for one in settings for a in ("--set", one)))
    assert status in (0, 1, 2)


@given(st.lists(texts.map(lambda text: text[:10_000]), min_size=1, max_size=2))
@tries(20)
def test_any_text_as_a_setting_and_as_a_name(core: Any, given: list[str]) -> None:
    assert core("submit", "--recipe", "digits-quick", "--set", given[0])[0] == 2
    core("submit", "--recipe", "digits-quick", f"--name={given[-1]}", "--set", "training.epochs=1")
    for run in Lab.open().runs(limit=1):
        assert run.name == one_line(run.name, MAX_NAME_CHARS) != ""


@given(st.sampled_from(COMMANDS), st.lists(words, max_size=3))
@tries(90)
def test_any_words(core: Any, command: str, more: list[str]) -> None:
    core(command, *more)


@pytest.mark.parametrize("content,said", [
    (b"", "not JSON"), (b"\xff\xfe\x00", "not a text file"), (bytes(range(255, 0, -1)), ""), (b"{" * 10_000, ""),
    (b"[" * 10_000, "nested too deeply"), (b"x" * 2_000_000, "larger than any settings"), (b'{"a": NaN}', "'a'"),
    (b'{"data": {"limit": 1e999}}', "data.limit"), (b"\xef\xbb\xbf[]", "no JSON object"),
], ids=str)  # fmt: skip
def test_a_settings_file_of_anything(core: Any, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "settings.json").write_bytes(content)
    status, error = core("submit", "--config", "settings.json")
    assert status == 2 and "settings.json" in error and said in error


def test_what_is_no_settings_file(core: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for file in ("pipe", ".", "/dev/zero", "loop", "missing.json", "a\0b", "x" * 5000, ""):
        status, error = core("submit", "--config", file)
        assert status == 2 and ("is no file" in error or "cannot be read" in error), file


@pytest.mark.parametrize("settings,said", [
    (["model.channels=[8,8,8,8,8]"], "becomes too small in block 4"),
    (["model.name=mlp", f"model.widths={[8192] * 64}"], "of memory, but there are"),
    (["data.size=512", "training.batch_size=16384", f"model.channels={[2048] * 8}"], "of memory, but there are"),
    (["data.limit=1", "data.validation=0.5"], ""),
    (["model.name=whitened_cnn", "model.filters=384"], "model.filters"),
    (["training.device=mps"], "training.device"),
])  # fmt: skip
def test_what_cannot_be_together_is_told_before_anything_is_queued(core: Any, settings: list[str], said: str) -> None:
    before = len(Lab.open().runs())
    status, error = core("submit", "--recipe", "digits-quick", *(a for one in settings for a in ("--set", one)))
    assert (status == 2 and said in error and len(Lab.open().runs()) == before) or not said


@pytest.mark.parametrize("arguments", [
    [b"submit", b"--recipe", b"digits-quick", b"--set", b"data.path=\xff\xfe"],
    [b"submit", b"--config", b"caf\xe9.json"],
    [b"show", b"\x1b[2J\xff"],
])  # fmt: skip
def test_as_a_process_with_bytes_that_are_no_text(tmp_path: Path, arguments: list[bytes]) -> None:
    environment = {**os.environ, "EPOCHLAB_HOME": str(tmp_path)}
    done = subprocess.run([os.fsencode(sys.executable), b"-m", b"core", *arguments], cwd=ROOT, env=environment,
                          capture_output=True, timeout=60)  # fmt: skip
    assert done.returncode == 2 and done.stdout == b""
    assert (
        len(done.stderr.decode().splitlines()) == 1 and b"Traceback" not in done.stderr and b"\x1b" not in done.stderr
    )
