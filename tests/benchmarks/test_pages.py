"""The measurement of the pages, once and as small as can be. No speed is asserted: only that every row is there."""

import re

import pytest

from benchmarks import pages
from benchmarks.screen.live import Ticks
from benchmarks.screen.stage import TINY
from benchmarks.side_by_side import table
from tests.browser.conftest import require_chromium
from tests.conftest import LONG

ROWS = {
    "first": 4,  # the time, that of a bare app, the memory, and whether torch is there
    "start": 1,
    "sidebar": 1,
    "slider": 1,
    "live": 6,  # blank frames, zoom and bytes, of a young and of an old run
    "compare": 2,
    "stroke": 2,
    "data": 1,
    "inspect": 3,
}


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("names", [["slider"], pytest.param(list(ROWS), marks=LONG)], ids=len)
def test_every_row_comes_out(names: list[str], capsys: pytest.CaptureFixture) -> None:
    require_chromium()
    assert list(ROWS) == list(pages.MEASURES)
    rows = pages.measure(TINY, names)
    assert len(rows) == sum(ROWS[name] for name in names)
    assert len({what for what, _, _ in rows}) == len(rows)
    for what, measured, asked in rows:
        assert asked in ("", "0", "yes", "no") or asked.startswith("≤ ")
        if not asked or asked.startswith("≤ "):
            numbers = re.findall(r"([\d.]+) (ms|s|MB|kB)\b", measured)
            assert numbers and all(0 < float(number) < 100_000 for number, _ in numbers), (what, measured)
        elif asked == "0":
            assert measured.isdigit(), (what, measured)
        else:
            assert measured in ("yes", "no"), (what, measured)
    assert table(("what", "measured", "asked"), rows).count("\n") == len(rows) + 1
    assert "before the server heard" in capsys.readouterr().err


def test_a_tick_is_what_comes_until_the_script_has_run() -> None:
    pytest.importorskip("playwright")
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    class Page:
        def on(self, *_: object) -> None: ...

    class Tab:
        page = Page()

    part = ForwardMsg(delta=ForwardMsg().delta).SerializeToString()
    end = ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString()
    ticks = Ticks(Tab())
    for frame in (part, end, part, part, end, part):
        ticks.take(frame)
    assert ticks.sizes == [2 * len(part) + len(end)]  # the first and the last were not seen whole
    ticks.begin()
    for frame in (end, part, end):
        ticks.take(frame)
    assert ticks.sizes == [len(part) + len(end)]
