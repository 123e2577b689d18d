"""The settings on the form while a person changes them: plain values by dotted name, right or not yet right.

Kept in the session as plain data. Nothing here draws; `forms` does.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from core.config import RunConfig
from core.errors import BadInput
from core.models import model_spec
from core.settings.fields import allowed, hints

Draft = dict[str, Any]  # dotted name → JSON value, or the text typed where that is not a value yet


@dataclass(frozen=True)
class Checked:
    """What a draft amounts to: the settings, or what is wrong, by dotted name ("" where no field is to blame)."""

    config: RunConfig | None
    errors: dict[str, str]


def new(config: RunConfig) -> Draft:
    return config.flat()


def sections(draft: Draft) -> dict[str, type[BaseModel]]:
    """The parts of the form and their classes, in order; the model's is that of the family chosen."""
    kinds: dict[str, Any] = {name: info.annotation for name, info in RunConfig.model_fields.items()}
    return {**kinds, "model": model_spec(str(draft["model.name"])).settings}


def fields(draft: Draft) -> dict[str, FieldInfo]:
    """Every setting that can be shown, by dotted name, in the order of the form."""
    found = {}
    for part, kind in sections(draft).items():
        for key, info in kind.model_fields.items():
            if hints(info):
                found[f"{part}.{key}"] = info
    return found


def shown(draft: Draft, name: str, info: FieldInfo) -> bool:
    """Whether a setting matters, given the others of its part (`when`)."""
    part = name.partition(".")[0]
    return all(draft.get(f"{part}.{key}") in values for key, values in hints(info)["when"].items())


def change(draft: Draft, name: str, value: Any) -> Draft:
    """The draft with one setting changed. With another model come its defaults, with another optimiser its
    learning rate."""
    result = {**draft, name: value}
    if name == "model.name" and value != draft[name]:
        defaults = model_spec(str(value)).defaults().model_dump(mode="json")
        kept = {key: old for key, old in draft.items() if not key.startswith("model.")}
        result = {**kept, **{f"model.{key}": default for key, default in defaults.items()}}
    if name == "optimizer.name" and value != draft[name]:
        result["optimizer.lr"] = RunConfig().replace({name: value}).optimizer.lr
    return result


def check(draft: Draft) -> Checked:
    """Validate. Settings that are hidden count as their defaults, so that none of them stands in the way."""
    known = fields(draft)
    values: dict[str, dict[str, Any]] = {}
    for part, kind in sections(draft).items():
        values[part] = {}
        for key in kind.model_fields:
            name = f"{part}.{key}"
            if name in draft and (name not in known or shown(draft, name, known[name])):
                values[part][key] = draft[name]
    errors: dict[str, str] = {}
    for part, kind in sections(draft).items():
        try:
            kind.model_validate_json(json.dumps(values[part]))
        except ValidationError as error:
            for one in error.errors():
                name = f"{part}.{one['loc'][0]}" if one["loc"] else ""
                info = known.get(name)
                errors[name] = f"{info.title} must be {allowed(info)}." if info else one["msg"]
    if errors:
        return Checked(None, errors)
    try:
        return Checked(RunConfig.from_dict(values), {})
    except BadInput as error:
        return Checked(None, dict([blamed(str(error), draft)]))


def blamed(sentence: str, draft: Draft) -> tuple[str, str]:
    """The dotted name that an error's sentence begins with, and the sentence in the form's own words."""
    start = re.match(r"[a-z_]+\.[a-z_]+", sentence)
    name = start.group() if start and start.group() in fields(draft) else ""
    return name, titled(sentence, draft)


def titled(sentence: str, draft: Draft) -> str:
    """The sentence with dotted names replaced by what the form calls them."""
    for name, info in fields(draft).items():
        sentence = re.sub(rf"\b{re.escape(name)}\b", str(info.title), sentence)
    return sentence[:1].upper() + sentence[1:]


def differing(draft: Draft, config: RunConfig) -> list[str]:
    """Titles of the settings that are not as in `config`, for the note under a recipe."""
    base, known = config.flat(), fields(draft)
    names = [name for name in {**base, **draft} if draft.get(name) != base.get(name)]
    words = {"data.name": "Data set", "data.path": "Data set", "model.name": "Model"}
    return list(dict.fromkeys(words.get(n) or str(known[n].title) for n in names if n in words or n in known))
