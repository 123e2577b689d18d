"""The server itself: uvicorn on sockets that are bound already, until it is told to end."""

import logging
import socket

import uvicorn
from starlette.types import ASGIApp

from core.serving.protocol import TimedProtocol

KEEP_ALIVE_S = 5  # seconds that a connection stays open after an answer
END_S = 5  # seconds that requests have left when it is told to end
MAX_CONNECTIONS = 500  # at a time; below the 1,024 files that a process may usually have open


def serve(app: ASGIApp, sockets: list[socket.socket]) -> None:
    """Answer until a signal ends it, which then does what it does to any command."""
    # What is wrong with a form is told to who sent it, in words.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app, http=TimedProtocol, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=END_S,
        limit_concurrency=MAX_CONNECTIONS,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets)
