"""The sockets that a server listens on, bound before anything slow is done."""

import errno
import socket
from contextlib import ExitStack

from core.errors import BadInput, reason

EVERY_INTERFACE = ("0.0.0.0", "::", "")


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address of `host`, all on one port; 0 is one that is free. `BadInput` where they cannot be."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise BadInput("{host:name} is no address of this computer ({reason}). Leave out --host, or give one.",
                       host=host, reason=reason(error)) from error  # fmt: skip
    sockets: list[socket.socket] = []
    with ExitStack() as opened:
        refused: OSError | None = None
        for family, _kind, _protocol, _name, address in dict.fromkeys(found):
            try:
                one = socket.create_server((address[0], port), family=socket.AddressFamily(family))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise BadInput("Port {port} is taken by another program. Choose another with --port.",
                                   port=port) from error  # fmt: skip
                refused = error  # a computer may have a name for IPv6, and no IPv6
                continue
            # What is accepted there inherits it. asyncio does not set it itself, for sockets that it has not made.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sockets.append(opened.enter_context(one))
            port = one.getsockname()[1]
        if refused and not sockets:
            raise BadInput("Port {port} of {host:name} cannot be listened on ({reason}). Choose another with --port "
                           "or --host.", port=port, host=host, reason=reason(refused)) from refused  # fmt: skip
        opened.pop_all()
    return sockets


def address_of(host: str, port: int) -> str:
    """The address to type on this computer."""
    name = "localhost" if host in EVERY_INTERFACE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
