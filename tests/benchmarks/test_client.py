"""The tab without a browser: it gets pages, and notices what is wrong with one."""

import asyncio
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.client import Tab
from tests.browser.serving import serving


@pytest.mark.slow
def test_pages_of_a_server(tmp_path: Path) -> None:
    async def visit(address: str) -> tuple[Tab, Tab]:
        async with Tab(address, "Train", "view=new") as tab, Tab(address, "Nowhere") as lost:
            assert await tab.rerun() > 0
            first = tab.received
            await tab.rerun()
            assert tab.title.startswith("Train"), "another page came than the one that was open"
            assert 0 < tab.received - first < first  # what it keeps is not sent again
            await lost.rerun()
        return tab, lost

    with serving(tmp_path / "home", spare=False) as server:
        tab, lost = asyncio.run(visit(server.address))
    assert tab.errors == []
    assert lost.errors == ["there is no page Nowhere"]


def test_exceptions_on_a_page_are_errors() -> None:
    message = ForwardMsg()
    message.delta.new_element.exception.type = "ValueError"
    message.delta.new_element.exception.message = "no such thing"
    tab = Tab("http://localhost")
    tab.take(message)
    assert tab.errors == ["ValueError: no such thing"]
