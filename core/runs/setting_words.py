"""Settings and what was changed of them, in words. Imports no torch."""

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core import formatting
from core.datasets import catalog
from core.datasets.catalog import FOLDER
from core.locale import _, translate
from core.models.layers.text import LAYERS_SETTING, difference
from core.models.spec import OF_RUN, WEIGHTS_SETTING
from core.run_config import REGISTRIES, RunConfig, fields_of
from core.settings.fields import hints

MISSING = "–"  # a setting that a run does not have, such as a momentum of Adam
MAX_LAYERS_CHARS = 60  # characters of what changed in a list of layers
MAX_RUN_CHARS = 40  # characters of the name of a run whose weights are taken
NO_NAMES: Mapping[str, str] = {}


def field_of(name: str, configs: Sequence[RunConfig]) -> FieldInfo | None:
    """The field of a dotted name, in the first of `configs` that has it."""
    part, _dot, key = name.partition(".")
    for config in configs:
        section: BaseModel = getattr(config, part)
        fields = fields_of(part, type(section))
        if key in fields:
            return fields[key]
    return None


def part_title(name: str) -> str:
    """A title for a field without one: `model.name` → `Model`."""
    part, _dot, key = name.partition(".")
    return part.capitalize() if key == "name" else key.replace("_", " ").capitalize()


def in_words(name: str, info: FieldInfo | None, value: Any, runs: Mapping[str, str] = NO_NAMES) -> str:
    """A setting's value as the form shows it. `runs`: names of runs by their ids, for weights that come from one."""
    if value == MISSING:
        return MISSING
    labels = hints(info)["labels"] if info and hints(info) else {}
    part, _dot, key = name.partition(".")
    if key == "name" and part in REGISTRIES:
        return translate(REGISTRIES[part][value].title)
    if name == "data.name":
        return _("Image folder") if value == FOLDER else translate(catalog.spec(value).title)
    if value is None:
        return {"data.limit": _("all"), "data.size": _("automatic")}.get(name, _("none"))
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if name == WEIGHTS_SETTING and (of_run := OF_RUN.fullmatch(str(value))):
        if name_of_run := runs.get(of_run["run"]):
            return _("of {run:name}", run=shorten(name_of_run, MAX_RUN_CHARS, placeholder=" …"))
        return _("of run {id}", id=of_run["run"])
    if value == "" and "" not in labels:  # no words in a table
        return _("the set as it came") if name == "data.version" else _("none")
    if isinstance(value, str):
        return translate(str(labels.get(value, value)))
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or _("none")
    return formatting.rate(value) if isinstance(value, float) else str(value)


def changes(config: RunConfig, begun: RunConfig) -> dict[str, Any]:
    """Dotted name → value of each setting that is not as in `begun`. What another entry brings along by itself, such
    as the learning rate of another optimizer, is no change of its own."""
    flat, before = config.flat(), begun.flat()
    chosen = {name: flat[name] for part in REGISTRIES if flat[name := f"{part}.name"] != before[name]}
    base = begun.replace(chosen).flat()
    return chosen | {name: value for name, value in flat.items() if name not in base or base[name] != value}


def changes_in_words(config: RunConfig, begun: RunConfig, most: int, runs: Mapping[str, str] = NO_NAMES) -> str:
    """`Learning rate 0.01, Epochs 5`: the first `most` changes, and how many more there are. `runs` as above."""
    before, changed = begun.flat(), changes(config, begun)
    told = [value_in_words(name, config, before.get(name), value, runs) for name, value in list(changed.items())[:most]]
    words = ", ".join(told)
    if more := len(changed) - most:
        return _("{changes} and {more} more", changes=words, more=more) if more > 0 else words
    return words


def value_in_words(name: str, config: RunConfig, before: Any, value: Any, runs: Mapping[str, str]) -> str:
    info = field_of(name, [config])
    title = translate((info.title if info else None) or part_title(name))
    return f"{title} {layers_change(before, value) if name == LAYERS_SETTING else in_words(name, info, value, runs)}"


def layers_change(before: str | None, now: object) -> str:
    """What differs between two lists of layers, in few words."""
    words = str(now) if before is None else difference(before, str(now))
    return shorten(words, MAX_LAYERS_CHARS, placeholder=" …")
