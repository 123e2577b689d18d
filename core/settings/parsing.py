"""Plain JSON values → settings, or one sentence about each that is not right: the field, the value, what is allowed."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from core.errors import BadInput
from core.locale import _, translate
from core.sanitize import one_line
from core.settings.documents import MAX_QUOTED_CHARACTERS, check_shape
from core.settings.fields import allowed

MAX_SENTENCES = 5  # about one set of settings
REFUSED = "refused"  # pydantic's type of an error that another `parse` has explained

T = TypeVar("T", bound=BaseModel)


class Refused(BadInput):
    """Values that are no settings; a sentence about each."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = list(dict.fromkeys(sentences))
        told, more = "; ".join(self.sentences[:MAX_SENTENCES]), len(self.sentences) - MAX_SENTENCES
        if more > 0:
            super().__init__("{sentences}; and {more} more", sentences=told, more=more)
        else:
            super().__init__("{sentences}", sentences=told)


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
        return [translate(str(error["ctx"]["error"]))]
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
        unknown = one_line(dotted, MAX_QUOTED_CHARACTERS)
        return [_("unknown setting {setting!r}; have: {names}", setting=unknown, names=", ".join(fields))]
    value = shown(error["input"])
    return [_("{setting} is {value}; allowed: {allowed}", setting=dotted, value=value, allowed=allowed(field))]


def shown(value: Any) -> str:
    """A value as a sentence repeats it: as JSON, but numbers short."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, float) else f"{value:g}"
    return one_line(text, MAX_QUOTED_CHARACTERS)
