"""The scripts and styles of Streamlit, as the server answers them; the rest of a running server is tests/browser."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from pages.components.assets_middleware import AssetsMiddleware, assets


async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "passed on"})


def answer(path: str, method: str = "GET", kind: str = "http", *headers: tuple[bytes, bytes]) -> list[Message]:
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    asyncio.run(
        AssetsMiddleware(streamlit)({"type": kind, "method": method, "path": path, "headers": headers}, None, send)
    )
    return told


def test_every_file_is_answered_with_its_content_and_kind_and_kept_for_good() -> None:
    for ending, kind in (("js", "text/javascript"), ("css", "text/css"), ("woff2", "font/woff2")):
        path, file = next((path, file) for path, file in assets().items() if file.suffix == f".{ending}")
        start, body = answer(path)
        headers = dict(start["headers"])
        assert start["status"] == 200 and body["body"] == file.read_bytes()
        assert headers[b"content-type"].decode().startswith(kind) and b"immutable" in headers[b"cache-control"]


def test_what_is_none_of_these_files_is_left_to_streamlit() -> None:
    passed_on = [{"type": "passed on"}]
    path = next(iter(assets()))
    for asked in ("/", "/Train", "/static/none.js", "/static/../../secrets.toml", "/static/%2e%2e/index.html"):
        assert answer(asked) == passed_on
    assert answer(path, method="POST") == passed_on and answer(path, kind="websocket") == passed_on
    assert answer(path, "GET", "http", (b"range", b"bytes=0-9")) == passed_on
