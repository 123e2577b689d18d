"""Predict: a drawing, an upload and images of the data set, answered by trained models."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngImageFile
from streamlit.testing.v1 import AppTest

from core.charts.style import Chart
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.inference.drawing_style import drawing_style_of
from core.inference.own_images import of_set
from core.prepared.draft import Draft
from core.prepared.prepare import require
from core.runs import watched_images
from core.runs.lab import Lab
from core.runs.naming import model_file_name
from core.runs.sql_store import SqlStore
from core.training.checkpoint import LAST, checkpoint_path, load, save
from pages.components import kept_drawing
from pages.components.run_picker import run_titles
from pages.predict import answer, canvas
from tests.conftest import copy_runs
from tests.inference.pens import boot
from tests.pages.makers import follow_mirrors, numbered, really_trained

Show = Callable[..., AppTest]
PREDICT = "pages/5_Predict.py"


def html(app: AppTest) -> str:
    return "".join(one.proto.body for one in app.get("html"))


def a_one(mode: str = "RGBA", paper: str = "white", ink: str = "black") -> Image.Image:
    """A thick upright stroke, off the middle."""
    sheet = Image.new(mode, (280, 280), paper)
    ImageDraw.Draw(sheet).line([(80, 40), (80, 200)], fill=ink, width=18)
    return sheet


def png(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


class Canvas:
    """Stands in for the canvas, which AppTest cannot drive: it reports `result` and remembers its arguments."""

    def __init__(self) -> None:
        self.calls: list[dict] = []
        self.empty()

    def empty(self) -> None:
        self.result = SimpleNamespace(json_data={"objects": []}, image_bytes=None)

    def draw(self, picture: Image.Image) -> None:
        self.send({"objects": [{"type": "path"}]}, png(picture))

    def reset(self) -> None:
        """What the canvas's own button does: no strokes, and a blank picture."""
        self.send({"objects": []}, png(Image.new("RGBA", (280, 280), "white")))

    def send(self, strokes: object, picture: bytes) -> None:
        self.result = SimpleNamespace(json_data=strokes, image_bytes=picture)

    def __call__(self, **arguments) -> SimpleNamespace:
        self.calls.append(arguments)
        return self.result


