"""What a client sends is counted and timed, and there is room for so much at a time."""

import asyncio

import pytest
from starlette.requests import Request

from core.serving import body
from core.serving.body import Body, Room
from core.serving.refusal import Refused


def test_a_client_that_only_trickles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and all of them would take hours."""
    monkeypatch.setattr(body, "PAUSE_S", 0.2)

    async def read() -> int:
        async def trickle() -> dict:
            await asyncio.sleep(0.02)
            return {"type": "http.request", "body": b"a", "more_body": True}

        sent = Body(Request({"type": "http", "method": "POST", "headers": []}, trickle))
        with pytest.raises(Refused) as told:
            while True:
                await sent.receive()
        assert told.value.http_status == 408
        return sent.received

    assert 2 <= asyncio.run(read()) < 12


def test_there_is_room_for_so_much_at_a_time() -> None:
    async def held() -> list[int]:
        room, now, most = Room(10), 0, []

        async def hold(size: int) -> None:
            nonlocal now
            async with room.of(size):
                now += size
                most.append(now)
                await asyncio.sleep(0.01)
                now -= size

        await asyncio.gather(*(hold(size) for size in (4, 4, 4, 10, 1, 1)))
        return most

    most = asyncio.run(held())
    assert len(most) == 6 and max(most) <= 10 and most[1] == 8
