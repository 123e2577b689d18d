"""`serve`: a run that answers pictures over HTTP."""

import sys
from argparse import Namespace

from core.cli.arguments import Command, run_argument, which_argument, whole_number
from core.cli.output import brief, emit, line
from core.errors import BadInput
from core.locale import _
from core.runs.lab import Lab

PORT, MAX_PORT = 8000, 65535


def add_to(command: Command) -> None:
    sub = command("serve", _("Let a run answer images over HTTP, for other programs."), serve)
    run_argument(sub)
    sub.add_argument(
        "--port", metavar="N", type=whole_number("--port"), default=PORT,
        help=_("where it listens (default: {port:d}); 0 is one that is free", port=PORT),
    )  # fmt: skip
    sub.add_argument(
        "--host", metavar=_("NAME"), default="localhost",
        help=_("the address it listens on (default: localhost, this computer alone); 0.0.0.0 is every one"),
    )  # fmt: skip
    sub.add_argument(
        "--allow-host", metavar=_("NAME"), action="append", default=[],
        help=_("answer under this name, too, as of a proxy before it; may be given again"),
    )  # fmt: skip
    which_argument(sub)


def serve(options: Namespace) -> None:
    """Answer until a signal ends it."""
    from core.serving.listener import EVERY_INTERFACE, address_of, listening

    lab = Lab.open()
    run = lab.find(options.run)
    if not 0 <= options.port <= MAX_PORT:
        raise BadInput("{option} is {value}; allowed: 0 to {most}", option="--port", value=options.port, most=MAX_PORT)
    sockets = listening(options.host, options.port)
    from core.serving.app import app_of
    from core.serving.description import curl
    from core.serving.server import serve as answer
    from core.serving.service import Service

    service = Service(run, lab.workspace, options.checkpoint)
    if lacking := service.get_ready():
        line(_("Drawings are not answered. {problem}", problem=lacking), sys.stderr)
    app = app_of(service, options.host, options.allow_host)
    address = address_of(options.host, sockets[0].getsockname()[1])
    if options.json:
        emit({**brief(run), "address": address, "ask": curl(address), "documentation": f"{address}/docs"})
    else:
        line(_("{name:name} answers at {address} until Ctrl-C. Ask it:", name=run.name, address=address))
        line(f"  {curl(address)}")
    if options.host in EVERY_INTERFACE:
        line(_("Everyone who reaches this computer can ask it: there are no accounts."), sys.stderr)
    answer(app, sockets)
