"""Plain JSON values → settings, or one sentence about each that is not right: the field, the value, what is allowed."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from core.errors import BadInput, similar
from core.locale import _
from core.locale.messages import SettingName
from core.sanitize import one_line
from core.settings.documents import MAX_QUOTED_CHARACTERS, check_shape
from core.settings.fields import allowed

MAX_SENTENCES = 5  # about one set of settings
REFUSED = "refused"  # pydantic's type of an error that another `parse` has explained

T = TypeVar("T", bound=BaseModel)


class Refused(BadInput):
    """Values that cannot be settings; one problem for each."""

    def __init__(self, problems: Sequence[BadInput]) -> None:
        self.problems = list({str(problem): problem for problem in problems}.values())
        super().__init__("{problems}", problems=self.words(str))

    def __str__(self) -> str:
        return self.words(str)

    def words(self, title: Callable[[str], str]) -> str:
        told = "; ".join(problem.words(title) for problem in self.problems[:MAX_SENTENCES])
        left = len(self.problems) - MAX_SENTENCES
        return _("{problems}; and {left} more", problems=told, left=left) if left > 0 else told

    @property
    def settings(self) -> list[str]:
        return [name for problem in self.problems for name in problem.settings]


def parse(kind: type[T], values: dict[str, Any], prefix: str = "") -> T:
    """Validate JSON values as `kind`; turns pydantic's error into one problem a setting."""
    check_shape(values)
    try:
        return kind.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise Refused([problem for one in error.errors() for problem in explain(kind, one, prefix)]) from error


def refusal(problem: BadInput) -> PydanticCustomError:
    """A problem as the error of one field, so that those of other fields are found, too."""
    return PydanticCustomError(REFUSED, "refused", {"problems": problems_of(problem)})


def problems_of(problem: BadInput) -> list[BadInput]:
    """One for each setting that is not right."""
    return problem.problems if isinstance(problem, Refused) else [problem]


def explain(kind: type[BaseModel], error: Any, prefix: str) -> list[BadInput]:
    """One of pydantic's errors as problems that name the field, the value and what is allowed."""
    if error["type"] == REFUSED:
        problems: list[BadInput] = error["ctx"]["problems"]
        return problems
    if error["type"] == "value_error":  # a rule of an extension's settings, which says itself what is wrong
        return [BadInput(str(error["ctx"]["error"]))]
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
        values = {"name": one_line(dotted, MAX_QUOTED_CHARACTERS), "names": ", ".join(fields)}
        if meant := similar(names[-1], fields):
            meant = prefix + ".".join([*names[:-1], meant])
            return [BadInput("unknown setting {name!r}; have: {names}. Did you mean {meant}?", meant=meant, **values)]
        return [BadInput("unknown setting {name!r}; have: {names}", **values)]
    return [
        BadInput(
            "{setting} is {value}; allowed: {allowed}",
            setting=SettingName(dotted),
            value=shown(error["input"]),
            allowed=allowed(field),
        )
    ]


def shown(value: Any) -> str:
    """A value as a sentence repeats it: as JSON, but numbers short."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, float) else f"{value:g}"
    return one_line(text, MAX_QUOTED_CHARACTERS)
