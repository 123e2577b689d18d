"""What it has learned: filters, layers, histograms and favourite images of the chosen run."""

import base64
import io
import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from core.inference import predictor
from core.inference.drawing_style import drawing_style_of
from core.insight.walk import as_pictures, excited, walk
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import kept_drawing
from tests.pages.makers import really_trained

Show = Callable[..., AppTest]
INSPECT = "pages/4_Inspect.py"


def html(app: AppTest) -> str:
    return "".join(one.proto.body for one in app.get("html"))


def pictures(app: AppTest, alt: str) -> list[np.ndarray]:
    """The pictures whose alternative text begins so, (H, W) uint8."""
    found = re.findall(rf'alt="{alt}[^"]*" src="data:image/png;base64,([^"]+)"', html(app))
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("L")) for one in found]


@pytest.fixture
def cnn(lab: Lab) -> Run:
    return really_trained(lab, "a net", model__name="cnn", model__channels=[6], model__batch_norm=False)


@pytest.fixture
def prepared(lab: Lab) -> Prepared:
    return Prepared(lab.workspace.cache / "digits")


def test_filters_and_maps_are_those_of_the_trained_network(show: Show, lab: Lab, cnn: Run, prepared: Prepared) -> None:
    index = int(prepared.indices("test")[2])
    app = show(INSPECT, section="layers", run=cnn.id, image=str(index), layer="1")
    model = predictor.load(cnn, lab.workspace)
    first, second, *_ = walk(model.model, prepared.image(index), model.spec)
    assert first.weights is not None
    for shown, own in zip(pictures(app, "Filter "), as_pictures(first.weights, together=True), strict=True):
        np.testing.assert_array_equal(shown, own[..., 0])
    for shown, own in zip(pictures(app, "Feature map "), as_pictures(second.values[:, None]), strict=True):
        np.testing.assert_array_equal(shown, own[..., 0])
    assert any(one.value.startswith("2 of 7: **1** (ReLU), from 6 × 8 × 8 to 6 × 8 × 8") for one in app.markdown)


def test_the_layers_are_walked_through_with_a_drawing(show: Show, lab: Lab, cnn: Run, prepared: Prepared) -> None:
    sheet, file = Image.new("RGBA", (280, 280), "white"), io.BytesIO()
    ImageDraw.Draw(sheet).line([(80, 40), (80, 200)], fill="black", width=18)
    sheet.save(file, "PNG")
    app = show(INSPECT, section="layers", run=cnn.id)
    of_the_split = pictures(app, "Feature map ")
    app.session_state[kept_drawing.DRAWING_PNG] = file.getvalue()
    app.run()
    app.segmented_control(key="image_from").set_value("drawing").run()
    model = predictor.load(cnn, lab.workspace)
    image, _ = predictor.from_drawing(np.asarray(sheet), drawing_style_of(prepared), one_sign=True)
    first, *_ = walk(model.model, image, model.spec)
    drawn = pictures(app, "Feature map ")
    assert not app.exception and not np.array_equal(drawn[0], of_the_split[0])
    for shown, own in zip(drawn, as_pictures(first.values[:, None]), strict=True):
        np.testing.assert_array_equal(shown, own[..., 0])


def test_one_walks_by_buttons_and_by_the_slider_and_the_link_keeps_the_place(show: Show, lab: Lab, cnn: Run) -> None:
    app = show(INSPECT, section="layers", run=cnn.id)
    assert any("(8 + 2·1 − 3)/1 + 1 = 8" in one.value for one in app.caption)
    assert app.button(key="layer-before").disabled
    app.button(key="layer-after").click().run()
    assert app.query_params["layer"] == "1" and app.slider(key="layer-step").value == 2
    app.slider(key="layer-step").set_value(7).run()
    assert app.query_params["layer"] == "6" and app.button(key="layer-after").disabled
    assert "10 numbers, row by row" in html(app)
    app.button(key="layer-before").click().run()
    assert app.query_params["layer"] == "5" and not app.exception


def test_the_untrained_network_stands_beside_it(show: Show, lab: Lab, cnn: Run) -> None:
    app = show(INSPECT, section="layers", run=cnn.id)
    alone = pictures(app, "Filter ")
    app.toggle(key="untrained").set_value(True).run()
    both = pictures(app, "Filter ")
    assert len(both) == 2 * len(alone) == 12
    assert all(np.array_equal(one, other) for one, other in zip(alone, both, strict=False))
    assert not all(np.array_equal(one, other) for one, other in zip(alone, both[6:], strict=True))
    charts = [json.loads(one.proto.json) for one in app.get("bidi_component") if "figure" in one.proto.json]
    named = [[line["name"] for line in chart["figure"]["data"]] for chart in charts if chart.get("figure")]
    assert named == [["Trained", "Untrained"]] * 2


def test_the_images_that_excite_a_unit_most_are_searched_when_asked_for(
    show: Show, lab: Lab, cnn: Run, prepared: Prepared
) -> None:
    app = show(INSPECT, section="layers", run=cnn.id, layer="3")
    assert not any("strongest of" in one.value for one in app.caption)
    app.session_state["excited"] = True
    app.run()
    app.number_input(key="unit-3").set_value(4).run()
    assert not app.exception
    model, indices = predictor.load(cnn, lab.workspace), prepared.indices("test")
    found = excited(model.model, "3", prepared, indices, model.spec)
    shown = pictures(app, "Test, image ")
    for picture, (index, _value) in zip(shown, found.most(4, 12), strict=True):
        np.testing.assert_array_equal(picture, prepared.image(index)[..., 0])
    assert any(f"The strongest of {len(indices)} images, of {len(indices)} in" in one.value for one in app.caption)


def test_a_network_without_convolutions_is_walked_through_too(show: Show, lab: Lab) -> None:
    run = really_trained(lab, "all dense")
    app = show(INSPECT, section="layers", run=run.id)
    assert not app.exception and not app.error and "64 numbers, row by row" in html(app)
    assert not pictures(app, "Filter ")
