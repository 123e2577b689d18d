"""Data: choosing, preparing and looking."""

import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets.progress import PrepareProgress
from core.datasets.source import DataSource
from core.prepared import job, prepare
from core.prepared.draft import Draft
from core.prepared.drawable import is_drawable
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.naming import data_title
from pages.components import import_notice
from pages.components.markdown import escape_markdown
from tests.datasets.makers import prepared
from tests.datasets.photo_makers import picture, put
from tests.pages.makers import follow_mirrors

Show = Callable[..., AppTest]
DATA = "pages/1_Data.py"


def html(app: AppTest) -> str:
    return "".join(one.proto.body for one in app.get("html"))


def captions(app: AppTest) -> list[str]:
    return re.findall(r"<figcaption>(.*?)</figcaption>", html(app))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of photographs of two sizes; one file is none, and one class has a name that would be markup."""
    where = tmp_path / "my *photos*"
    for split in ("train", "test"):
        for place, name in enumerate(("cats", "<b>dogs")):
            (where / split / name).mkdir(parents=True)
            for number in range(3):
                pixels = np.full((80 + 10 * place, 100, 3), 40 * number, np.uint8)
                Image.fromarray(pixels).save(where / split / name / f"{number}.png")
    (where / "train" / "cats" / "broken.png").write_bytes(b"not a picture")
    return where


def test_an_empty_workspace_offers_the_digits_with_one_click(
    show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(job, "start", lambda source, _: started.append(astuple(source)))
    app = show(DATA)
    assert "Digits" in app.button(key="prepare").label
    assert any("10 classes · 1\u202f797 images, in a few seconds" in one.value for one in app.caption)
    assert any('alt="Images of Digits (8 × 8)"' in str(one.value) for one in app.get("html"))
    app.button(key="prepare").click().run()
    assert started == [("digits", None, "auto", "", "")]


def test_progress_is_shown_with_the_time_left_and_can_be_cancelled(
    show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = []
    running = job.JobStatus("running", PrepareProgress("reading images", 1200, 60000, "images"), 90.0)
    monkeypatch.setattr(job, "status", lambda *of: job.JobStatus("absent") if cancelled else running)
    monkeypatch.setattr(job, "cancel", lambda *of: cancelled.append(of[0].name))
    app = show(DATA, data="mnist")
    bar = app.get("progress")[0].proto
    assert (bar.value, bar.text) == (2, "Reading images: 1\u202f200 of 60\u202f000, 1 min 30 s left")
    app.button(key="cancel_prepare").click().run()
    assert cancelled == ["mnist"]
    assert app.button(key="prepare").label == "Prepare MNIST"


def test_a_failed_preparation_shows_its_sentence(show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "status", lambda *of: job.JobStatus("failed", error="the disk is full: free some"))
    app = show(DATA, data="mnist")
    assert app.error[0].value == "The disk is full: free some"
    assert app.button(key="prepare").label == "Try again"


def test_images_come_a_hundred_at_a_time_with_labels_and_alternative_text(show: Show, digits: Lab) -> None:
    app = show(DATA)
    prepared = prepare.require(DataSource("digits"), digits.workspace)
    assert captions(app) == [str(label) for label in prepared.labels[:100]]
    assert html(app).count('alt="') == 100
    assert len(captions(show(DATA, image_page="15"))) == len(prepared.indices("train")) - 1400


def test_the_link_says_what_is_shown(show: Show, digits: Lab) -> None:
    app = show(DATA, split="Test", order="Ten of each class", **{"class": "3"})
    assert captions(app) == ["3"] * 10
    app.multiselect(key="class").set_value(["3", "7"]).run()
    assert sorted(captions(app)) == ["3"] * 10 + ["7"] * 10


@pytest.mark.parametrize(
    "link",
    [
        {"data": "nonsense"},
        {"data": "nonsense", "path": "/no/such/place"},
        {"data": "folder"},
        {"split": "Bogus", "order": "none", "class": "elephant", "shuffle": "x", "image_page": "9999", "view": "none"},
    ],
)
def test_a_link_to_what_is_not_there_shows_what_is(show: Show, digits: Lab, link: dict[str, str]) -> None:
    app = show(DATA, **link)
    assert len(captions(app)) == 100 and len(app.error) == (link.get("data") == "nonsense")
    link = follow_mirrors(app).query_params
    assert link["data"] in ("digits", ["digits"]) and "path" not in link


def test_a_link_to_a_version_that_is_gone_leads_to_its_set(show: Show, digits: Lab, folder: Path) -> None:
    prepared(digits.workspace, "folder", folder)
    app = show(DATA, data="folder", path=str(folder), version="v1")
    assert app.selectbox(key="data_choice").value == DataSource("folder", str(folder))
    assert "Unknown version" in app.error[0].value and not app.exception


def test_a_link_that_is_refused_says_so_until_something_changes(show: Show, digits: Lab) -> None:
    app = show(DATA, data="nonsense")
    app = follow_mirrors(app).run()
    (error,) = app.error
    assert error.value.startswith("There is no data set “nonsense”.")
    app.selectbox(key="order").set_value("Shuffled").run()
    assert len(app.error) == 1, "another order says nothing of the link"
    app.selectbox(key="data_choice").set_value(DataSource("mnist")).run()
    assert not app.error
    app.selectbox(key="data_choice").set_value(DataSource("digits")).run()
    assert not app.error


def test_a_refusal_goes_with_the_page(show: Show, digits: Lab) -> None:
    app = follow_mirrors(show(DATA, data="folder", path="/etc")).run()
    assert len(app.error) == 1
    app.switch_page("pages/3_Compare.py").run()
    assert not app.error
    app.switch_page(DATA).run()
    assert not app.error and not app.exception


def test_another_link_is_followed_and_a_choice_is_a_step(show: Show, digits: Lab) -> None:
    app = follow_mirrors(show(DATA))
    app.selectbox(key="data_choice").set_value(DataSource("mnist")).run()
    assert app.query_params["data"] in ("mnist", ["mnist"])
    app.run()
    app.query_params["data"] = "digits"  # as the browser's button back leaves it
    app.run()
    assert app.selectbox(key="data_choice").value == DataSource("digits")


def test_a_shuffle_is_repeatable(show: Show, digits: Lab) -> None:
    first, again = (html(show(DATA, order="Shuffled", shuffle="3")) for _ in range(2))
    other = html(show(DATA, order="Shuffled", shuffle="4"))
    assert first == again != other


def test_leafing_is_quick(show: Show, digits: Lab) -> None:
    app = show(DATA)
    began = time.perf_counter()
    app.session_state["image_page"] = 2
    app.run()
    assert time.perf_counter() - began < 2  # 0.05 s on an idle machine; this one may be busy
    prepared = prepare.require(DataSource("digits"), digits.workspace)
    assert captions(app) == [str(label) for label in prepared.labels[100:200]]


def test_another_data_set_starts_at_its_first_page_with_all_classes(show: Show, digits: Lab, folder: Path) -> None:
    for _ in prepare.prepare(DataSource("folder", str(folder)), digits.workspace):
        pass
    app = show(DATA, image_page="5", **{"class": "3"})
    app.selectbox(key="data_choice").set_value(DataSource("folder", str(folder.resolve()))).run()
    assert not app.exception
    assert len(captions(app)) == 6
    assert app.query_params["path"] == str(folder.resolve())


def test_another_order_starts_at_its_first_page(show: Show, digits: Lab) -> None:
    app = show(DATA, image_page="3")
    app.selectbox(key="order").set_value("Shuffled").run()
    assert html(app) == html(show(DATA, order="Shuffled"))


def test_class_counts_are_drawn_by_split(show: Show, digits: Lab) -> None:
    app = show(DATA, view="Class counts")
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert [bar["name"] for bar in bars] == ["Training", "Test"]
    assert app.dataframe[0].value["Test"].sum() == 360


def test_the_batch_is_shown_as_the_model_gets_it_beside_the_originals(show: Show, digits: Lab) -> None:
    app = show(DATA, view="As the model sees it")
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Shape"] == "16 × 1 × 8 × 8"
    assert abs(float(numbers["Mean"].replace("\N{MINUS SIGN}", "-"))) < 0.2
    half = len(captions(app)) // 2
    assert captions(app)[:half] == captions(app)[half:]
    assert half == 16


def test_images_that_are_mixed_say_what_of(show: Show, digits: Lab) -> None:
    digits.store.add(RunConfig().replace({"augment.mixup": 1.0}), "mixed")
    app = show(DATA, view="As the model sees it")
    half = len(captions(app)) // 2
    mixed, originals = captions(app)[:half], captions(app)[half:]
    for words, original in zip(mixed, originals, strict=True):
        shares = re.findall(r"(\d) (\d+)\u00a0%", words)
        assert original in [name for name, _ in shares] and 99 <= sum(int(share) for _, share in shares) <= 101
    assert any(", " in words for words in mixed)


def test_details_of_a_folder_name_what_was_left_out(show: Show, lab: Lab, folder: Path) -> None:
    for _ in prepare.prepare(DataSource("folder", str(folder)), lab.workspace):
        pass
    app = show(DATA, data="folder", path=str(folder), view="Details")
    skipped = app.dataframe[1].value
    assert skipped["File"].tolist() == ["train/cats/broken.png"]
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Files not used"] == "1" and numbers["Copies"] == "6", "the same pictures lie in train and test"
    assert any(one.value.startswith("6 of the validation and test images are among the") for one in app.warning)
    assert any("From 100 × 80 to 100 × 90 pixels" in one.value for one in app.markdown)


def test_names_cannot_be_markup(show: Show, lab: Lab, folder: Path) -> None:
    for _ in prepare.prepare(DataSource("folder", str(folder)), lab.workspace):
        pass
    app = show(DATA, data="folder", path=str(folder))
    assert "&lt;b&gt;dogs" in captions(app)
    assert "<b>dogs" not in html(app)
    assert "*photos*" not in " ".join(one.value for one in app.caption)


def test_a_path_is_checked_at_the_field_and_then_prepared(
    show: Show, lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(job, "start", lambda source, _: started.append(astuple(source)))
    app = show(DATA)
    app.text_input[0].set_value("/no/such/place")
    app.button[0].click().run()
    assert "/no/such/place" in app.error[0].value
    assert not started
    app.text_input[0].set_value(str(folder))
    app.button[0].click().run()
    assert not app.exception and not started  # what would be a class and what a split is shown first
    assert any("2 classes. Files: Training" in one.value for one in app.caption)
    app.button(key="import").click().run()
    assert not app.exception
    assert started == [("folder", str(folder), "auto", "", "")]
    assert app.session_state["own-images"] is False, "the panel folds away"
    assert app.query_params["path"] == str(folder)


def test_folders_that_can_be_read_in_two_ways_are_asked_about(
    show: Show, lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[DataSource] = []
    monkeypatch.setattr(job, "start", lambda source, _: started.append(source))
    for split in ("train", "test"):
        (folder / split).rename(folder / {"train": "fold1", "test": "fold2"}[split])
    app = show(DATA)
    app.text_input[0].set_value(str(folder))
    app.button[0].click().run()
    assert any(one.value.startswith("The folders can be read in more than one way") for one in app.warning)
    ways = app.radio(key="how")
    ways.set_value("inner").run()
    assert any("2 classes. Files: Training 13." in one.value for one in app.caption), "cats and dogs of both folds"
    app.button(key="import").click().run()
    assert started == [DataSource("folder", str(folder), "inner")]


def test_an_uploaded_zip_is_kept_and_prepared_once(
    show: Show, lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(job, "start", lambda source, _: started.append(astuple(source)))
    content = Path(shutil.make_archive(str(folder.parent / "mine"), "zip", folder)).read_bytes()
    app = show(DATA)
    app.file_uploader[0].upload("mine.zip", content, "application/zip").run()
    assert not app.exception and not started
    app.button(key="import").click().run()
    app.run()
    ((name, path, *how),) = started
    assert (name, Path(path).read_bytes(), how) == ("folder", content, ["auto", "", ""])


def test_of_a_table_that_is_unclear_the_columns_are_chosen(
    show: Show, lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[DataSource] = []
    monkeypatch.setattr(job, "start", lambda source, _: started.append(source))
    monkeypatch.setenv("EPOCHLAB_ROOTS", str(folder.parent))
    rows = [f"train/cats/{n}.png,{'day' if n % 2 else 'night'},s{n}" for n in range(3)]
    (folder / "list.csv").write_text("\n".join(["where,light,speed", *rows]))
    app = show(DATA)
    app.text_input[0].set_value(str(folder / "list.csv"))
    next(one for one in app.button if one.label == "Use this folder").click().run()
    assert "“list.csv” has no column for the image by its name (found: where, light, speed)." in app.warning[0].value
    app.selectbox(key="column-file").set_value("where")
    assert [app.selectbox(key=f"column-{role}").value for role in ("file", "label")] == ["where", "light"]
    app.button(key="use-columns").click().run()
    assert any("2 classes. Files: Training 3." in one.value for one in app.caption)
    app.button(key="import").click().run()
    assert started == [DataSource("folder", str(folder / "list.csv"), columns="where,light")]


@pytest.mark.parametrize("page", [DATA, "pages/2_Train.py"])
def test_a_folder_that_changed_is_told_and_read_again(
    show: Show, lab: Lab, folder: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(job, "start", lambda source, _: started.append(astuple(source)))
    import_notice.cached_change.clear()
    own = DataSource("folder", str(folder))
    list(prepare.prepare(own, lab.workspace))
    lab.store.add(RunConfig().replace(own.settings), "a net", state="finished")
    app = show(page, data="folder", path=str(folder))
    assert not [one for one in app.warning if "has changed" in one.value]
    (folder / "train" / "cats" / "new.png").write_bytes(picture(9, (100, 80), "PNG"))
    import_notice.cached_change.clear()
    app.run()
    assert [one.value for one in app.warning if "has changed" in one.value] == [
        f"“{escape_markdown(str(folder))}” has changed since it was read. The images here, and those that a run learns "
        "from, are as they were then."
    ]
    assert any("1 run was trained on the images as they were. It keeps" in one.value for one in app.caption)
    app.button(key="read_again").click().run()
    assert started == [("folder", str(folder), "auto", "", "")]
    lab.store.add(RunConfig().replace(own.settings), "another", state="queued")
    assert show(page, data="folder", path=str(folder)).button(key="read_again").disabled


def test_a_version_has_changed_only_if_its_folder_has(show: Show, lab: Lab, folder: Path) -> None:
    import_notice.cached_change.clear()
    own = DataSource("folder", str(folder))
    list(prepare.prepare(own, lab.workspace))
    draft = Draft(own, prepare.require(own, lab.workspace), lab.workspace)
    draft.exclude([0])
    version = draft.save("v2").source
    list(prepare.prepare(version, lab.workspace))
    link = {"data": "folder", "path": str(folder), "version": "v2"}
    assert not [one for one in show(DATA, **link).warning if "has changed" in one.value]
    (folder / "train" / "cats" / "new.png").write_bytes(picture(9, (100, 80), "PNG"))
    import_notice.cached_change.clear()
    assert [one for one in show(DATA, **link).warning if "has changed" in one.value]


@pytest.mark.parametrize("link", [{"view": "nosuch"}, {"split": "nosuch"}, {"order": "nosuch"}])
def test_a_link_to_what_cannot_be_chosen_says_so(show: Show, digits: Lab, link: dict[str, str]) -> None:
    app = show(DATA, data="digits", **link)
    assert [one.value for one in app.toast] == ["The link asks for “nosuch”, which cannot be chosen here."]


def test_lost_grey_levels_and_animations_are_told(show: Show, lab: Lab, tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 400)
    for number in range(8):
        file = tmp_path / "dim" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        levels = np.roll(ramp, 50 * number).reshape(20, 20) * (200 if number else 65535)
        Image.fromarray(levels.astype(np.uint16)).save(file)
    first, second = (Image.new("L", (20, 20), level) for level in (90, 10))
    first.save(tmp_path / "dim" / "a" / "moving.gif", save_all=True, append_images=[second])
    list(prepare.prepare(DataSource("folder", str(tmp_path / "dim")), lab.workspace))
    app = show(DATA, data="folder", path=str(tmp_path / "dim"))
    assert any(one.value.startswith("7 images have hardly any grey levels left") for one in app.warning)
    assert any(one.value.startswith("1 file is an animation: its first picture was taken") for one in app.info)


def test_a_person_says_that_a_pen_can_draw_it(show: Show, lab: Lab, folder: Path) -> None:
    source = DataSource("folder", str(folder))
    prepared(lab.workspace, "folder", folder)
    assert not is_drawable(source, lab.workspace)
    app = show(DATA, data="folder", path=str(folder), view="details")
    toggle = app.toggle(key=f"drawable-{source.key}")
    assert toggle.value is False
    toggle.set_value(True).run()
    assert not app.exception and is_drawable(source, lab.workspace)
    assert show(DATA, data="folder", path=str(folder), view="details").toggle[0].value is True


def test_a_folder_that_is_gone_is_told(show: Show, lab: Lab, folder: Path) -> None:
    list(prepare.prepare(DataSource("folder", str(folder)), lab.workspace))
    shutil.rmtree(folder)
    import_notice.cached_change.clear()
    app = show(DATA, data="folder", path=str(folder))
    assert any("is not there any more. What was read from it is kept" in one.value for one in app.caption)


def test_an_upload_is_shown_by_its_name_alone(
    show: Show, lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "start", lambda source, _: list(prepare.prepare(source, lab.workspace)))
    content = Path(shutil.make_archive(str(folder.parent / "mine"), "zip", folder)).read_bytes()
    app = show(DATA)
    app.file_uploader[0].upload("mine.zip", content, "application/zip").run()
    shown = [*(one.value for one in [*app.markdown, *app.caption]), *app.selectbox(key="data_choice").options]
    assert "**What would be imported** from mine.zip, uploaded" in shown
    app.button(key="import").click().run()
    app = show(DATA, data="folder", path=app.query_params["path"], view="details")
    shown += [*(one.value for one in [*app.markdown, *app.caption]), *app.selectbox(key="data_choice").options]
    assert "Your own images: mine.zip, uploaded" in shown and any("Source: mine.zip, uploaded" in one for one in shown)
    app = show(DATA)
    app.file_uploader[0].upload("broken.zip", b"PK", "application/zip").run()
    shown += [one.value for one in app.error]
    assert not [one for one in shown if str(lab.workspace.uploads) in one.replace("&#95;", "_")]


def test_an_import_is_removed(show: Show, lab: Lab, folder: Path) -> None:
    own = DataSource("folder", str(folder))
    list(prepare.prepare(own, lab.workspace))
    run = lab.store.add(RunConfig().replace(own.settings), "a net", state="finished")
    app = show(DATA, data="folder", path=str(folder))
    app.button(key="remove-import").click().run()
    said = " ".join(one.value for one in app.markdown)
    assert "stays as it is." in said and "1 run was trained on it. It keeps its weights and figures" in said
    # A browser reruns the dialog alone; here the whole page runs, and needs the click that opened it again.
    app.button(key="remove-import").click()
    app.button(key="remove-yes").click().run()
    assert not app.exception and not app.error and app.query_params["data"] == "digits"
    assert not prepare.imported(lab.workspace) and folder.exists() and lab.run(run.id)
    list(prepare.prepare(own, lab.workspace))
    lab.store.add(RunConfig().replace(own.settings), "a net", state="queued")
    assert show(DATA, data="folder", path=str(folder)).button(key="remove-import").disabled


def test_images_of_ones_own_that_are_called_like_a_built_in_set_are_told_apart(
    show: Show, lab: Lab, folder: Path
) -> None:
    app = show(DATA)
    app.selectbox(key="data_choice").set_value("MNIST").run()  # and then another of that name comes
    own = folder.rename(folder.with_name("MNIST"))
    list(prepare.prepare(DataSource("folder", str(own)), lab.workspace))
    titles = app.run().selectbox(key="data_choice").options
    assert not app.exception and app.query_params["data"] == "mnist"
    assert len(set(titles)) == len(titles) and f"MNIST ({own})" in titles and "MNIST (built in)" in titles
    assert data_title(RunConfig().replace({"data.name": "folder", "data.path": str(own)})) == "MNIST (own images)"


def test_photographs_of_a_built_in_set_have_various_sizes(show: Show, lab: Lab) -> None:
    put(lab.workspace.data, "flowers-102", packed_up=False)
    prepared(lab.workspace, "flowers-102")
    app = show(DATA, data="flowers-102")
    numbers = {metric.label: metric.value for metric in app.metric}
    assert (numbers["Images"], numbers["Classes"], numbers["Size in pixels"]) == ("7", "102", "various")
    assert captions(app) == ["hard-leaved pocket orchid", "pink primrose"], "the training images"
    assert "Flowers-102" in show(DATA).selectbox(key="data_choice").options


def test_a_link_to_a_data_set_that_does_not_exist_says_so_and_shows_the_first(show: Show) -> None:
    app = show(DATA, data="nosuch")
    assert [one.value for one in app.error] == ["There is no data set “nosuch”. Choose one under Data set, below."]
    assert app.selectbox(key="data_choice").value == DataSource("digits")
