"""Data: images are edited, the list of edits, versions."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from core.datasets.edits import to_text
from core.datasets.source import DataSource
from core.packing.jobs import DataExportJob, data_export_jobs
from core.prepared import job, prepare
from core.prepared.class_folders import write_class_folders
from core.prepared.draft import Draft
from core.prepared.versions import versions
from core.run_config import RunConfig
from core.runs.lab import Lab
from pages.components import editing, image_grid
from pages.components.exports_route import exports_route
from pages.data.selection import SELECTION
from pages.train import draft as drafts

Show = Callable[..., AppTest]
DATA = "pages/1_Data.py"
DIGITS = DataSource("digits")


@pytest.fixture
def draft(digits: Lab) -> Draft:
    return Draft(DIGITS, prepare.require(DIGITS, digits.workspace), digits.workspace)


def done(draft: Draft) -> list[tuple[str, int | None, str]]:
    return [(edit.action, edit.number, edit.value) for edit in draft.edits]


def captions(app: AppTest) -> list[str]:
    return re.findall(r"<figcaption>(.*?)</figcaption>", "".join(one.proto.body for one in app.get("html")))


def selecting(show: Show, places: list[int]) -> AppTest:
    """The page with these images of the digits selected."""
    app = show(DATA, selecting="true")
    app.session_state[SELECTION] = {"of": "digits", "places": places, "at": 1}
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(one.value for one in [*app.markdown, *app.caption, *app.info, *app.warning, *app.error])


def test_selected_images_get_another_class_and_the_way_back_restores_what_was(show: Show, draft: Draft) -> None:
    draft.relabel([4], "7")
    app = selecting(show, [3, 4])
    app.selectbox(key="bar-class").set_value("8").run()
    assert done(draft) == [("relabel", 3, "8"), ("relabel", 4, "8")]
    assert captions(app)[2:5] == ["2", "<del>3</del> → 8", "<del>4</del> → 8"]
    assert "2 images are “8” now." in words(app) and "Click images to select them." in words(app)
    app.button(key="bar-undo").click().run()
    assert done(draft) == [("relabel", 4, "7")]
    assert captions(app)[3:5] == ["3", "<del>4</del> → 7"]


def test_images_are_left_out_moved_noted_and_kept(show: Show, draft: Draft) -> None:
    selecting(show, [0]).button(key="bar-exclude").click().run()
    selecting(show, [1]).selectbox(key="bar-split").set_value("val").run()
    selecting(show, [2]).text_input(key="bar-note-2").set_value("a *cat*?").run()
    app = selecting(show, [5]).button(key="bar-keep").click().run()
    shown = captions(app)
    assert shown[:3] == ["0 · left out", "1 · in Validation", "2 · “a *cat*?”"] and shown[5] == "6 · looked at"
    assert done(draft) == [("exclude", 0, ""), ("move", 1, "val"), ("note", 2, "a *cat*?"), ("keep", 5, "")]
    app.selectbox(key="edits").set_value("left-out").run()
    assert captions(app) == ["0 · left out"]
    app.selectbox(key="edits").set_value("edited").run()
    assert len(captions(app)) == 4


def test_an_image_is_found_by_its_class_before_and_after(show: Show, draft: Draft) -> None:
    draft.relabel([3], "ring")
    assert captions(show(DATA, **{"class": "ring"})) == ["<del>3</del> → ring"]
    assert "<del>3</del> → ring" in captions(show(DATA, **{"class": "3"}))


def test_a_class_without_a_name_is_refused_with_a_sentence(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing.st, "session_state", {})
    editing.apply(draft, [3], "relabel", "\u2800")
    done: editing.Done = editing.st.session_state[editing.DONE]
    assert done.problem and "A class needs a name" in done.words and not draft.edits


def test_a_page_is_selected_as_a_whole_and_what_is_on_others_stays(show: Show, draft: Draft) -> None:
    app = selecting(show, [250])
    app.button(key="select-page").click().run()
    assert "**101** selected, 1 on other pages" in words(app)
    app.button(key="select-none").click().run()
    assert app.button(key="bar-exclude").disabled


def test_marks_for_tiles_that_are_not_shown_any_more_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    marks: list[list[int]] = []
    monkeypatch.setattr(image_grid, "markup", lambda *_: "grid")
    monkeypatch.setattr(image_grid, "mount_script", lambda **given: told.update(given))
    monkeypatch.setattr(image_grid.st, "session_state", {"tiles_grid": SimpleNamespace()})
    cells = [object()] * 3
    image_grid.image_choices(cells, [1], "now", "k", marks.append)  # type: ignore[arg-type]
    for sent in ({"at": "before", "places": [0]}, {"at": "now", "places": [0, 2, 9, "x"]}, "nonsense", None):
        image_grid.st.session_state["tiles_grid"] = {"marked": sent}
        told["on_marked_change"]()
    assert marks == [[0, 2]]


def test_an_empty_list_says_what_to_do(show: Show, draft: Draft) -> None:
    assert "turn on **Select and edit**" in words(show(DATA, view="edits"))


def test_edits_are_listed_with_the_next_version_and_each_has_a_way_back(show: Show, draft: Draft) -> None:
    draft.relabel([3], "<b>")
    draft.exclude([0, 1])
    app = show(DATA, view="edits")
    assert "**3 edits.** Left out 2, Another class 1" in words(app)
    assert "11 classes. Images: Training 1\u202f435, Test 360. Left out: 2." in words(app)
    html = "".join(one.proto.body for one in app.get("html"))
    assert "3 → &lt;b&gt;" in html and "<b>" not in html
    next(one for one in app.button if one.key.startswith("undo-") and "relabel" in one.key).click().run()
    assert done(draft) == [("exclude", 0, ""), ("exclude", 1, "")]
    app.button(key="undo-all").click().run()
    app.button(key="undo-all").click()  # as in test_data: a browser reruns the dialog alone
    app.button(key="undo-all-yes").click().run()
    assert not draft.edits


def test_a_version_is_saved_prepared_and_shown_with_its_edits(
    show: Show, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "start", lambda source, workspace: list(prepare.prepare(source, workspace)))
    draft.exclude([0])
    app = show(DATA, view="edits")
    next(one for one in app.button if one.label == "Save as a version").click().run()
    assert [one.name for one in versions(DIGITS, draft.workspace)] == ["v2"]
    assert app.selectbox(key="data_choice").value == DataSource("digits", version="v2")
    assert "Version **v2** of “Digits (8 × 8)”: 1 change. Fingerprint `" in words(app)
    app = show(DATA, data="digits", version="v2")
    assert "A saved version stays as it is." in words(app) and len(captions(app)) == 100
    assert "These edits are saved as version **v2**." in words(show(DATA, view="edits"))


def test_going_on_from_a_version_asks_where_edits_would_be_lost(show: Show, draft: Draft) -> None:
    draft.exclude([0])
    version = draft.save("v2").source
    list(prepare.prepare(version, draft.workspace))
    draft.exclude([9])
    app = show(DATA, view="edits", data="digits", version="v2")
    app.button(key="go-on").click().run()
    assert len(draft.edits) == 2 and "2 edits that are in no saved version" in words(app)
    app.button(key="go-on").click()
    app.button(key="go-on-yes").click().run()
    assert done(draft) == [("exclude", 0, "")]
    assert app.selectbox(key="data_choice").value == DIGITS
    draft.undo(*draft.edits)
    app = show(DATA, view="edits", data="digits", version="v2")
    app.button(key="go-on").click().run()
    assert done(draft) == [("exclude", 0, "")]


def test_a_version_is_trained_on_with_the_settings_of_the_newest_run_before(
    show: Show, draft: Draft, digits: Lab
) -> None:
    draft.exclude([0])
    version = draft.save("v2").source
    list(prepare.prepare(version, draft.workspace))

    def link() -> str:
        app = show(DATA, data="digits", version="v2")
        return next(one.proto.query_string for one in app.get("page_link") if one.proto.label.startswith("Train with"))

    assert link() == "data=digits&version=v2"
    changed = RunConfig().replace({"optimizer.lr": 0.02, "data.version": ""})
    run = digits.store.add(changed, "before", state="finished")
    digits.store.add(changed, "never ran", state="cancelled")
    assert link() == f"data=digits&version=v2&like={run.id}&run={run.id}"
    app = show("pages/2_Train.py", data="digits", version="v2", like=run.id)
    now = drafts.check(app.session_state["draft"]).config
    assert now == changed.replace({"data.version": "v2"})


def test_a_version_is_deleted_after_a_question_that_names_its_runs(show: Show, draft: Draft, digits: Lab) -> None:
    draft.exclude([0])
    version = draft.save("v2").source
    digits.store.add(RunConfig().replace(version.settings), "learned", state="finished")
    list(prepare.prepare(version, draft.workspace))
    app = show(DATA, data="digits", version="v2")
    app.button(key="delete-version").click().run()
    assert "1 run learned from it. It keeps its weights and figures" in words(app)
    app.button(key="delete-version").click()  # a dialog is there while its button counts as pressed
    app.button(key="delete-version-yes").click().run()
    assert not app.exception and app.selectbox(key="data_choice").value == DIGITS
    assert not versions(DIGITS, draft.workspace) and done(draft) == [("exclude", 0, "")]


def test_a_list_is_taken_over_and_what_does_not_match_is_named(show: Show, draft: Draft) -> None:
    draft.exclude([0])
    mine = to_text(draft.edits)
    strange = mine + "relabel,train,9999,there.png,p0123456789abcdef,1,2,2026-01-01T00:00:00Z\n"
    draft.undo(*draft.edits)
    app = show(DATA, view="edits")
    app.file_uploader(key="edits-file-0").upload("edits.csv", ("\ufeff" + strange).encode(), "text/csv").run()
    assert done(draft) == [("exclude", 0, "")]
    assert app.success[0].value == "1 edit was taken over: Left out 1."
    assert "Training, image 9\u202f999, there.png: 1 → 2" in words(app)
    app.file_uploader(key="edits-file-1").upload("edits.csv", b"a,b\n1,2\n", "text/csv").run()
    assert "This is no list of edits" in words(app)


def answer_of(path: str) -> tuple[int, dict[str, str], bytes]:
    """What the route of exports says to a request: status, headers, content."""
    told: list[dict[str, Any]] = []

    async def receive() -> None:
        await asyncio.Event().wait()  # this browser waits for its answer

    async def send(message: Any) -> None:
        told.append(message)

    where, _mark, query = path.partition("?")
    scope = {"type": "http", "method": "GET", "path": where, "query_string": query.encode(), "headers": []}
    asyncio.run(Starlette(routes=[exports_route()])(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], headers, b"".join(one.get("body", b"") for one in told[1:])


def test_the_zip_is_served_under_its_name_and_nothing_else_of_the_workspace(digits: Lab, draft: Draft) -> None:
    file = DataExportJob(draft.prepared.meta, digits.workspace).file
    list(write_class_folders(draft.prepared, file))
    status, headers, content = answer_of(f"/app/exports/digits/{file.name}?name=Digits")
    assert (status, content) == (200, file.read_bytes())
    assert 'filename="Digits.zip"' in headers["content-disposition"]
    for other in ("digits/other.zip", "../epochlab.db", "digits/../../epochlab.db", f"../exports/{file.name}"):
        assert answer_of(f"/app/exports/{other}")[0] == 404


@pytest.mark.usefixtures("commands_at_once")
def test_a_zip_is_written_from_the_page_and_what_goes_wrong_is_told(show: Show, draft: Draft) -> None:
    job = DataExportJob(draft.prepared.meta, draft.workspace)
    job.file.mkdir(parents=True)
    data_export_jobs.start(job)
    app = show(DATA)
    assert "could not be written: is a directory" in words(app)
    job.file.rmdir()
    app.button(key="export-data").click().run()
    assert f"/app/exports/digits/{job.file.name}" in "".join(one.proto.body for one in app.get("html"))


def test_the_writing_of_a_zip_is_watched_and_cancelled(
    show: Show, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = DataExportJob(draft.prepared.meta, draft.workspace)
    told = '{"done": 900, "total": 1797}'
    child = [sys.executable, "-c", "import time; time.sleep(60)"]
    job.log.parent.mkdir(parents=True)
    job.log.write_text(told)
    data_export_jobs.at_work[job.log] = subprocess.Popen(child)
    app = show(DATA)
    assert "Writing images: 900 of 1\u202f797" in app.get("progress")[0].proto.text
    app.button(key="cancel-export").click().run()
    assert data_export_jobs.status(job).state == "absent" and app.button(key="export-data")
