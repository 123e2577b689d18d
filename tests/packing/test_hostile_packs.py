"""Packs that nobody should open: each is refused in a sentence, and the workspace stays as it was."""

import errno
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.drawing_style import FILE as STYLE
from core.errors import BadInput, Problem, Unwritable
from core.files import atomic
from core.files.paths import Workspace
from core.packing.checkpoint_check import answer
from core.packing.checkpoints import CheckpointReader
from core.packing.pack_file import PackFile
from core.runs import answer_history, probe_images
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import Run
from tests.datasets.makers import archive
from tests.packing.conftest import Members, changed, members, packed, snapshot, unpacked


class Evil:
    """Runs a command where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch /tmp/epochlab-was-here",)


def saved(value: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **how)
    return buffer.getvalue()


def checkpoint_with(content: Members, change: Callable[[dict[str, Any]], Any]) -> Members:
    """The pack with something else in one of its checkpoints."""
    name = next(name for name in content if name.endswith(".pt"))
    values = torch.load(io.BytesIO(content[name]), weights_only=True)
    found = change(values)
    return {**content, name: saved(values if found is None else found)}


def numbers(content: Members, ending: str, line: str) -> Members:
    (name,) = (name for name in content if name.endswith(ending))
    return {**content, name: content[name] + line.encode()}


def row(**values: Any) -> Callable[[Members], Members]:
    return lambda content: changed(content, "run.json", lambda it: it["row"].update(values))


def manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[Members], Members]:
    return lambda content: changed(content, "manifest.json", change)


STEP = '{"step": 1, "epoch": 0.5, "metrics": {"loss": 1.0}, "seconds": 1.0}\n'
ROWS: dict[str, Callable[[Members], Members]] = {
    "a run that would train by itself": lambda it: row(state="queued")(
        changed(it, "manifest.json", lambda one: one["runs"][0].update(state="queued"))
    ),
    "another state than the manifest says": row(state="failed"),
    "another id": row(id="../../up"),
    "no time": row(created="now"),
    "a time beyond all calendars": row(created=1e300),
    "settings that are none": row(config={"model": {"name": "cnn", "channels": "many"}}),
    "a path that no system has": row(config={"data": {"name": "folder", "path": "/a\0b"}}),
    "an origin that is none": row(origin={"run": 1}),
    "words for a number": lambda it: numbers(it, "steps.jsonl", STEP.replace("1.0}", '"high"}')),
    "a row twice": lambda it: numbers(it, "steps.jsonl", STEP + STEP),
    "a number beyond all counts": lambda it: numbers(it, "epochs.jsonl", STEP.replace("0.5", str(10**30))),
    "more columns": lambda it: numbers(it, "steps.jsonl", STEP.replace('"epoch"', '"run": "x", "epoch"')),
    "no JSON": lambda it: numbers(it, "steps.jsonl", "[" * 100_000),
    "an id that leads outside": manifest(lambda it: it["runs"][0].update(id="../evil")),
    "a run twice": manifest(lambda it: it["runs"].append(it["runs"][0])),
    "a link to a file outside": manifest(lambda it: it["runs"][0].update(same_files={"best.pt": "../../passwd"})),
    "a manifest that is none": manifest(lambda it: []),
    "no rows": lambda it: {name: text for name, text in it.items() if not name.endswith("run.json")},
    "answers of classes that are not": lambda it: numbers(
        it, probe_images.FILE, '{"epoch": 1, "images": [0], "answers": [[[99, 1.0]]]}\n'
    ),
}  # fmt: skip


def other_weights(values: dict[str, Any]) -> None:
    name = next(iter(values["model"]))
    values["model"][name] = torch.zeros(7)


def shared_numbers(values: dict[str, Any]) -> None:
    values["optimizer"] = {"state": {0: {"exp_avg": torch.zeros(1).expand(10**7)}}}


def optimizer_of_words(values: dict[str, Any]) -> None:
    values["optimizer"] = {"state": {0: {"exp_avg": torch.zeros(2, dtype=torch.complex64)}}}


CHECKPOINTS: dict[str, Callable[[Members], Members]] = {
    "code": lambda it: checkpoint_with(it, lambda values: {**values, "versions": Evil()}),
    "a whole model": lambda it: checkpoint_with(it, lambda values: torch.nn.Linear(2, 2)),
    "other layers": lambda it: checkpoint_with(it, other_weights),
    "the optimizer of something else": lambda it: checkpoint_with(it, optimizer_of_words),
    "more than the file holds": lambda it: checkpoint_with(it, shared_numbers),
    "more threads than any computer": lambda it: checkpoint_with(it, lambda values: values.update(threads=10**9)),
    "a description of impossible images": lambda it: checkpoint_with(
        it, lambda values: values.update(meta=values["meta"].replace('"channels":1', '"channels":7'))
    ),
    "a position that is none": lambda it: checkpoint_with(it, lambda values: values["progress"].update(epoch="first")),
    "settings of another run": lambda it: checkpoint_with(
        it, lambda values: values["config"]["training"].update(epochs=99)
    ),
    "drawings of the size of a house": lambda it: changed(it, STYLE, lambda style: style.update(height=10**6)),
    "a stroke without a width": lambda it: changed(it, STYLE, lambda style: style.update(stroke=1e-300)),
    "no style": lambda it: changed(it, STYLE, lambda style: [style]),
    "no checkpoint": lambda it: {name: b"PK" if name.endswith(".pt") else text for name, text in it.items()},
}


@pytest.fixture(scope="module")
def honest(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Members:
    """What is in a pack of a finished run."""
    database = f"sqlite:///{trained_home}/epochlab.db"
    path = tmp_path_factory.mktemp("packed") / "runs.zip"
    packed(Lab(Workspace(trained_home, trained_home / "data", database), SqlStore(database)), path)
    return members(path)


@pytest.mark.parametrize("harm", [*ROWS.values(), *CHECKPOINTS.values()], ids=[*ROWS, *CHECKPOINTS])
def test_a_pack_built_to_do_harm_is_refused(
    honest: Members, elsewhere: Lab, tmp_path: Path, in_process: None, harm: Callable[[Members], Members]
) -> None:
    before = snapshot(elsewhere)
    with pytest.raises(BadInput, match="Pack the runs again"):
        unpacked(archive(tmp_path / "runs.zip", harm(honest)), elsewhere)
    assert snapshot(elsewhere) == before
    assert not Path("/tmp/epochlab-was-here").exists()


def renamed(archive: zipfile.ZipFile, name: str, **values: Any) -> None:
    entry = zipfile.ZipInfo(name)
    for key, value in values.items():
        setattr(entry, key, value)
    archive.writestr(entry, "x")


@pytest.mark.parametrize(("add", "words"), [
    (lambda it: renamed(it, "../outside.pt"), "points outside the ZIP"),
    (lambda it: renamed(it, "/etc/outside.pt"), "points outside the ZIP"),
    (lambda it: renamed(it, "runs/link.pt", external_attr=0o120777 << 16), "is a link"),
    (lambda it: renamed(it, "manifest.json"), "“manifest.json” in .* is damaged"),
    (lambda it: renamed(it, "a.pt", compress_type=zipfile.ZIP_LZMA), "“a.pt” in .* is damaged"),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_built_to_do_harm_is_refused(tmp_path: Path, add: Callable[[zipfile.ZipFile], None], words: str) -> None:
    path = archive(tmp_path / "runs.zip", {"manifest.json": b"{}"})
    with zipfile.ZipFile(path, "a") as made:
        add(made)
    with pytest.raises(BadInput, match=words):
        PackFile(path)


@pytest.mark.parametrize(("content", "words"), [
    (b"", "is no pack of runs: it is no ZIP file"),
    (b"PK\x03\x04 and then nothing", "is no pack of runs: it is no ZIP file"),
])  # fmt: skip
def test_what_is_no_pack_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "runs.zip"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        PackFile(path)
    with pytest.raises(BadInput, match="is a ZIP, but no pack of runs"):
        PackFile(archive(path, {"cats/one.png": b"x"}))
    with pytest.raises(BadInput, match="cannot be read"):
        PackFile(tmp_path)


def test_words_of_strangers_are_made_fit_to_be_shown(
    trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path, in_process: None
) -> None:
    path = tmp_path / "runs.zip"
    packed(lab, path)
    harm = row(name="\x1b[31mred\u202e", notes="a\x00b", tags=["t\x07"], recipe="\x1b", message="{x:>999999999}",
               outcome={"code": "diverged", "text": "{x:>999999999}", "values": {"x": 1}})(members(path))  # fmt: skip
    harm = {name: text + b"\x1b[2J" if name.endswith(".log") else text for name, text in harm.items()}
    unpacked(archive(path, harm), elsewhere)
    run = elsewhere.run(trained.id)
    shown = json.dumps([run.name, run.notes, run.tags, run.recipe, elsewhere.files.log(run.id)])
    assert not any(sign in shown for sign in ("\\u001b", "\\u202e", "\\u0000", "\\u0007"))
    assert run.message == "{x:>999999999}" and run.code == "diverged"


def test_answers_that_are_no_classes_are_refused(
    trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path, in_process: None
) -> None:
    path = tmp_path / "runs.zip"
    packed(lab, path)
    content = members(path)
    (name,) = (name for name in content if name.endswith(answer_history.FILE))
    images = np.arange(4)
    content[name] = answer_history.header(images) + answer_history.record(1, np.array([0, 1, 2, 500]))
    with pytest.raises(BadInput, match=answer_history.FILE):
        unpacked(archive(path, content), elsewhere)


def test_a_disk_that_runs_full_leaves_nothing(
    trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path, in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.zip"
    packed(lab, path)
    before, sync, left = snapshot(elsewhere), os.fsync, [3]

    def full(handle: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(Unwritable, match="no space left on device"):
        unpacked(path, elsewhere)
    monkeypatch.undo()
    assert snapshot(elsewhere) == before


def test_the_process_that_reads_checkpoints_has_limits(trained: Run, lab: Lab) -> None:
    """The real one: it gives what the file holds, and none of what a file would run."""
    content = (lab.workspace.run(trained.id) / "last.pt").read_bytes()
    with CheckpointReader(len(content)) as reader:
        values = reader.read(content, "last.pt")
        assert torch.equal(values["random"], torch.load(io.BytesIO(content), weights_only=True)["random"])
        with pytest.raises(BadInput, match=r"“evil\.pt” is"):
            reader.read(saved({"model": Evil()}), "evil.pt")
        assert reader.read(content, "last.pt")["threads"] == values["threads"]  # it goes on
        reader._child.kill()
        with pytest.raises(Problem, match=r"“killed\.pt” was refused"):
            reader.read(content, "killed.pt")
    assert answer(b"no file").startswith(b"-")
