"""What a finished run can be taken away as."""

import io
import zipfile
from pathlib import Path

import pytest
import torch  # noqa: F401  or the page waits for it

from core.exporters import EXPORTERS
from core.exporters.trackers import TRACKERS
from core.runs.lab import Lab
from core.runs.naming import file_name
from pages.train import result
from tests.conftest import copy_runs


def test_every_file_of_a_run_says_what_it_is(show, digits: Lab, trained_home: Path) -> None:
    copy_runs(trained_home, digits.workspace)
    (run,) = digits.runs()
    app = show("pages/2_Train.py", run=run.id)
    for box in ("take", "code"):
        app.session_state[f"{box}-{run.id}"] = True
    keys = [one.proto.id.partition("-get-")[2] for one in app.run().get("download_button")]
    files = [key for key in keys if key]
    own = file_name(run.name, run.id)
    whats = [file.removeprefix(own).partition(".")[0] for file in files]
    assert {*whats} == {"-code", "-code-exact", "-model-last", "-tensorboard"} and len({*files}) == len(files)
    zips = {what for what, file in zip(whats, files, strict=True) if file.endswith(".zip")}
    assert zips == {"-code", "-model-last", "-tensorboard"}
    weights = f"{own}-model-last.pt"
    assert {f"{weights}.md", f"{weights}.json"} < {*files}  # as the card and `train --config` call them
    assert f"{weights}.json" in result.cached_card(run, digits, run.id, "last", weights, "1").decode()


def test_a_run_leaves_for_tensorboard(show, digits: Lab, trained_home: Path) -> None:
    copy_runs(trained_home, digits.workspace)
    (run,) = digits.runs()
    app = show("pages/2_Train.py", run=run.id)
    app.session_state[f"take-{run.id}"] = True
    buttons = {one.proto.label: one.proto for one in app.run().get("download_button")}
    board = buttons["TensorBoard (.zip)"]
    assert board.disabled == TRACKERS["tensorboard"].extra.missing()
    told = [caption.value for caption in app.caption]
    assert all(spec.help in told for spec in [*EXPORTERS.entries.values(), TRACKERS["tensorboard"]])
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    content = result.cached_board(run, digits, run.id, "1")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert any(".tfevents." in name for name in archive.namelist())
