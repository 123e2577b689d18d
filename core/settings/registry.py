"""Registries: the entries of one kind by name, found in a package's modules and in other people's packages.

A module of `core.training.optimizers`, say, exports `SPECS`, a tuple of entries. Another package does the same, and
names such a module in the entry point group `epochlab`. Both go through the same door.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any, Generic, Protocol, TypeVar

from core.errors import BadInput, reason, unknown
from core.locale import _
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
    problem: str = ""  # a sentence; "" if it could be used


@cache
def plugins() -> tuple[Plugin, ...]:
    """What other installed packages bring along. Never raises: a broken one carries its problem."""
    return tuple(_opened(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name))


def problems() -> list[str]:
    """A sentence about each package that brings something along which cannot be used."""
    return [plugin.problem for plugin in plugins() if plugin.problem]


def _opened(point: Any) -> Plugin:
    name = one_line(point.name, 80)
    try:
        specs = tuple(point.load().SPECS)
    except Exception as error:  # it is somebody else's code: anything may happen in it
        return Plugin(
            name,
            problem=_(
                "The extension “{name}” cannot be used ({reason}). Install it again, or remove it.",
                name=name,
                reason=reason(error),
            ),
        )
    return Plugin(name, specs)


@dataclass(frozen=True, eq=False)
class Registry(Generic[Entry]):
    """The entries of one kind. `kind` is what a sentence calls one of them; `spec` is their class."""

    kind: str
    package: str  # dotted name of the package whose modules export SPECS
    spec: type[Entry]
    key: Callable[[Entry], Any] = field(default=lambda entry: 0)  # their order; those alike keep that of their modules

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """All entries by name, in order. `BadInput` for a built-in module whose entries cannot be told apart."""
        found: dict[str, Entry] = {}
        package = import_module(self.package)
        for module in sorted(info.name for info in iter_modules(package.__path__) if not info.name.startswith("_")):
            for entry in getattr(import_module(f"{self.package}.{module}"), "SPECS", ()):
                if entry.name in found:
                    raise BadInput(
                        "there are two entries called {name!r} among the {kind}s", name=entry.name, kind=self.kind
                    )
                found[entry.name] = entry
        ordered = sorted(found.values(), key=self.key)
        ordered += [entry for entry in self.theirs() if entry.name not in found]  # nobody takes a built-in's place
        return {entry.name: entry for entry in ordered}

    def theirs(self) -> list[Entry]:
        """The entries of this kind that other packages bring."""
        return [spec for plugin in plugins() for spec in plugin.specs if isinstance(spec, self.spec)]

    def __getitem__(self, name: str) -> Entry:
        """The entry of that name; `BadInput` names the choices when there is none."""
        if name not in self.entries:
            raise unknown(self.kind, name, list(self.entries))
        return self.entries[name]
