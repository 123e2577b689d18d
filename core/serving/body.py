"""What a client sends: counted and timed while it comes, and no more of it at a time than there is room for."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from core.inference.photo import MAX_FILE_BYTES, too_large
from core.serving.refusal import Refused

MAX_FILES = 64  # in one request
MAX_BODY_BYTES = 128 << 20  # of a request with several files
ROOM_BYTES = 512 << 20  # that all requests may hold together
PAUSE_S = 10.0  # seconds without a byte
SLOWEST = 50_000  # bytes a second, on average, after the first PAUSE_S
LINGER_S = 5.0  # seconds in which the rest of what is refused is read, so that the client reads the answer
NAME = "image"  # of a file that comes without one


class Body:
    """The body of one request; `receive` is what Starlette reads it with."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.of_files = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
        self.most = MAX_BODY_BYTES if self.of_files else MAX_FILE_BYTES
        self.received, self.ended, self.late, self._begun = 0, False, False, time.monotonic()

    @property
    def claimed(self) -> int:
        """Bytes that it has by its own words, or may have. `Refused` where these are too many."""
        claimed = int(self.request.headers.get("content-length", self.most))
        if claimed > self.most:
            raise self._too_large()
        return claimed

    async def receive(self) -> Message:
        """The next message of ASGI. `Refused` where more comes than may, or too slowly."""
        if not self.received:
            self._begun = time.monotonic()  # it may have waited for room
        left = PAUSE_S + self.received / SLOWEST - (time.monotonic() - self._begun)
        try:
            message = await asyncio.wait_for(self.request.receive(), min(left, PAUSE_S))
        except TimeoutError as error:
            self.late = True
            raise Refused("The request came too slowly. Send it again over a faster connection, or smaller images.",
                          408) from error  # fmt: skip
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self.received += len(message.get("body", b""))
        self.ended = not message.get("more_body", False)
        if self.received > self.most:
            raise self._too_large()
        return message

    async def drain(self) -> None:
        """Read what is left and forget it: a client that still sends when the connection is closed loses the answer."""
        if self.late or "expect" in self.request.headers:  # which waits before it sends
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while not self.ended:
                    message = await self.request.receive()
                    self.ended = not message.get("more_body", False)

    def _too_large(self) -> Refused:
        if not self.of_files:
            words = too_large(NAME)
            return Refused(words.text, 413, **words.values)
        return Refused("The request is larger than {most} MB. Send fewer images at a time.", 413, most=self.most >> 20)


class Room:
    """Bytes that may be held together; whoever wants some waits until there are."""

    def __init__(self, size: int = ROOM_BYTES) -> None:
        self._free, self._change = size, asyncio.Condition()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        async with self._change:
            await self._change.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            async with self._change:
                self._change.notify_all()
