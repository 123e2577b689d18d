"""The middleware before the pages; what it lets in and out is tried on a running server in tests/browser."""

import asyncio

from starlette.requests import ClientDisconnect

from pages.components.security_middleware import HostOriginMiddleware


def test_a_tab_that_closes_in_the_middle_of_an_upload_is_no_error() -> None:
    async def interrupted(scope: dict, receive: object, send: object) -> None:
        raise ClientDisconnect

    scope = {"type": "http", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(HostOriginMiddleware(interrupted)(scope, None, None))
