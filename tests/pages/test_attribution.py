"""What it looks at: the maps on the page are those of core, for the image, the method and the class of the link."""

import base64
import io
import re
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from core.charts.heat_map import overlay
from core.inference import predictor
from core.insight.attribution import ATTRIBUTIONS
from core.insight.explanation import explain, sanity_check
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from core.sanitize import one_line
from pages.components import kept_drawing
from tests.pages.makers import really_trained

Show = Callable[..., AppTest]
INSPECT = "pages/4_Inspect.py"


def html(app: AppTest) -> str:
    return "".join(one.proto.body for one in app.get("html"))


def pictures(app: AppTest) -> list[np.ndarray]:
    """Every picture on the page, (H, W, 3) uint8, in order."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html(app))
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("RGB")) for one in found]


@pytest.fixture
def cnn(lab: Lab) -> Run:
    return really_trained(lab, "a net", model__name="cnn", model__channels=[8])


def images(lab: Lab, run: Run) -> Prepared:
    return Prepared(lab.workspace.cache / "digits")


@pytest.mark.parametrize("method", ATTRIBUTIONS.entries)
def test_the_map_is_that_of_core_for_the_image_and_the_class_of_the_link(
    show: Show, lab: Lab, cnn: Run, method: str
) -> None:
    index = int(images(lab, cnn).indices("test")[3])
    app = show(INSPECT, section="looks", run=cnn.id, image=str(index), method=method, of_class="7")
    model = predictor.load(cnn, lab.workspace)
    found = explain(model.model, images(lab, cnn).image(index), model.spec, ATTRIBUTIONS[method].defaults(), 7)
    seen, covered = pictures(app)
    np.testing.assert_array_equal(seen[..., :1], found.seen)
    np.testing.assert_array_equal(covered, overlay(found.seen, found.values, 0.7))
    assert "What speaks for 7. It is strongest at the" in html(app)
    assert any("Test, image 3. It is" in one.value for one in app.caption)
    assert app.number_input(key="image-number").value == 3


def test_another_image_is_a_click_away_and_stands_in_the_link(show: Show, lab: Lab, cnn: Run) -> None:
    app = show(INSPECT, section="looks", run=cnn.id)
    first = pictures(app)[0]
    app.button(key="image-after").click().run()
    test = images(lab, cnn).indices("test")
    assert app.query_params["image"] == str(test[1]) and not np.array_equal(first, pictures(app)[0])
    app.number_input(key="image-number").set_value(4).run()
    assert app.query_params["image"] == str(test[4]) and app.number_input(key="image-number").value == 4
    app.button(key="image-before").click().run()
    assert app.query_params["image"] == str(test[3])


def test_the_strength_changes_the_colour_and_not_the_map(show: Show, lab: Lab, cnn: Run) -> None:
    app = show(INSPECT, section="looks", run=cnn.id)
    assert not np.array_equal(*pictures(app))
    app.slider(key="looks-strength").set_value(0).run()
    np.testing.assert_array_equal(*pictures(app))


def test_random_weights_stand_beside_it_with_the_number_and_what_it_means(show: Show, lab: Lab, cnn: Run) -> None:
    app = show(INSPECT, section="looks", run=cnn.id, random_weights="true", method="integrated-gradients")
    model, settings = predictor.load(cnn, lab.workspace), ATTRIBUTIONS["integrated-gradients"].defaults()
    image = images(lab, cnn).image(int(images(lab, cnn).indices("test")[0]))
    found = explain(model.model, image, model.spec, settings)
    check = sanity_check(model.model, image, model.spec, settings, found)
    assert len(pictures(app)) == 3
    np.testing.assert_array_equal(pictures(app)[2], overlay(found.seen, check.random.values, 0.7))
    assert check.correlation is not None and f"{check.correlation:.2f}" in check.words
    assert any(one.value == check.words for one in app.markdown)


def test_models_stand_side_by_side_on_the_same_image_and_one_without_convolutions_says_so(
    show: Show, lab: Lab, cnn: Run
) -> None:
    other = really_trained(lab, "all dense")
    app = show(INSPECT, section="looks", run=f"{cnn.id},{other.id}")
    assert len(pictures(app)) == 2 and any("no convolution" in one.value for one in app.error)
    app = show(INSPECT, section="looks", run=f"{cnn.id},{other.id}", method="occlusion")
    one, first, two, second = pictures(app)
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first, second) and not app.error


def test_a_setting_of_the_method_changes_the_map(show: Show, lab: Lab, cnn: Run) -> None:
    app = show(INSPECT, section="looks", run=cnn.id, method="occlusion")
    before = pictures(app)[1]
    app.number_input(key="looks-occlusion-window").set_value(0.6).run()
    assert not np.array_equal(before, pictures(app)[1])


def test_the_drawing_of_this_session_can_be_looked_at(show: Show, lab: Lab, cnn: Run) -> None:
    app = show(INSPECT, section="looks", run=cnn.id)
    assert "image_from" not in [one.key for one in app.segmented_control]
    sheet, file = Image.new("RGBA", (280, 280), "white"), io.BytesIO()
    ImageDraw.Draw(sheet).line([(80, 40), (80, 200)], fill="black", width=18)
    sheet.save(file, "PNG")
    app.session_state[kept_drawing.DRAWING_PNG] = file.getvalue()
    app.run()
    app.segmented_control(key="image_from").set_value("drawing").run()
    seen, _ = pictures(app)
    assert not app.exception and seen.shape == (8, 8, 3)
    assert seen[:, 3:5].mean() > 3 * seen[:, :2].mean()  # the stroke was brought to the middle


@pytest.fixture
def uploading(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("streamlit_drawable_canvas")
    module.st_canvas = lambda **_: None  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "streamlit_drawable_canvas", module)


def test_on_predict_nothing_is_computed_before_it_is_opened(
    show: Show, lab: Lab, cnn: Run, uploading: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.insight import explanation

    computed: list[object] = []
    whole = explanation.explain
    monkeypatch.setattr(explanation, "explain", lambda *given, **more: computed.append(1) or whole(*given, **more))
    app = show("pages/5_Predict.py", way="upload")
    file = io.BytesIO()
    Image.fromarray(images(lab, cnn).image(0)[..., 0]).save(file, "PNG")
    app.file_uploader[0].set_value(("one.png", file.getvalue(), "image/png")).run()
    assert not app.exception and not computed
    app.session_state["upload-looked-at"] = True
    app.run()
    assert not app.exception and len(computed) == 1
    assert "What speaks for" in html(app)


def test_words_of_a_map_say_where_it_is() -> None:
    from pages.components.heat_maps import where_in_words

    values = np.zeros((9, 9), np.float32)
    assert where_in_words(values) == "The map is empty."
    values[8, 0], values[4, 4] = -3, 1
    assert one_line(where_in_words(values)) == "It is strongest at the bottom left: 75\N{NO-BREAK SPACE}% of all of it."
