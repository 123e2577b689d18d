"""Which names a server is asked under, and by whose pages."""

from collections.abc import Container
from urllib.parse import urlsplit


def name_in(host: str) -> str:
    """The name in a Host header, without its port; "" where there is none to be trusted."""
    try:
        return "" if "@" in host else (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_own(origin: str | None, host: str, others: Container[str] = ()) -> bool:
    """Whether a request for `host` comes from one of its own pages, from one of `others`, or (None) from no page."""
    try:
        return origin is None or urlsplit(origin).netloc == host or origin in others
    except ValueError:
        return False