@pytest.fixture
def sheet(monkeypatch: pytest.MonkeyPatch) -> Canvas:
    stand_in, module = Canvas(), ModuleType("streamlit_drawable_canvas")
    module.st_canvas = stand_in
    monkeypatch.setitem(sys.modules, "streamlit_drawable_canvas", module)
    return stand_in


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which a net was trained and the style of the digits measured; never written to."""
    home = tmp_path_factory.mktemp("net")
    workspace = Workspace(home, home / "data", f"sqlite:///{home / 'epochlab.db'}")
    really_trained(Lab(workspace, SqlStore(workspace.database)), "a net", training__epochs=8)
    drawing_style_of(require(DataSource("digits"), workspace))
    return workspace


@pytest.fixture
def trained(lab: Lab, net: Workspace) -> Lab:
    shutil.copytree(net.cache, lab.workspace.cache)
    copy_runs(net.home, lab.workspace)
    return lab


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Chart]:
    """The charts that the page drew, in their order."""
    charts: list[Chart] = []
    monkeypatch.setattr(answer, "live_chart", lambda figure, label, key: charts.append(figure))
    return charts


def answers(app: AppTest) -> list[str]:
    return [part.split("</p>")[0].split(">")[-1] for part in html(app).split('<p role="status"')[1:]]


def test_without_a_trained_run_it_offers_to_train_one(show: Show, lab: Lab, sheet: Canvas) -> None:
    numbered(lab, "no weights")
    app = show(PREDICT)
    app.button(key="first_run").click().run()
    assert lab.runs()[0].recipe == "digits-quick"


def test_a_drawing_is_answered_with_what_the_model_saw(
    show: Show, trained: Lab, sheet: Canvas, drawn: list[Chart]
) -> None:
    app = show(PREDICT)
    assert any("empty" in one.value for one in app.markdown)
    sheet.draw(a_one())
    app.run()
    assert not app.exception
    assert answers(app)[0].startswith("1 — ")
    assert "What the model saw: 8 × 8 pixels" in html(app)
    (bars,) = drawn[-1]["data"]
    assert bars["y"][0] == "1"
    assert len(bars["y"]) == 10
    order = [one.type for one in app.main if one.type != "html" or "status" in one.proto.body]
    assert order.index("html") < order.index("toggle"), "the answer stands above its options"


def test_the_lines_that_answer_are_shown(show: Show, trained: Lab, sheet: Canvas) -> None:
    app = show(PREDICT)
    assert not app.code
    app.session_state["code-predict"] = True
    answer, data, model = [one.value for one in app.run().code]
    (run, *_) = trained.runs()
    assert f'"{model_file_name(run.name, run.id, "last")}.pt"' in answer and len(answer.splitlines()) < 20
    assert "def read(file)" in data and "nn.Linear(" in model


def test_bars_can_stand_in_class_order(show: Show, trained: Lab, sheet: Canvas, drawn: list[Chart]) -> None:
    sheet.draw(a_one())
    show(PREDICT, bars="In class order")
    (bars,) = drawn[-1]["data"]
    assert bars["y"] == [str(digit) for digit in range(10)]


def test_the_plain_answer_is_shown_beside(show: Show, trained: Lab, sheet: Canvas) -> None:
    sheet.draw(a_one())
    app = show(PREDICT, plainly="true")
    assert len(answers(app)) == 2
    assert len({part.split('src="')[1].split('"')[0] for part in html(app).split("<img")[1:]}) == 2


def test_the_sheet_is_blank_after_its_own_reset_and_after_clear(show: Show, trained: Lab, sheet: Canvas) -> None:
    sheet.draw(a_one())
    app = show(PREDICT)
    sheet.reset()
    app.run()
    assert not answers(app)
    assert any("sheet is empty" in one.value for one in app.markdown)
    sheet.draw(a_one())
    app.run()
    assert answers(app)
    before = sheet.calls[-1]["key"]
    sheet.empty()
    next(button for button in app.button if button.label == "Clear").click().run()
    assert not answers(app)
    assert sheet.calls[-1]["key"] != before


STROKES = {"objects": [{"type": "path"}]}


@pytest.mark.parametrize("strokes", [None, 1, "a", [1], True, {}, {"objects": 1}, {"objects": [1]}, {"objects": {}}])
def test_strokes_that_are_none_leave_the_sheet_empty(show: Show, trained: Lab, sheet: Canvas, strokes: object) -> None:
    sheet.send(strokes, png(a_one()))
    app = show(PREDICT)
    assert not answers(app)
    assert any("sheet is empty" in one.value for one in app.markdown)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("picture", [
    b"", b"x", png(a_one())[:200], png(a_one("RGB"), "TIFF"), png(a_one("RGB"), "EPS"), png(a_one("RGB"), "JPEG"),
    png(Image.new("1", (1200, 1))), png(Image.new("1", (13000, 13000))), png(Image.new("1", (14000, 14000))),
    png(a_one()) + bytes(kept_drawing.MAX_PNG_BYTES),
])  # fmt: skip
def test_what_is_no_picture_of_the_sheet_leaves_it_empty(
    show: Show, trained: Lab, sheet: Canvas, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(image: Image.Image) -> None:
        assert max(image.size) <= 1120, "no more is decoded here than a sheet has"
        whole(image)

    whole = PngImageFile.load
    monkeypatch.setattr(PngImageFile, "load", decode)
    sheet.send(STROKES, picture)
    app = show(PREDICT)
    assert not answers(app)
    assert any("sheet is empty" in one.value for one in app.markdown)


@pytest.mark.parametrize("error", [AttributeError, KeyError, TypeError, ValueError])
def test_what_stops_the_canvas_itself_leaves_the_sheet_empty(
    show: Show, trained: Lab, sheet: Canvas, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet.draw(a_one())
    app = show(PREDICT)
    assert answers(app)

    def stopped(**_: object) -> None:
        raise error("'int' object has no attribute 'get'")

    monkeypatch.setattr(sys.modules["streamlit_drawable_canvas"], "st_canvas", stopped)
    app.run()
    assert not app.exception and not answers(app)
    assert any("sheet is empty" in one.value for one in app.markdown)


def test_a_drawing_outlives_leaving_the_page(show: Show, trained: Lab, sheet: Canvas) -> None:
    sheet.draw(a_one())
    app = show(PREDICT)
    app.switch_page("pages/1_Data.py").run()
    sheet.empty()  # a canvas that is laid out anew says nothing until it is drawn on
    app.switch_page(PREDICT).run()
    assert sheet.calls[-1]["initial_drawing"]["objects"] == [{"type": "path"}]
    assert answers(app)


def test_the_paper_fits_a_telephone_and_has_its_own_colours(show: Show, trained: Lab, sheet: Canvas) -> None:
    show(PREDICT)
    call = sheet.calls[-1]
    assert call["width"] == call["height"] <= 300
    assert (call["background_color"], call["return_image_data"]) == (canvas.PAPER_COLOUR, True)


def test_several_models_answer_side_by_side(show: Show, trained: Lab, sheet: Canvas, drawn: list[Chart]) -> None:
    other = really_trained(trained, "another", training__epochs=6)
    first = next(run for run in trained.runs() if run.name == "a net")
    sheet.draw(a_one())
    app = show(PREDICT, run=f"{first.id},{other.id}")
    assert len(answers(app)) == 2
    colours = {figure["data"][0]["marker"]["color"] for figure in drawn}
    assert len(colours) == 2


def test_the_newest_finished_run_is_chosen_unless_the_link_says_otherwise(
    show: Show, trained: Lab, sheet: Canvas
) -> None:
    newer = really_trained(trained, "newer")
    app = show(PREDICT)
    assert "run" not in app.query_params, "what the page writes by itself is no step in the history"
    assert follow_mirrors(app).query_params["run"] == newer.id
    older = trained.runs()[1]
    app = show(PREDICT, run=older.id)
    assert app.multiselect(key="runs_picked").value == [older.id]
    app.multiselect(key="runs_picked").set_value([newer.id]).run()
    assert app.query_params["run"] == newer.id, "what a person chooses is one"
    app.query_params["run"] = older.id  # as the browser's button back leaves it
    assert app.run().multiselect(key="runs_picked").value == [older.id]


def test_an_uploaded_drawing_is_answered_like_a_drawn_one(show: Show, trained: Lab, sheet: Canvas) -> None:
    file = io.BytesIO()
    a_one("L", "white", "black").save(file, "PNG")
    app = show(PREDICT, way="Upload")
    app.file_uploader[0].upload("<i>one.png", file.getvalue(), "image/png").run()
    assert not app.exception
    assert answers(app)[0].startswith("1 — ")
    assert "<i>one" not in html(app)


def test_many_files_are_answered_in_a_table(show: Show, trained: Lab, sheet: Canvas) -> None:
    app = show(PREDICT, way="many")
    moving = io.BytesIO()
    a_one("L").save(moving, "GIF", save_all=True, append_images=[a_one("L", "black", "white")])
    files = [("one.png", png(a_one("L")), "image/png"), ("=bad.png", b"words", "image/png"),
             ("moving.gif", moving.getvalue(), "image/gif"), ("README.md", b"# Words", "text/markdown")]  # fmt: skip
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["file"].tolist() == [
        "=bad.png",
        "README.md",
        "one.png",
        "moving.gif",
    ]  # what has no answer comes first
    assert (
        table["answer"].tolist() == ["", "", "1", "1"] and "an animation" in table["note"][3] and not table["note"][2]
    )
    assert table["probability"][2] > 50 and "cannot be read" in table["problem"][0]
    assert "2 files have no answer" in app.caption[0].value


def test_a_drawing_of_twelve_bits_is_answered_and_its_range_told(show: Show, trained: Lab, sheet: Canvas) -> None:
    levels = np.asarray(a_one("L", "white", "black")).astype(np.uint16) * 16
    app = show(PREDICT, way="Upload")
    app.file_uploader[0].upload("deep.png", png(Image.fromarray(levels)), "image/png").run()
    assert answers(app)[0].startswith("1 — ") and not app.warning
    assert any("uses 12 of its 16 bits" in one.value for one in app.caption)


def test_a_photograph_is_told_from_a_drawing(show: Show, trained: Lab, sheet: Canvas) -> None:
    app = show(PREDICT, way="Upload")
    app.file_uploader[0].upload("boot.png", png(Image.fromarray(boot())), "image/png").run()
    (warning,) = app.warning
    assert warning.value.startswith("This does not look like a drawing") and len(answers(app)) == 1


def test_lines_of_the_paper_are_left_out_and_shown(show: Show, trained: Lab, sheet: Canvas) -> None:
    page = a_one()
    for row in range(20, 280, 60):
        ImageDraw.Draw(page).line([(0, row), (279, row)], fill=(150, 170, 210, 255), width=1)
    sheet.draw(page)
    app = show(PREDICT)
    assert answers(app)[0].startswith("1 — ")
    assert "Left out, in orange: lines of the paper." in html(app)


def test_several_signs_are_told_and_not_guessed_at(show: Show, trained: Lab, sheet: Canvas) -> None:
    page = a_one()
    page.paste(page.crop((40, 0, 120, 280)), (160, 0))
    sheet.draw(page)
    app = show(PREDICT)
    assert "2 signs" in app.info[0].value and not answers(app)
    app.toggle(key="one_sign").set_value(True).run()
    assert len(answers(app)) == 1


def test_a_picture_on_the_opposite_ground_is_turned_round_with_a_switch(
    show: Show, trained: Lab, sheet: Canvas
) -> None:
    digit = trained_digit(trained, 1)
    app = show(PREDICT, way="Upload")
    upload = png(Image.fromarray(255 - digit))
    app.file_uploader[0].upload("white.png", upload, "image/png").run()
    assert not app.exception
    assert answers(app)[0].startswith("1 — ")
    app.toggle(key="turn_ground").set_value(False).run()
    seen = {part.split('src="')[1].split('"')[0] for part in html(app).split("<img")[1:]}
    assert not app.exception and app.toggle(key="turn_ground").value is False and seen


def trained_digit(lab: Lab, label: int) -> np.ndarray:
    prepared = require(DataSource("digits"), lab.workspace)
    right = [i for i in prepared.indices("train") if prepared.labels[i] == label]
    return np.asarray(prepared.image(int(right[0])))[:, :, 0]


def test_a_file_that_is_no_picture_is_named(show: Show, trained: Lab, sheet: Canvas) -> None:
    app = show(PREDICT, way="Upload")
    app.file_uploader[0].upload("one.png", png(a_one()), "image/png").run()
    assert answers(app)
    app.file_uploader[0].upload("broken.png", b"no picture", "image/png").run()
    assert not app.exception and not answers(app), "the answer to the file before goes"
    assert "“broken.png” cannot be read" in app.error[0].value.lower()


@pytest.mark.parametrize("way", ["Draw", "Upload", "Data set images"])
def test_an_answer_that_is_no_number_is_a_sentence(
    show: Show, trained: Lab, sheet: Canvas, drawn: list[Chart], way: str
) -> None:
    (run,) = trained.runs()
    path = checkpoint_path(trained.workspace.run(run.id), LAST)
    values = load(path)
    for tensor in values["model"].values():
        tensor.fill_(3e38 if tensor.is_floating_point() else 0)
    save(values, path)
    sheet.draw(a_one())
    app = show(PREDICT, way=way)
    if way == "Upload":
        app.file_uploader[0].upload("one.png", png(a_one()), "image/png").run()
    assert not app.exception and not drawn
    assert any("no answer from “a net”" in one.value for one in app.error)


def test_images_of_the_data_set_are_marked_right_or_wrong(show: Show, trained: Lab, sheet: Canvas) -> None:
    app = show(PREDICT, way="Data set images")
    marks = html(app).count('<figure class="right">'), html(app).count('<figure class="wrong">')
    assert sum(marks) == 50
    assert any(f"{marks[0]} of 50 here are classified correctly" in one.value for one in app.markdown)


def test_a_model_of_other_images_under_the_same_name_does_not_answer(show: Show, trained: Lab, sheet: Canvas) -> None:
    meta = trained.workspace.cache / "digits" / "meta.json"
    now = json.loads(meta.read_text())
    meta.write_text(json.dumps({**now, "classes": now["classes"][:2], "fingerprint": "0" * 32}))
    app = show(PREDICT, way="Data set images")
    assert not app.exception and "<figure" not in html(app)
    assert "has changed since “a net” was trained on it" in app.warning[0].value


def test_only_the_wrong_ones_can_be_shown(show: Show, trained: Lab, sheet: Canvas) -> None:
    (run,) = trained.runs()
    app = show(PREDICT, way="Data set images", wrong="true")
    wrong = run.summary["test_total"] - run.summary["test_correct"]
    assert html(app).count('<figure class="wrong">') == min(wrong, 50)
    assert 'class="right"' not in html(app)
    assert not any("here are classified correctly" in one.value for one in app.markdown)


def test_a_model_is_listed_with_its_data_said_once(lab: Lab) -> None:
    one, two = numbered(lab, "mine"), numbered(lab, "CNN on Digits (8 × 8)")
    assert run_titles([one, two]) == {one.id: "mine (Digits (8 × 8))", two.id: "CNN on Digits (8 × 8)"}


def test_models_of_photographs_point_to_upload(
    show: Show, trained: Lab, sheet: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.predict import drawing as predict_drawing

    monkeypatch.setattr(predict_drawing, "drawable", lambda lab, run: False)
    app = show(PREDICT)
    assert "Upload a picture" in app.info[0].value
    assert not sheet.calls


def test_a_drawing_is_watched_in_the_next_runs_and_removed_again(show: Show, trained: Lab, sheet: Canvas) -> None:
    sheet.draw(a_one())
    app = show(PREDICT)
    app.button(key="watch-drawing").click().run()
    (path,) = watched_images.kept(DataSource("digits"), trained.workspace)
    (image,) = watched_images.read([path]).values()
    assert image.shape == (8, 8, 1) and image.max() > 100 > image.min(), "in the form of the training images"
    assert any(box.label == "Watched in the next runs (1)" for box in app.expander)
    app.button(key=f"unwatch-digits-{path.stem}").click().run()
    assert not watched_images.kept(DataSource("digits"), trained.workspace)
    assert not any("Watched" in box.label for box in app.expander)


def test_an_upload_is_watched_too(show: Show, trained: Lab, sheet: Canvas) -> None:
    app = show(PREDICT, way="Upload")
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8))
    app.file_uploader[0].upload("mine.png", png(picture), "image/png").run()
    next(button for button in app.button if button.label == "Watch it in the next runs").click().run()
    assert not app.exception and len(watched_images.kept(DataSource("digits"), trained.workspace)) == 1


def test_a_person_says_what_a_drawing_is_and_every_model_is_scored_on_it(
    show: Show, trained: Lab, sheet: Canvas
) -> None:
    sheet.draw(a_one())
    app = show(PREDICT)
    classes = app.selectbox(key="teach-drawing-digits")
    assert app.button(key="teach-drawing-digits-keep").disabled and classes.options == [str(n) for n in range(10)]
    said = answers(app)[0].partition(" ")[0]
    classes.set_value(said).run()
    app.button(key="teach-drawing-digits-keep").click().run()
    app.session_state["own-images-scores"] = True
    app.run()
    assert not app.exception
    found = of_set(DataSource("digits"), trained.workspace)
    assert found is not None and found.counts == {said: 1}
    assert any("1 of 1 of your own images right" in one.value for one in app.markdown)
    app.button(key=f"train-{found.name}").click().run()
    draft = Draft(DataSource("digits"), require(DataSource("digits"), trained.workspace), trained.workspace)
    assert [(edit.action, edit.split, edit.value) for edit in draft.edits] == [("add", "train", said)]
    compare = show("pages/3_Compare.py")
    compare.session_state["own-images-scores"] = True
    compare.run()
    assert any("a net: 1 of 1 of your own images right" in one.value for one in compare.markdown)
