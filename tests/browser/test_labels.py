"""Every class of a chart is drawn by plotly.js, whatever it is called."""

import json
from collections.abc import Callable
from pathlib import Path

import plotly
import pytest

from core.charts.bars import class_count_bars, probability_bars
from core.charts.confusion import confusion_matrix
from core.charts.style import RESERVED_NAMES
from core.sanitize import JOIN

pytestmark = pytest.mark.browser

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
CLASSES = [
    *sorted(RESERVED_NAMES),
    "ants",
    "\u200b",
    "prototype",
    "1",
    "01",
    "<b>b</b>",
    "null",
    "undefined",
    "NaN",
]
SHOWN = [*sorted(RESERVED_NAMES), "ants", "(no name)", *CLASSES[-7:]]
COUNT = len(CLASSES)
CHARTS = {
    "counts": class_count_bars(CLASSES, {"train": [1] * COUNT}).to_plotly_json(),
    "answer": probability_bars(CLASSES, [1 / COUNT] * COUNT),
    "confusion": json.loads(confusion_matrix([[1] * COUNT] * COUNT, CLASSES, shares=True).to_json()),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_class_has_its_place_on_the_axis(browse: Callable, name: str) -> None:
    page = browse()
    page.add_script_tag(path=PLOTLY)
    axis = "yaxis" if name == "answer" else "xaxis"
    categories = page.evaluate(
        """async ([chart, axis]) => {
          const node = document.body.appendChild(document.createElement('div'));
          await Plotly.newPlot(node, chart.data, {...chart.layout, width: 3000});
          return node._fullLayout[axis]._categories;
        }""",
        [CHARTS[name], axis],
    )
    assert [label.replace(JOIN, "").replace("&lt;", "<").replace("&gt;", ">") for label in categories] == SHOWN
    ticks = page.locator(f".{axis[0]}tick text").all_text_contents()
    assert {tick.replace(JOIN, "") for tick in ticks} >= RESERVED_NAMES
