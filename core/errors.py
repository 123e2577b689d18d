"""Errors that a person reads: what happened, why, and what to do next, in one or two plain sentences."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from core.locale import N_, _, translate
from core.locale.messages import SettingName, plain_values, read_values, sentence
from core.sanitize import one_line


class Problem(Exception):
    """Something went wrong that a person can act on. `str(problem)` is the sentence shown; never a traceback.

    It is kept as a text and the values in it (see `core.locale.messages`), and a `code` where something follows from
    what happened, such as a button beside the sentence: no code parses a sentence.
    """

    status = 1  # exit status of the command line

    def __init__(self, text: str, code: str = "", **values: Any) -> None:
        super().__init__(text)
        self.text, self.code, self.values = text, code, values

    def __str__(self) -> str:
        return sentence(self.text, self.values)

    def words(self, title: Callable[[str], str]) -> str:
        """The sentence with each setting called by its title."""
        return sentence(self.text, self.values, title)

    @property
    def settings(self) -> list[str]:
        """The dotted names of the settings that it is about, the one to blame first."""
        return [str(value) for value in self.values.values() if isinstance(value, SettingName)]

    def to_dict(self) -> dict[str, Any]:
        """What the store keeps of it."""
        return {"code": self.code, "text": self.text, "values": plain_values(self.values)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Problem":
        """What `to_dict` made, read back."""
        return cls(str(kept["text"]), str(kept.get("code", "")), **read_values(kept.get("values", {})))


class Unwritable(Problem):
    """A disk or a database accepts no writes for now; what was there before is intact. Work can go on from there once
    writing works again."""


class BadInput(Problem):
    """A request cannot be met: an unknown name, an impossible value, a file that is not what it should be."""

    status = 2


# The most common messages of systems, for catalogues; any other message is shown untranslated.
SYSTEM_REASONS = (
    N_("no such file or directory"),
    N_("permission denied"),
    N_("operation not permitted"),
    N_("is a directory"),
    N_("not a directory"),
    N_("file exists"),
    N_("file name too long"),
    N_("no space left on device"),
    N_("disk quota exceeded"),
    N_("read-only file system"),
    N_("input/output error"),
    N_("device or resource busy"),
    N_("cannot allocate memory"),
    N_("too many open files"),
)


def reason(error: BaseException) -> str:
    """Why something failed, in the system's or the library's words alone: `no such file or directory`. No number, no
    name of a class, no second line: these do not help a reader of the sentence."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    words = (words.strip().splitlines() or [_("it gave no reason")])[0].rstrip(".")
    return translate(words[:1].lower() + words[1:] if words[1:2].islower() else words)


def unknown(kind: str, name: object, have: "list[str] | tuple[str, ...]") -> BadInput:
    """The error for a name that is not in a registry; it names the choices, and the one that was probably meant."""
    values = {"kind": translate(kind), "name": one_line(str(name), 80), "names": ", ".join(have)}
    if meant := similar(name, have):
        return BadInput("unknown {kind} {name!r}; have: {names}. Did you mean {meant}?", meant=meant, **values)
    return BadInput("unknown {kind} {name!r}; have: {names}", **values)


def wrong_ending(file: str, ending: str, have: Iterable[str]) -> BadInput:
    """The error for a file whose name ends in something else, or in nothing (""); it names the endings there are."""
    return BadInput(
        "{file:name} ends in {ending}; allowed: {have}", file=file, ending=ending or "nothing", have=", ".join(have)
    )


def similar(name: object, have: Iterable[str]) -> str:
    """The known name that is most like a mistyped one, by difflib's ratio of 0.6 or more; "" if none is."""
    return next(iter(get_close_matches(str(name), list(have), 1)), "")
