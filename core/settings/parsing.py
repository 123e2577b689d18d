"""Plain JSON values → settings, or one sentence about each that is not right: the field, the value, what is allowed."""

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from core.errors import BadInput
from core.sanitize import one_line
from core.settings.fields import allowed

MAX_VALUE_CHARS = 80  # characters of a value that a sentence repeats
MAX_SENTENCES = 5  # sentences about one set of settings
MAX_DEPTH = 8  # levels of nesting; settings have three
TOO_DEEP = "the settings are nested too deeply: a part holds names, and each name a value or a list of values"
MAX_INTEGER_BITS = 64  # of a whole number, here and in what others read JSON with
TOO_LONG = f"a whole number of more than {MAX_INTEGER_BITS} bits: give a smaller one"
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # what no path holds, and halves of a character, which no UTF-8 holds
REFUSED = "refused"  # pydantic's type of an error that another `parse` has explained

T = TypeVar("T", bound=BaseModel)


class Refused(BadInput):
    """Values that are no settings; a sentence about each."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = list(dict.fromkeys(sentences))
        more = f"; and {len(self.sentences) - MAX_SENTENCES} more" if len(self.sentences) > MAX_SENTENCES else ""
        super().__init__("; ".join(self.sentences[:MAX_SENTENCES]) + more)


def check_shape(value: Any, depth: int = MAX_DEPTH) -> None:
    """`BadInput` for what Python can hold, but no JSON that others read: deep nesting, halves of characters."""
    if depth < 0:
        raise BadInput(TOO_DEEP)
    if isinstance(value, dict):
        for key, inner in value.items():
            check_shape(key, depth - 1)
            check_shape(inner, depth - 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            check_shape(inner, depth - 1)
    elif isinstance(value, str) and NO_TEXT.search(value):
        raise BadInput(
            "{value!r} in the settings is no readable text: write it anew, in UTF-8",
            value=one_line(value, MAX_VALUE_CHARS),
        )
    elif isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise BadInput("the settings hold {too_long}", too_long=TOO_LONG)


def parse(kind: type[T], values: dict[str, Any], prefix: str = "") -> T:
    """Validate JSON values as `kind`; turns pydantic's error into one sentence a setting."""
    check_shape(values)
    try:
        return kind.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise Refused([sentence for one in error.errors() for sentence in explain(kind, one, prefix)]) from error


def refusal(problem: BadInput) -> PydanticCustomError:
    """A problem as the error of one field, so that those of other fields are found, too."""
    return PydanticCustomError(REFUSED, "refused", {"sentences": sentences_of(problem)})


def sentences_of(problem: BadInput) -> list[str]:
    return problem.sentences if isinstance(problem, Refused) else [str(problem)]


def explain(kind: type[BaseModel], error: Any, prefix: str) -> list[str]:
    """One of pydantic's errors as sentences that name the field, the value and what is allowed."""
    if error["type"] == REFUSED:
        sentences: list[str] = error["ctx"]["sentences"]
        return sentences
    if error["type"] == "value_error":  # a rule about several fields, which says itself what is wrong
        return [str(error["ctx"]["error"])]
    field: FieldInfo | None = None
    owner: type[BaseModel] | None = kind
    names: list[str] = []
    for name in error["loc"]:
        if owner is None:  # an index within a list, or the branch of a union
            break
        names.append(str(name))
        field = owner.model_fields.get(str(name))
        inner = field.annotation if field else None
        owner = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    dotted = prefix + ".".join(names)
    if error["type"] == "extra_forbidden" or field is None:
        fields = kind.model_fields
        part = fields[names[0]].annotation if len(names) > 1 else None
        if isinstance(part, type) and issubclass(part, BaseModel):
            fields = part.model_fields
        return [f"unknown setting {one_line(dotted, MAX_VALUE_CHARS)!r}; have: {', '.join(fields)}"]
    return [f"{dotted} is {shown(error['input'])}; allowed: {allowed(field)}"]


def shown(value: Any) -> str:
    """A value as a sentence repeats it: as JSON, but numbers short."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, float) else f"{value:g}"
    return one_line(text, MAX_VALUE_CHARS)
