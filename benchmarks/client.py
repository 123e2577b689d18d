"""A browser's tab without the browser: it speaks the websocket protocol of Streamlit 1.67 as the frontend does.

It asks for pages, takes every message, keeps large ones that the server then only names, follows the link where a page
changes it, and reruns fragments at the pace they ask for. It draws nothing and fetches no pictures, so that some
hundred tabs measure the server and not themselves.
"""

import asyncio
import time
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

TOKEN = "PLACEHOLDER_AUTH_TOKEN"  # what the frontend sends where no user has logged in
KEPT = 2  # runs of a page for which a large message is kept that is not used again (`global.maxCachedMessageAge`)
PATIENCE = 60.0  # seconds after which a page counts as missing
HIDDEN = 60.0  # seconds between two ticks of a tab in the background: browsers slow its timers down


class Tab:
    """One open page: `async with Tab(address, "Train", "run=ID") as tab: await tab.rerun()`.

    `page` is its path ("" is Home). Errors are collected, not raised: exceptions on the page, a page that does not
    come, a connection that breaks.
    """

    def __init__(self, address: str, page: str = "", query: str = "", *, hidden: bool = False) -> None:
        self.address, self.page, self.query, self.hidden = address, page, query, hidden
        self.title = ""  # of the page that came
        self.received = 0  # bytes
        self.ticks = 0  # runs of fragments that were answered
        self.errors: list[str] = []
        self.states: list[WidgetState] = []  # of its controls, sent with everything that it asks for
        self._script = ""  # the page's hash, once the server has sent it
        self._runs = 0
        self._kept: dict[str, int] = {}  # hash of a large message → the run that used it last
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._whole = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self.address,
            subprotocols=["streamlit", TOKEN],
            max_size=None,
            ping_interval=None,  # a browser answers pings and sends none
            open_timeout=PATIENCE,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop_timers()
        self._reader.cancel()
        await self._socket.close()

    async def rerun(self) -> float:
        """Run the whole page, as its first opening and the key R do; the seconds until its last message was here."""
        begun = time.perf_counter()
        self._whole.clear()
        try:
            await self._ask()
            await asyncio.wait_for(self._whole.wait(), PATIENCE)
        except TimeoutError:
            self.errors.append(f"{self.page or 'Home'} did not come within {PATIENCE:.0f} s")
        except ConnectionClosed as closed:
            self.errors.append(f"the connection broke: {closed}")
        return time.perf_counter() - begun

    async def _ask(self, fragment: str = "") -> None:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = self.query
        asked.widget_states.SetInParent()
        asked.widget_states.widgets.extend(self.states)
        asked.page_script_hash = self._script
        asked.page_name = "" if self._script else self.page
        asked.fragment_id = fragment
        asked.is_auto_rerun = bool(fragment)
        asked.cached_message_hashes.extend(self._kept)
        asked.context_info.url = f"{self.address}/{self.page}"
        asked.context_info.timezone, asked.context_info.locale = "Etc/UTC", "en-GB"
        asked.context_info.color_scheme = "light"
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                self.received += len(data)
                message = ForwardMsg()
                message.ParseFromString(data)
                self.take(message)
        except ConnectionClosed as closed:
            self.errors.append(f"the connection broke: {closed}")
        self._stop_timers()
        self._whole.set()

    def take(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._kept[message.hash] = self._runs
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._stop_timers()  # the page sets them anew
        elif kind == "navigation":  # what a session begins with names `app.py`, whichever page it shows
            self._script = message.navigation.page_script_hash
        elif kind == "page_config_changed":
            self.title = message.page_config_changed.title or self.title
        elif kind == "ref_hash":
            self._kept[message.ref_hash] = self._runs
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._set_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            self._stop_timers(*message.stop_auto_rerun.fragment_ids)
        elif kind == "script_finished":
            self._finish(message.script_finished)
        else:
            self._look_for_errors(message, kind)

    def _finish(self, how: int) -> None:
        if how == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self.ticks += 1
        elif how != ForwardMsg.FINISHED_EARLY_FOR_RERUN:  # that one goes on by itself
            if how == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("the page does not compile")
            self._runs += 1
            self._kept = {key: run for key, run in self._kept.items() if self._runs - run <= KEPT}
            self._whole.set()

    def _look_for_errors(self, message: ForwardMsg, kind: str | None) -> None:
        if kind == "delta" and message.delta.new_element.HasField("exception"):
            told = message.delta.new_element.exception
            self.errors.append(f"{told.type}: {told.message}")
        elif kind == "page_not_found":
            self.errors.append(f"there is no page {self.page}")
        elif kind == "session_event" and message.session_event.HasField("script_compilation_exception"):
            self.errors.append(message.session_event.script_compilation_exception.message)

    def _set_timer(self, fragment: str, interval: float) -> None:
        known = self._timers.get(fragment)
        if known and known[0] == interval:
            return
        self._stop_timers(fragment)
        pace = max(interval, HIDDEN) if self.hidden else interval
        self._timers[fragment] = (interval, asyncio.create_task(self._tick(fragment, pace)))

    def _stop_timers(self, *fragments: str) -> None:
        for fragment in fragments or list(self._timers):
            if timer := self._timers.pop(fragment, None):
                timer[1].cancel()

    async def _tick(self, fragment: str, pace: float) -> None:
        """As `setInterval` does: at its pace, whether or not the last one is answered."""
        while True:
            await asyncio.sleep(pace)
            await self._ask(fragment)
