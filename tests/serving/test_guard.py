"""Which names and pages are answered."""

import pytest

from core.serving.guard import Guard
from core.serving.hosts import is_own, name_in


@pytest.mark.parametrize("host,origin,answered", [
    ("localhost:8000", None, True),
    ("LOCALHOST:8000", None, True),
    ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
    ("[::1]:8000", None, True),
    ("models.example", "https://models.example", True),
    ("localhost:8000", "http://localhost:9000", False),
    ("localhost:8000", "null", False),
    ("evil.example:8000", "http://evil.example:8000", False),  # a name that was made to lead here
    ("localhost.evil.example", None, False),
    ("localhost@evil:1", None, False),
    ("", None, False),
    ("[", None, False),
    ("localhost", "http://[", False),
])  # fmt: skip
def test_who_is_answered(host: str, origin: str | None, answered: bool) -> None:
    async def app(*_: object) -> None: ...

    assert Guard(app, "localhost", ["models.example"]).allows(host, origin) == answered


def test_a_name_and_a_page_of_ones_own() -> None:
    assert name_in("lab.example.:80") == "lab.example" and name_in("a@b") == "" and name_in("℀.example") == ""
    assert is_own("http://a:1", "b", ["http://a:1"]) and not is_own("http://a:1", "b")
