"""Data: a set that is collected in the app."""

import base64
import io
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from core.importing.collection import Collection, collection_named
from core.prepared import job
from core.runs.lab import Lab
from pages.components import burst

Show = Callable[..., AppTest]
DATA = "pages/1_Data.py"


def jpeg(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (level, 0, 0)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def panel(show: Show, mine: Collection) -> Callable[[str], AppTest]:
    """The panel, with the collection and its class chosen."""

    def run(way: str) -> AppTest:
        app = show(DATA, own="collect", collect=way)
        return app.selectbox(key="collected_class").set_value("red").run()

    return run


@pytest.fixture
def mine(lab: Lab) -> Collection:
    """A collection of one image."""
    collection = collection_named("mine", lab.workspace)
    collection.add("red", jpeg(255), ".jpg")
    return collection


def test_files_of_a_class_are_kept_and_others_named(
    panel: Callable[[str], AppTest], mine: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(job, "start", lambda source, _: started.append(source))
    app = panel("files")
    files = [(f"{level}.jpg", jpeg(50 * level), "image/jpeg") for level in range(3)]
    app.file_uploader[-1].set_value([*files, ("notes.png", b"none", "image/png")]).run()
    assert mine.counts == {"red": 4}
    said = " ".join(one.value for one in app.caption)
    assert "3 images were added. “notes.png” is left out: not an image" in said
    assert app.button(key="use-collection").disabled, "one class is no set"
    app.button(key="collect-undo").click().run()
    assert mine.counts == {"red": 3}
    mine.add("blue", jpeg(255), ".jpg")
    app.run().button(key="use-collection").click().run()
    assert started == [mine.source]


def test_a_drawing_is_kept_in_the_look_of_a_drawn_set(
    panel: Callable[[str], AppTest], mine: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, buffer = Image.new("RGBA", (280, 280), "white"), io.BytesIO()
    ImageDraw.Draw(sheet).line([(90, 60), (190, 220)], "black", 18)
    sheet.save(buffer, "PNG")
    drawn = SimpleNamespace(json_data={"objects": [{"type": "path"}]}, image_bytes=buffer.getvalue())
    empty = SimpleNamespace(json_data={"objects": []}, image_bytes=None)
    module = ModuleType("streamlit_drawable_canvas")
    module.st_canvas = lambda **canvas: drawn if canvas["key"] == "symbol-0" else empty
    monkeypatch.setitem(sys.modules, "streamlit_drawable_canvas", module)
    app = panel("draw")
    assert not app.exception and not app.error
    app.button(key="keep-symbol").click().run()
    image = np.asarray(Image.open(mine.files["red"][-1]))
    assert image.shape == (28, 28) and image.max() > 200 and image[0, 0] == 0
    assert [one.proto.text for one in app.get("progress")] == ["“red”: 2 of 20"]
    assert not [one for one in app.button if one.key == "keep-symbol"], "the sheet is empty again"


def test_frames_of_the_camera_are_kept(
    panel: Callable[[str], AppTest], mine: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [burst.PREFIX + base64.b64encode(jpeg(60 * level)).decode() for level in range(4)]
    sent = [*taken, taken[0], 3, None, "data:text/html;base64,PGI+", burst.PREFIX + "!", burst.PREFIX]

    def browser(key: str, on_frames_change: Callable[[], None], **_: object) -> None:
        st.session_state[key] = {"frames": sent}
        on_frames_change()

    monkeypatch.setattr(burst, "mount_burst", browser)
    app = panel("burst")
    assert mine.counts == {"red": 5}
    assert any("4 images were added. 1 is there already." in one.value for one in app.caption)


def test_a_collection_is_deleted_once_a_person_says_so(panel: Callable[[str], AppTest], mine: Collection) -> None:
    app = panel("files")
    app.button(key="delete-collection").click().run()
    assert "1 image goes for good." in [one.value for one in app.markdown]
    app.button(key="delete-collection").click()  # a browser reruns the dialog alone
    app.button(key="delete-collected-yes").click().run()
    assert not mine.folder.exists()
