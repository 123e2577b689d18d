"""People come and are counted; how fast they are served is for the benchmark itself to say."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from benchmarks import people, server
from tests.benchmarks.tables import number, tables
from tests.browser.serving import Server, serving
from tests.conftest import LONG

pytestmark = [LONG, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.usefixtures("own_environment")
def test_tables(
    in_process: Callable[..., str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server, "QUIET", 1)
    monkeypatch.setattr(people, "command", in_process)
    monkeypatch.setattr("sys.argv", ["people", "--tiny"])
    with ExitStack() as ends:
        begun: list[Server] = []

        @contextmanager
        def one_server(home: Path, data: Path) -> Iterator[Server]:
            """What is measured on two servers, lest the one's memory be the other's, is done on the same one here."""
            if not begun:
                begun.append(ends.enter_context(serving(home, data)))
            yield begun[0]

        monkeypatch.setattr(people, "serving", one_server)
        people.main()
    waits, whole = tables(capsys.readouterr().out)
    assert [row["page"] for row in waits] == ["Home", "Data", "Train", "Compare", "Predict", "all"]
    for row in waits:
        assert number(row["reruns"]) >= 1
        assert 0 < number(row["median"]) <= number(row["95 of 100 within"]) <= number(row["slowest"])
    wait, errors, memory, growth, slope = (number(row["measured"]) for row in whole)
    assert (0 < wait < 60, errors, 100 < memory < 5000) == (True, 0, True)
    assert abs(growth) < 10 and abs(slope) < 10
