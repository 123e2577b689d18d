"""Who may talk to the server: pages of its own, under the names in `server.allowedHosts`.

Streamlit keeps these rules for its websocket alone, and asks a service in the network for this computer's outer address
before it turns a foreign page away. Here every request is looked at first.
"""

from contextlib import suppress
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.locale import _

MAX_PART_BYTES = 255  # bytes between two slashes; no file has a longer name


class HostOriginMiddleware:
    """Middleware: refuses foreign hosts (a strange name that was made to lead here) and foreign origins, and forbids
    foreign pages to show these within theirs, where a click would not mean what it seems to."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                allowed = " ".join(["frame-ancestors 'self'", *st.get_option("server.corsAllowedOrigins")])
                MutableHeaders(scope=message).append("Content-Security-Policy", allowed)
            await send(message)

        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            if not is_allowed(headers.get("host", ""), headers.get("origin")):
                refusal = PlainTextResponse(_("This address is not one that Epochlab answers to.") + "\n", 403)
                await refusal(scope, receive, send)
                return
            if any(len(part.encode(errors="replace")) > MAX_PART_BYTES for part in scope["path"].split("/")):
                await PlainTextResponse(_("There is no such page.") + "\n", 404)(scope, receive, send)
                return
        with suppress(ClientDisconnect):  # a tab was closed in the middle of an upload
            await self.app(scope, receive, framed)


def is_allowed(host: str, origin: str | None) -> bool:
    """Whether a request for `host`, made by a page of `origin` (None: by no page), is answered."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        own = origin is None or urlsplit(origin).netloc == host or origin in st.get_option("server.corsAllowedOrigins")
    except ValueError:
        return False
    return own and "@" not in host and name in {one.strip("[]") for one in st.get_option("server.allowedHosts")}
