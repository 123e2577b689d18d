"""Paths that a person types, follows in a link, or brings in a file: pages look only where they may."""

import html
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core.datasets.source import DataSource
from core.prepared import job, prepare
from core.prepared.allowed_paths import VARIABLE
from core.run_config import RunConfig
from core.runs.lab import Lab
from pages.components.markdown import JOIN
from tests.datasets.makers import folder, two_classes
from tests.pages.makers import numbered, really_trained

Show = Callable[..., AppTest]
DATA, TRAIN = "pages/1_Data.py", "pages/2_Train.py"
BOX = "Folder, ZIP or table on this computer"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None, str]]:
    """The preparations that pages asked for; none is carried out."""
    found: list[tuple[str, str | None, str]] = []
    monkeypatch.setattr(job, "start", lambda source, workspace: found.append(astuple(source)))
    return found


@pytest.fixture
def inside(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images in the only place that is open; everything else of the workspace is closed."""
    monkeypatch.setenv(VARIABLE, str(lab.workspace.home / "open"))
    return folder(lab.workspace.home / "open" / "insects", two_classes())


@pytest.fixture
def outside(lab: Lab) -> Path:
    return folder(lab.workspace.home / "closed" / "insects", two_classes())


def use(app: AppTest, path: str) -> None:
    next(box for box in app.text_input if box.label == BOX).set_value(path)
    next(button for button in app.button if button.label == "Use this folder").click().run()
    for button in app.button:
        if button.label == "Import":
            button.click().run()
    assert not app.exception


def errors(app: AppTest) -> list[str]:
    """The errors as they are read, without the marks that keep them from being markdown."""
    return [html.unescape(error.value).replace(JOIN, "") for error in app.error]


def refused(app: AppTest, root: Path) -> bool:
    return any(VARIABLE in words and str(root) in words for words in errors(app))


def test_a_path_inside_is_taken_however_it_is_written(show: Show, started: list, inside: Path) -> None:
    use(show(DATA), f" {inside.parent}/./insects/ ")
    assert started == [("folder", str(inside), "auto", "", "")]


@pytest.mark.parametrize(
    "typed", ["{outside}", "{inside}/../../closed/insects", "insects", "~root", "{inside}/out", "/{long}", "{inside}\0"]
)
def test_a_path_that_leads_elsewhere_is_refused_at_the_field(
    show: Show, started: list, inside: Path, outside: Path, typed: str
) -> None:
    (inside / "out").symlink_to(outside)
    app = show(DATA)
    use(app, typed.format(inside=inside, outside=outside, long="x" * 10_000))
    assert refused(app, inside.parent)
    assert not started and "path" not in app.query_params


def test_a_closed_place_and_one_that_is_not_there_read_alike(show: Show, inside: Path, outside: Path) -> None:
    app, said = show(DATA), []
    for typed in (outside, outside.with_name("nothing")):
        use(app, str(typed))
        said.append(errors(app)[0].replace(typed.name, "…"))
    assert said[0] == said[1]


def test_typing_can_be_turned_off_and_uploading_stays(
    show: Show, lab: Lab, inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "")
    app = show(DATA)
    assert BOX not in [box.label for box in app.text_input]
    assert [uploader.label for uploader in app.file_uploader] == ["Upload a ZIP or a Parquet file"]
    app = show(DATA, data="folder", path=str(inside))
    assert f"{VARIABLE} is empty" in errors(app)[0] and "upload a ZIP" in errors(app)[0]


@pytest.mark.parametrize("page", [DATA, TRAIN])
@pytest.mark.parametrize("path", ["{outside}", "{inside}/out", "~root", "a\0b", "/{long}"])
def test_a_link_cannot_lead_elsewhere(
    show: Show, started: list, inside: Path, outside: Path, page: str, path: str
) -> None:
    (inside / "out").symlink_to(outside)
    app = show(page, data="folder", path=path.format(inside=inside, outside=outside, long="x" * 10_000))
    assert refused(app, inside.parent)
    assert "Digits" in next(button for button in app.button if button.key == "prepare").label


@pytest.mark.parametrize("page", [DATA, TRAIN])
def test_a_link_to_a_place_inside_offers_to_prepare_it(show: Show, started: list, inside: Path, page: str) -> None:
    app = show(page, data="folder", path=f"{inside.parent}/./insects")
    assert not app.error
    app.button(key="prepare").click().run()
    assert started == [("folder", str(inside), "auto", "", "")]


@pytest.mark.parametrize("page", [DATA, TRAIN])
def test_what_was_imported_on_the_command_line_stays_a_choice(
    show: Show, lab: Lab, inside: Path, outside: Path, page: str
) -> None:
    list(prepare.prepare(DataSource("folder", str(outside)), lab.workspace))
    app = show(page, data="folder", path=str(outside))
    assert not app.error
    assert any("insects" in str(box.value) for box in app.selectbox)


def test_a_run_with_settings_from_elsewhere_does_not_open_their_folder(
    show: Show, lab: Lab, started: list, inside: Path, outside: Path
) -> None:
    run = numbered(lab, "theirs", data__name="folder", data__path=str(outside))
    app = show(TRAIN, like=run.id)
    assert refused(app, inside.parent)
    assert "prepare" not in [button.key for button in app.button]


def load(
    app: AppTest, weights: bytes, name: str, settings: bytes | None = None, settings_name: str = "settings.json"
) -> None:
    app.session_state["fold-load"] = True
    app.run()
    uploads = {one.label: one for one in app.file_uploader}
    uploads["Weights"].upload(name, weights, "application/octet-stream")
    if settings is not None:
        uploads["Settings"].upload(settings_name, settings, "text/plain")
    next(button for button in app.button if button.label == "Load").click().run()
    assert not app.exception


@pytest.mark.parametrize("settings_name", ["settings.json", "settings.yaml"])  # JSON is YAML
def test_settings_in_a_file_cannot_lead_elsewhere(
    here: None, show: Show, lab: Lab, inside: Path, outside: Path, settings_name: str
) -> None:
    from core.exporters.export import export  # brings torch

    run = really_trained(lab, "mine")
    weights = export(run, lab.workspace, "pt")
    for path in (str(outside), "~root", "insects"):
        settings = RunConfig().replace({"model.name": "mlp", "data.name": "folder", "data.path": path})
        app = show(TRAIN, view="new")
        load(app, weights, "theirs.pt", settings.to_json().encode(), settings_name)
        assert refused(app, inside.parent)
    assert [one.name for one in lab.runs()] == ["mine"]


def test_settings_beside_weights_may_be_yaml(here: None, show: Show, lab: Lab) -> None:
    from core.exporters.export import export  # brings torch

    run = really_trained(lab, "mine")
    weights = export(run, lab.workspace, "pt")
    app = show(TRAIN, view="new")
    load(app, weights, "again.pt", yaml.safe_dump(run.config.to_dict()).encode(), "settings.yml")
    assert [one.name for one in lab.runs()] == ["again", "mine"]
    app = show(TRAIN, view="new")
    load(app, weights, "again.pt", b"model: {name: mlp", "settings.yml")
    assert "settings.yml: the settings are not YAML" in html.unescape(app.error[0].value.replace(JOIN, ""))
