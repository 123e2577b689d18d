"""The settings on the form while a person changes them: plain values by dotted name, right or not yet right.

Kept in the session as plain data. Nothing here draws; `forms` does. What was set for an entry that is not chosen now
(the momentum of SGD, while Adam is chosen) is kept as `optimizer.sgd.momentum`, and comes back with it.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from core.datasets.source import SOURCE_SETTINGS, DataSource
from core.errors import BadInput, Problem
from core.locale import _
from core.models import model_spec, model_specs
from core.models.layers.text import LAYERS_SETTING, canonical, joined
from core.run_config import REGISTRIES, RunConfig, fields_of, section
from core.settings import entries
from core.settings.fields import allowed, hints
from core.settings.parsing import REFUSED, explain, problems_of
from pages.components.spec_words import title

Draft = dict[str, Any]  # dotted name → JSON value, or the text typed where that is not a value yet


@dataclass(frozen=True)
class Checked:
    """The result of a check: the settings, or what is wrong, by dotted name ("" where no field is the cause)."""

    config: RunConfig | None
    errors: dict[str, str]


def from_config(config: RunConfig) -> Draft:
    return config.flat()


def source_of(draft: Draft) -> DataSource:
    """The data set that it names."""
    return DataSource(*(draft[name] for name in SOURCE_SETTINGS))


def sections(draft: Draft) -> dict[str, type[BaseModel]]:
    """The parts of the form and their classes, in order; those of the entries chosen."""
    return {part: section(part, str(draft.get(f"{part}.name"))) for part in RunConfig.model_fields}


def fields(draft: Draft) -> dict[str, FieldInfo]:
    """Every setting that can be shown, by dotted name, in the order of the form."""
    found = {}
    for part, kind in sections(draft).items():
        for key, info in fields_of(part, kind).items():
            if hints(info):
                found[f"{part}.{key}"] = info
    return found


def is_visible(draft: Draft, name: str, info: FieldInfo) -> bool:
    """Whether a setting matters, given the others (`when`, `unless`)."""
    part, extra = name.partition(".")[0], hints(info)
    return all(draft.get(f"{part}.{key}") in values for key, values in extra["when"].items()) and not any(
        draft.get(other) in values for other, values in extra["unless"].items()
    )


def with_change(draft: Draft, name: str, value: Any) -> Draft:
    """The draft with one setting changed. With another entry come its settings, as `RunConfig.replace` takes them, or
    as they were set when it was chosen last. Own layers begin with the network that was chosen before, until a person
    has changed them."""
    part, _dot, key = name.partition(".")
    if part not in REGISTRIES or key != "name" or value == draft[name]:
        return {**draft, name: value}
    registry = REGISTRIES[part]
    old, values = draft[name], entry_values(draft, part)
    was, now = (registry[entry].defaults().model_dump(mode="json") for entry in (old, value))
    kept = entries.switched(registry, {"name": old, **values}, value)
    if name == "model.name" and values.get("layers") in lists_begun_with(draft):
        was["layers"] = values["layers"]  # nobody has made it his own
    typed = {f"{part}.{old}.{key}": one for key, one in values.items() if key not in kept and one != was[key]}
    again = {key: draft[f"{part}.{value}.{key}"] for key in now if f"{part}.{value}.{key}" in draft}
    rest = {key: one for key, one in draft.items() if not of_entry(key, part, (old, value))}
    begun = {}
    if f"{part}.layers" == LAYERS_SETTING and "layers" in now and (rows := as_own_layers(old, values)):
        begun = {"layers": rows}
    return {**rest, **{f"{part}.{key}": one for key, one in {**now, **begun, **again, **kept}.items()}, **typed}


def as_own_layers(family: str, values: dict[str, Any]) -> str:
    """A model of the draft as a list of layers; "" where it is none, cannot be read, or is too long for one."""
    spec = model_spec(family)
    with suppress(ValidationError, BadInput):
        if spec.as_layers:
            settings = spec.settings.model_validate_json(json.dumps({"name": family, **values}))
            return canonical(joined(spec.as_layers(settings)))
    return ""


def lists_begun_with(draft: Draft) -> set[str]:
    """The lists that own layers began with: of each family as it was set when it was chosen last."""
    found = set()
    for family, spec in model_specs().items():
        values = spec.defaults().model_dump(mode="json")
        found.add(as_own_layers(family, {key: draft.get(f"model.{family}.{key}", one) for key, one in values.items()}))
    return found


def of_entry(name: str, part: str, kept_for: tuple[str, ...]) -> bool:
    """Whether a value of the draft belongs to the chosen entry of a part, or was kept for one of `kept_for`."""
    first, *rest = name.split(".")
    return first == part and (len(rest) == 1 or rest[0] in kept_for)


def entry_values(draft: Draft, part: str) -> dict[str, Any]:
    """What the draft says of the fields of a part, without the name of its entry."""
    keys = (key for key in sections(draft)[part].model_fields if key != "name")
    return {key: draft[f"{part}.{key}"] for key in keys if f"{part}.{key}" in draft}


def part_of(draft: Draft, part: str) -> BaseModel | None:
    """The settings of one part; None while something in it cannot be read."""
    kind = sections(draft)[part]
    values = {key: draft[f"{part}.{key}"] for key in kind.model_fields if f"{part}.{key}" in draft}
    with suppress(ValidationError):
        return kind.model_validate_json(json.dumps(values))
    return None


def check(draft: Draft) -> Checked:
    """Validate. Settings that are hidden count as their defaults, so that none of them prevents a start."""
    known = fields(draft)
    values: dict[str, dict[str, Any]] = {}
    for part, kind in sections(draft).items():
        values[part] = {}
        for key in kind.model_fields:
            name = f"{part}.{key}"
            if name in draft and (name not in known or is_visible(draft, name, known[name])):
                values[part][key] = draft[name]
    errors: dict[str, str] = {}
    for part, kind in sections(draft).items():
        try:
            kind.model_validate_json(json.dumps(values[part]))
        except ValidationError as error:
            for one in error.errors():
                errors |= error_messages(part, one, draft)
    if errors:
        return Checked(None, errors)
    try:
        return Checked(RunConfig.from_dict(values), {})
    except BadInput as error:
        return Checked(None, dict(reversed([setting_and_message(problem, draft) for problem in problems_of(error)])))


def error_messages(part: str, error: Any, draft: Draft) -> dict[str, str]:
    """Dotted name → what is wrong in the form's own words, of one of pydantic's errors."""
    name = f"{part}.{error['loc'][0]}" if error["loc"] else ""
    if error["type"] != REFUSED and (info := fields(draft).get(name)):
        return {name: _("{title} must be {allowed}.", title=title(info), allowed=allowed(info))}
    kind = sections(draft)[part]
    problems = [setting_and_message(problem, draft) for problem in explain(kind, error, f"{part}.")]
    return dict(reversed(problems))  # of several about one setting the first


def setting_and_message(problem: Problem, draft: Draft) -> tuple[str, str]:
    """The dotted name of the setting to blame ("" where the form has none), and the sentence."""
    known = fields(draft)
    return next((name for name in problem.settings if name in known), ""), error_text(problem, draft)


def error_text(problem: Problem, draft: Draft) -> str:
    """The sentence with each setting called as on the form."""
    known = fields(draft)
    words = problem.words(lambda name: title(known[name]) if name in known else name)
    return words[:1].upper() + words[1:]


def unchanged(draft: Draft, config: RunConfig) -> dict[str, Any]:
    """Dotted name → the value that each setting has in `config`, or that it brings along where the draft has chosen
    another entry."""
    return config.replace({f"{part}.name": draft[f"{part}.name"] for part in REGISTRIES}).flat()


def changes(draft: Draft, config: RunConfig) -> dict[str, Any]:
    """Dotted name → value of each setting that is not as in `config`. What another entry brings along by itself, such
    as the learning rate of another optimizer, is no change of its own."""
    flat = config.flat()
    chosen = {f"{part}.name": draft[f"{part}.name"] for part in REGISTRIES}
    chosen = {name: value for name, value in chosen.items() if value != flat[name]}
    base = unchanged(draft, config)
    return chosen | {name: draft[name] for name, value in base.items() if draft.get(name, value) != value}
