"""Which requests the server answers: those of its own pages, under the names in `server.allowedHosts`.

Streamlit keeps these rules for its websocket alone, and asks a service in the network for this computer's outer address
before it rejects a foreign page. Here every request is checked first.
"""

import logging
from contextlib import suppress

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.net_util import get_internal_ip

from core.locale import _
from core.sanitize import one_line
from core.serving.hosts import is_own, name_in

logger = logging.getLogger(__name__)
SETTING = "STREAMLIT_SERVER_ALLOWED_HOSTS"  # the variable that names all hosts which are answered
EVERY_INTERFACE = ("0.0.0.0", "::")
MAX_PART_BYTES = 255  # bytes between two slashes; no file has a longer name


class HostOriginMiddleware:
    """Middleware: refuses foreign hosts (another name that was made to lead here) and foreign origins, and forbids
    foreign pages to show these within theirs, where a click would not mean what it seems to."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        if words := closed_to_others():
            logger.warning(words)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                allowed = " ".join(["frame-ancestors 'self'", *st.get_option("server.corsAllowedOrigins")])
                MutableHeaders(scope=message).append("Content-Security-Policy", allowed)
            await send(message)

        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            if not is_allowed(headers.get("host", ""), headers.get("origin")):
                words = refusal(headers.get("host", ""))
                logger.warning(words)  # whoever started the server reads the terminal
                await PlainTextResponse(words + "\n", 403)(scope, receive, send)
                return
            if any(len(part.encode(errors="replace")) > MAX_PART_BYTES for part in scope["path"].split("/")):
                await PlainTextResponse(_("There is no such page.") + "\n", 404)(scope, receive, send)
                return
        with suppress(ClientDisconnect):  # a tab was closed in the middle of an upload
            await self.app(scope, receive, framed)


def refusal(host: str) -> str:
    """Why a request is refused, and how its address is allowed by the person who starts the server."""
    name = one_line(name_in(host), 255)
    return _(
        "This address is not one that Epochlab answers to. To allow it, start Epochlab with {setting}={hosts} in its "
        "environment, or add the name to allowedHosts in .streamlit/config.toml. Pages of other sites get no answer.",
        setting=SETTING,
        hosts=hosts_with(name or "NAME"),
    )


def closed_to_others() -> str:
    """What whoever starts the server is told where it listens on every interface, and the address that Streamlit prints
    for other computers is refused; "" elsewhere."""
    if st.get_option("server.address") not in (*EVERY_INTERFACE, None):
        return ""
    address = get_internal_ip()
    if address is None or is_allowed(address, None):
        return ""
    return _(
        "Other computers get no answer under the network address yet. To allow it, start Epochlab with "
        "{setting}={hosts} in its environment. There are no accounts: everyone who reaches it can see and delete every "
        "run.",
        setting=SETTING,
        hosts=hosts_with(address),
    )


def hosts_with(name: str) -> str:
    """The value of SETTING that also allows `name`, as a shell takes it."""
    return f'"{" ".join([*st.get_option("server.allowedHosts"), name])}"'


def is_allowed(host: str, origin: str | None) -> bool:
    """Whether a request for `host`, made by a page of `origin` (None: by no page), is answered."""
    names = {one.strip("[]") for one in st.get_option("server.allowedHosts")}
    return name_in(host) in names and is_own(origin, host, st.get_option("server.corsAllowedOrigins"))
