"""Runs packed and unpacked on Home. The work is done by the real commands, in this process."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import formatting
from core.packing import jobs
from core.packing.jobs import PackJob, UnpackJob
from core.run_config import RunConfig
from core.runs.lab import Lab
from tests.conftest import copy_runs

Show = Callable[..., AppTest]


pytestmark = pytest.mark.usefixtures("commands_at_once")


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.success, *app.error]
    return "\n".join(str(one.value) for one in shown)


def opened(show: Show) -> AppTest:
    app = show("app.py")
    app.session_state["moving-False"] = True
    return app.run()


def test_runs_are_packed_and_come_back(show: Show, lab: Lab) -> None:
    kept, left = (lab.store.add(RunConfig(), name, state="cancelled") for name in ("kept", "left"))
    damaged = lab.files.checkpoint(left.id)
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"PK")
    app = opened(show)
    app.multiselect(key="pack-runs").select(kept.id).select(left.id)
    app.button(key="pack").click().run()
    assert [one.value.startswith(f"“left” ({left.id}) was left out: ") for one in app.warning] == [True]
    assert not app.exception
    file = PackJob((), False, lab.workspace).file
    assert "It lies at" in words(app) and "images of “Digits (8 × 8)” are not in the file" in words(app)
    lab.delete(kept.id)
    path = jobs.keep_upload("../my runs.zip", io.BytesIO(file.read_bytes()), lab.workspace)
    assert path.parent == jobs.uploads(lab.workspace)
    jobs.unpack_jobs.start(UnpackJob(path, lab.workspace))
    app = show("app.py")
    assert {run.id for run in lab.runs()} == {kept.id, left.id}
    assert "1 run is new here." in words(app)
    assert not path.exists()  # what came in is removed once it is unpacked


def test_what_cannot_be_packed_or_unpacked_is_said(show: Show, lab: Lab) -> None:
    app = opened(show)
    assert "There is none yet that has been trained." in words(app)
    path = jobs.keep_upload("cats.zip", io.BytesIO(b"no pack"), lab.workspace)
    jobs.unpack_jobs.start(UnpackJob(path, lab.workspace))
    assert "is no pack of runs" in words(show("app.py"))


def test_the_checkpoints_of_single_epochs_can_stay_here(
    show: Show, lab: Lab, trained_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_runs(trained_home, lab.workspace)
    (run,) = lab.runs()
    asked = []
    monkeypatch.setattr(type(jobs.pack_jobs), "start", lambda _jobs, job: asked.append(job))
    app = opened(show)
    assert formatting.size(lab.files.epoch_bytes(run.id)) in words(app)
    app.button(key="pack").click().run()
    app.toggle(key="pack-without-epochs").set_value(True).run().button(key="pack").click().run()
    assert ["--without-epochs" in job.arguments for job in asked] == [False, True] and not app.exception


def test_what_was_chosen_stays_while_the_file_is_made_and_what_is_in_it_is_said(
    show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, _other, deleted = (lab.store.add(RunConfig(), name, state="cancelled") for name in ("kept", "other", "gone"))
    app = opened(show)
    app.multiselect(key="pack-runs").select(kept.id).select(deleted.id)
    app.toggle(key="pack-data").set_value(True).run()
    with monkeypatch.context() as patch:
        patch.setattr("pages.home.moving.working", lambda *_: True)
        assert not app.run().multiselect
    lab.delete(deleted.id)
    app.run()
    assert app.multiselect(key="pack-runs").value == [kept.id] and app.toggle(key="pack-data").value
    app.button(key="pack").click().run()
    assert "In it: kept" in words(app) and not app.exception
