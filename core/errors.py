"""Errors that a person reads: what happened, why, and what to do next, in one or two plain sentences."""

from core.text import one_line


class Problem(Exception):
    """Something went wrong that a person can act on. `str(problem)` is the sentence shown; never a traceback."""

    status = 1  # exit status of the command line


class Unwritable(Problem):
    """A disk or a database takes nothing more for now; what was there before is whole. Work can go on from there once
    there is room."""


class BadInput(Problem):
    """What was asked for cannot be: an unknown name, an impossible value, a file that is not what it should be."""

    status = 2


def reason(error: BaseException) -> str:
    """Why something failed, in the system's or the library's words alone: `no such file or directory`. No number, no
    name of a class, no second line; these help nobody who reads a sentence."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    words = (words.strip().splitlines() or ["it gave no reason"])[0].rstrip(".")
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def unknown(kind: str, name: object, have: "list[str] | tuple[str, ...]") -> BadInput:
    """The error for a name that is not in a registry; it names the choices."""
    return BadInput(f"unknown {kind} {one_line(str(name), 80)!r}; have: {', '.join(have)}")
