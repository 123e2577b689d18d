"""Entries: the descriptions of models, optimizers, schedules and losses, and how settings are read with the class
of the entry that their `name` chooses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from core.errors import BadInput
from core.locale import _
from core.locale.messages import SettingName
from core.settings.fields import Settings, hints
from core.settings.parsing import Refused, parse, shown
from core.settings.registry import Registry


class EntrySettings(Settings):
    """Base of all settings of one kind. The class of a kind describes `name`, the choice among its entries; the class
    of an entry narrows it to its own names."""

    name: str

    # Whether settings that two entries share keep their value when one is chosen instead of the other.
    shares: ClassVar[bool] = True
    # The settings that the first version wrote for every entry of this kind, used or not, with any values.
    first_version: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class EntrySpec:
    """One entry of a registry. Reading it imports no torch; what it builds does."""

    name: str
    title: str
    about: str  # one or two sentences for a learner
    settings: type[EntrySettings]

    def defaults(self) -> Any:
        """The settings a form starts from."""
        return self.settings(name=self.name)


Spec = TypeVar("Spec", bound=EntrySpec)


def read(part: str, registry: Registry[Spec], kind: type[EntrySettings], values: Mapping[str, Any]) -> EntrySettings:
    """The settings that JSON values mean, of the class of the entry that `name` chooses; without a name, the default of
    `kind`. `BadInput` for a name that no entry has, and for values that are not the entry's."""
    name = values.get("name", kind.model_fields["name"].default)
    if not isinstance(name, str):
        raise BadInput(
            "{setting} is {value}; allowed: one of {names}",
            setting=SettingName(f"{part}.name"),
            value=shown(name),
            names=", ".join(registry.entries),
        )
    try:
        entry = registry[name]
    except BadInput as problem:
        raise BadInput("{setting}: {problem}", setting=SettingName(f"{part}.name"), problem=problem) from problem
    written = kind.first_version <= values.keys()
    kept: dict[str, Any] = {"name": name}
    wrong: list[BadInput] = []
    for key, value in values.items():
        having = [] if key in entry.settings.model_fields else owners(registry, key)
        if not having:
            kept[key] = value
        elif not (written and key in kind.first_version) and not same(value, neutral(registry, key)):
            *others, last = having
            choice = _("{names} or {last}", names=", ".join(others), last=last) if others else last
            wrong.append(
                BadInput(
                    "{setting} is {value}, but {name} has none; allowed: {neutral}, or {choosing} {choice}",
                    setting=SettingName(f"{part}.{key}"),
                    value=shown(value),
                    name=name,
                    neutral=shown(neutral(registry, key)),
                    choosing=SettingName(f"{part}.name"),
                    choice=choice,
                )
            )
    if wrong:
        raise Refused(wrong)
    return parse(entry.settings, kept, f"{part}.")


def owners(registry: Registry[Spec], key: str) -> list[str]:
    """The entries that have a setting of that name."""
    return [name for name, entry in registry.entries.items() if key in entry.settings.model_fields]


def neutral(registry: Registry[Spec], key: str) -> Any:
    """The JSON value that a setting may have where the chosen entry does not have the setting: the default of the first
    entry that has it. So settings that spell out every field of every entry can be read."""
    value = registry[owners(registry, key)[0]].settings.model_fields[key].default
    return list(value) if isinstance(value, tuple) else value


def same(value: Any, other: Any) -> bool:
    """Equality in JSON, where true is not 1."""
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def switched(registry: Registry[Spec], values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The values of an entry's settings after another one was chosen: what both have is kept, except values that
    belong to their entry alone; everything else is left to the new entry's defaults."""
    old, new = registry[values["name"]].settings, registry[name].settings
    if not new.shares:
        return {"name": name}
    fields = (old.model_fields, new.model_fields)
    kept = {
        key: value
        for key, value in values.items()
        if key != "name" and all(key in has and not hints(has[key]).get("own") for has in fields)
    }
    return {"name": name, **kept}
