"""What is answered with a sentence instead: a status of HTTP and the sentence in JSON."""

import json
import logging
from typing import Any

from starlette.responses import Response

from core.errors import BadInput, Problem, reason
from core.locale import _
from core.settings.environment import Environment

logger = logging.getLogger(__name__)


class Refused(BadInput):
    """A request that is not answered, with the status that says so."""

    def __init__(self, text: str, http_status: int, **values: Any) -> None:
        super().__init__(text, **values)
        self.http_status = http_status


def status_of(problem: Problem, otherwise: int) -> int:
    return problem.http_status if isinstance(problem, Refused) else otherwise


def unexpected(error: Exception) -> str:
    """The words for an error that nobody thought of; a programmer's are logged where they are asked for."""
    logger.error("%s: %s", type(error).__name__, error, exc_info=Environment.read().debug)
    return _("An unexpected error occurred: {reason}. Set EPOCHLAB_DEBUG=1 and try again to see where.",
             reason=reason(error))  # fmt: skip


def as_json(values: object, status: int = 200, *, last: bool = False) -> Response:
    """A response in JSON; after the `last` one the connection is closed."""
    text = json.dumps(values, ensure_ascii=False) + "\n"
    content = text.encode(errors="backslashreplace")  # names that are not valid text, as JSON writes them
    return Response(content, status, {"Connection": "close"} if last else None, "application/json")
