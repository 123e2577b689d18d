"""What stands before every request: names that are not ours, pages of others, and clients that read too slowly."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Iterable
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.locale import _
from core.sanitize import one_line
from core.serving.hosts import is_own, name_in
from core.serving.listener import EVERY_INTERFACE
from core.serving.refusal import as_json

logger = logging.getLogger(__name__)
SEND_TIMEOUT_S = 30.0  # seconds in which a client takes a part of an answer
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Guard:
    """Middleware: answers under the names of this server and under bare addresses, which no stranger's page can have as
    its own. A name that was made to lead here, and a page of another site, get no answer."""

    def __init__(self, app: ASGIApp, host: str, others: Iterable[str] = ()) -> None:
        self.app = app
        own = {socket.gethostname().lower()} if host in EVERY_INTERFACE else {host.lower()}
        self.names = {"localhost", *own, *(name.lower() for name in others)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            try:
                await asyncio.wait_for(send(message), SEND_TIMEOUT_S)
            except TimeoutError as error:
                raise ClientDisconnect from error

        with suppress(ClientDisconnect):
            headers = Headers(scope=scope)
            if self.allows(headers.get("host", ""), headers.get("origin")):
                await self.app(scope, receive, timed)
                return
            words = refusal(headers.get("host", ""), self.is_named(headers.get("host", "")))
            logger.warning(words)  # whoever started the server reads the terminal
            await as_json({"error": words}, 403, last=True)(scope, receive, timed)

    def allows(self, host: str, origin: str | None) -> bool:
        return self.is_named(host) and is_own(origin, host)

    def is_named(self, host: str) -> bool:
        """Whether a request's host is a name of this server."""
        name = name_in(host)
        return name in self.names or is_address(name)


def is_address(name: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False


def refusal(host: str, named: bool) -> str:
    """Why a request is refused: for the page it comes from where its host is a name of this server, else for its host,
    and how the person who starts the server allows that."""
    if named:
        return _("This request comes from a page of another site, and such pages get no answer. Ask from a program, or "
                 "from this server's own page.")  # fmt: skip
    return _("This address is not one that this server answers to. To allow it, start it with --allow-host {name}. "
             "Pages of other sites get no answer.", name=one_line(name_in(host), 255) or "NAME")  # fmt: skip
