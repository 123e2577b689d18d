"""The middleware before the pages; what it lets in and out is tried on a running server in tests/browser."""

import asyncio

from starlette.requests import ClientDisconnect

from pages.components.security_middleware import HostOriginMiddleware, refusal


def test_a_tab_that_closes_in_the_middle_of_an_upload_is_no_error() -> None:
    async def interrupted(scope: dict, receive: object, send: object) -> None:
        raise ClientDisconnect

    scope = {"type": "http", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(HostOriginMiddleware(interrupted)(scope, None, None))


def test_a_refusal_says_how_the_address_is_allowed() -> None:
    words = refusal("lab.example:8501")
    assert 'STREAMLIT_SERVER_ALLOWED_HOSTS="localhost 127.0.0.1 [::1] ::1 lab.example"' in words
    for odd in ("", "[", "a@b", "℀.example", "x" * 5000, "\x1b[31m"):
        assert len(refusal(odd)) < 800 and "\x1b" not in refusal(odd)
