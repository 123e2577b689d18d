"""Registries: the entries of one kind by name, found in a package's modules and in other people's packages.

A module of `core.training.optimizers`, say, exports `SPECS`, a tuple of entries. Another package does the same, and
names such a module in the entry point group `epochlab`. Both are used in the same way.
"""

import re
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any, Generic, Protocol, TypeVar

from core.errors import BadInput, reason, unknown
from core.sanitize import one_line

GROUP = "epochlab"  # of the entry points of other packages


class Named(Protocol):
    """What every entry has: the name that settings, links and the command line call it by."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


@dataclass(frozen=True)
class Plugin:
    """A module of another package: its entries of all kinds, or why there are none."""

    name: str  # of its entry point
    specs: tuple[Any, ...] = ()
    problem: BadInput | None = None  # why it cannot be used


@cache
def plugins() -> tuple[Plugin, ...]:
    """What other installed packages bring along. Never raises: a broken one carries its problem."""
    return tuple(_opened(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name))


def problems() -> list[str]:
    """A sentence about each package, and each of their entries, that cannot be used."""
    broken = [plugin.problem for plugin in plugins() if plugin.problem]
    left_out = [problem for one in _registries for problem in one.left_out]
    return [str(problem) for problem in (*broken, *left_out)]


_registries: "list[Registry[Any]]" = []  # all there are


def _opened(point: Any) -> Plugin:
    name = one_line(point.name, 80)
    try:
        with redirect_stdout(sys.stderr):  # what a command prints is read by programs
            specs = point.load().SPECS
        if not isinstance(specs, tuple | list) or not all(hasattr(one, "name") for one in specs):
            raise TypeError("its SPECS are no tuple of entries")
        specs = tuple(specs)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # code of another package: it may raise anything, an exit too
        return Plugin(
            name,
            problem=BadInput(
                "The extension {name:name} cannot be used ({reason}). Install it again, or remove it.",
                name=name,
                reason=reason(error),
            ),
        )
    return Plugin(name, specs)


@dataclass(frozen=True, eq=False)
class Registry(Generic[Entry]):
    """The entries of one kind. `kind` is the word for one of them in messages; `spec` is their class."""

    kind: str
    package: str  # dotted name of the package whose modules export SPECS
    spec: type[Entry]
    key: Callable[[Entry], Any] = field(default=lambda entry: 0)  # their order; equal keys keep that of the modules
    # The names of an entry; no two entries may share one.
    names: Callable[[Entry], Iterable[str]] = field(default=lambda entry: (entry.name,))
    # (entry): raises where an entry of another package is not what its kind promises.
    check: Callable[[Entry], object] = field(default=lambda entry: None)

    def __post_init__(self) -> None:
        _registries.append(self)

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """All entries by name, in order. `BadInput` for built-in entries that cannot be told apart."""
        return self._found[0]

    @property
    def left_out(self) -> list[BadInput]:
        """What is wrong with each entry of another package that is not among them: no entry replaces another."""
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[dict[str, Entry], list[BadInput]]:
        ours: list[Entry] = []
        package = import_module(self.package)
        for module in sorted(info.name for info in iter_modules(package.__path__) if not info.name.startswith("_")):
            for entry in getattr(import_module(f"{self.package}.{module}"), "SPECS", ()):
                for name in self.taken(entry, ours):
                    raise BadInput("there are two entries called {name!r} among the {kind}s", name=name, kind=self.kind)
                ours.append(entry)
        found, left_out = sorted(ours, key=self.key), []
        for plugin in plugins():
            for entry in plugin.specs:
                if not isinstance(entry, self.spec):
                    continue
                if problem := self._unfit(entry, plugin, found):
                    left_out.append(problem)
                else:
                    found.append(entry)
        return {entry.name: entry for entry in found}, left_out

    def _unfit(self, entry: Entry, plugin: Plugin, known: list[Entry]) -> BadInput | None:
        """Why an entry of another package is left out; None if it can be used beside the known ones."""
        if wrong := self._wrong(entry):
            return BadInput(
                "The {kind} {name:name} of the extension {extension:name} is left out, as it is not made right "
                "({reason}). Install the extension again, or remove it.",
                kind=self.kind,
                name=one_line(str(entry.name), 80),
                extension=plugin.name,
                reason=wrong,
            )
        if taken := self.taken(entry, known):
            return BadInput(
                "The {kind} {name:name} of the extension {extension:name} is left out: there is another one of that "
                "name. Rename it there.",
                kind=self.kind,
                name=one_line(taken[0], 80),
                extension=plugin.name,
            )
        return None

    def _wrong(self, entry: Entry) -> str:
        """Why another package's entry cannot be used; "" if it can. What every use of it needs is tried here, once,
        so that a mistake in it harms nothing else."""
        try:
            if not isinstance(entry.name, str) or not re.fullmatch(r"[\w.-]{1,80}", entry.name):
                raise ValueError("its name must be letters, digits, _, - and dots")
            if not isinstance(getattr(entry, "title", ""), str):
                raise TypeError("its title is no text")
            self.check(entry)
        except Exception as error:
            return one_line(reason(error), 200)
        return ""

    def is_built_in(self, name: str) -> bool:
        """Whether the entry of that name comes with this program."""
        entry = self.entries.get(name)
        return entry is not None and not any(entry is one for plugin in plugins() for one in plugin.specs)

    def taken(self, entry: Entry, known: Iterable[Entry]) -> list[str]:
        """The names of an entry that belong to another one."""
        others = {name for one in known for name in self.names(one)}
        return [name for name in self.names(entry) if name in others]

    def __getitem__(self, name: str) -> Entry:
        """The entry of that name; `BadInput` names the choices when there is none."""
        if name not in self.entries:
            raise unknown(self.kind, name, list(self.entries))
        return self.entries[name]
