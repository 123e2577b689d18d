"""What generators give beside what they yield."""

from collections.abc import Generator
from typing import Any


def last(generator: Generator[Any, Any, Any]) -> Any:
    """What a generator returns at its end."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value
