"""RunConfig: everything that decides how a run goes. One source of truth for the form, the command line, the
worker and the stored run; frozen, validated, JSON both ways."""

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, SerializeAsAny, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from core.data.source import DataSource
from core.errors import BadInput
from core.models import ModelSettings, model_spec
from core.models.families.cnn import CNNSettings
from core.sections import (
    AugmentConfig,
    DataConfig,
    LossConfig,
    OptimizerConfig,
    ScheduleConfig,
    TrainingConfig,
)
from core.settings.fields import Settings, allowed
from core.text import one_line

LARGEST = 10**6  # bytes of a settings file; ours have two thousand
SHOWN = 80  # characters of a value that a sentence repeats
MOST = 5  # sentences about one set of settings
DEEPEST = 8  # levels of nesting; settings have three
TOO_DEEP = "the settings are nested too deeply: a part holds names, and each name a value or a list of values"
MOST_BITS = 64  # of a whole number, here and in what others read JSON with
TOO_LONG = f"a whole number of more than {MOST_BITS} bits: give a smaller one"
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # what no path holds, and halves of a character, which no UTF-8 holds

T = TypeVar("T", bound=BaseModel)


class RunConfig(Settings):
    """Everything that decides how a run goes."""

    data: DataConfig = DataConfig()
    model: SerializeAsAny[ModelSettings] = CNNSettings()
    loss: LossConfig = LossConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    augment: AugmentConfig = AugmentConfig()
    training: TrainingConfig = TrainingConfig()

    @field_validator("model", mode="before")
    @classmethod
    def model_of_its_family(cls, value: Any) -> Any:
        """Read the model's settings with the class of the family that its name belongs to."""
        if not isinstance(value, dict):
            return value
        name = value.get("name", "cnn")
        return parse(model_spec(str(name)).settings, {**value, "name": str(name)}, "model.")

    @model_validator(mode="after")
    def fits_together(self) -> "RunConfig":
        data, optimizer = self.data, self.optimizer
        DataSource.of(data)
        has_momentum = optimizer.name in ("sgd", "rmsprop")
        if optimizer.momentum and not has_momentum:
            raise BadInput(
                f"optimizer.momentum is {optimizer.momentum:g}, but {optimizer.name} has none; allowed: 0, or "
                "optimizer.name sgd or rmsprop"
            )
        if optimizer.nesterov and (optimizer.name != "sgd" or not optimizer.momentum):
            raise BadInput("optimizer.nesterov is true; allowed only for sgd with optimizer.momentum above 0")
        if self.loss.name == "nll" and self.loss.label_smoothing:
            raise BadInput(
                f"loss.label_smoothing is {self.loss.label_smoothing:g}; allowed with loss.name nll: 0 "
                "(cross_entropy can smooth)"
            )
        return self

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """Validate plain JSON values. `BadInput` names the field, the value and what is allowed."""
        return parse(cls, values)

    @classmethod
    def from_json(cls, text: str) -> "RunConfig":
        """Read what `to_json` wrote, or what a person wrote by hand."""
        values = read_json(text)
        if not isinstance(values, dict):
            raise BadInput('the settings are no JSON object: write them as {"model": {"name": "cnn"}}, for instance')
        return cls.from_dict(values)

    @classmethod
    def from_file(cls, content: bytes, name: str) -> "RunConfig":
        """Read what a file holds; `BadInput` names the file."""
        try:
            if len(content) > LARGEST:
                raise BadInput(f"it is larger than any settings ({LARGEST:,} bytes): check that it is the right file")
            return cls.from_json(content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise BadInput(f"{name} is not a text file; settings are written as JSON, in UTF-8") from error
        except BadInput as problem:
            raise BadInput(f"{name}: {problem}") from problem

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, every field spelt out."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2)

    def flat(self) -> dict[str, Any]:
        """Dotted name → value, in the order of the form: `optimizer.lr` → 0.001."""
        return {f"{part}.{key}": value for part, fields in self.to_dict().items() for key, value in fields.items()}

    def replace(self, changes: dict[str, Any]) -> "RunConfig":
        """A copy with dotted names set anew. Another `model.name` starts from that model's defaults, and another
        `optimizer.name` takes that optimiser's learning rate, unless they are among the changes."""
        values = self.to_dict()
        if changes.get("model.name", self.model.name) != self.model.name:
            values["model"] = {}
        if changes.get("optimizer.name", self.optimizer.name) != self.optimizer.name:
            values["optimizer"]["lr"] = None
        for name, value in changes.items():
            part, _, key = name.partition(".")
            if part not in values or not key:
                known = ", ".join(RunConfig.model_fields)
                raise BadInput(
                    f"unknown setting {one_line(name, SHOWN)!r}; "
                    f"it must be one of these parts, a dot, and a name: {known}"
                )
            values[part][key] = value
        return RunConfig.from_dict(values)


def read_json(text: str) -> Any:
    """The value that JSON stands for. `BadInput` where it is none, or one could take it for another."""
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"the settings are not JSON ({error.msg.lower()} in {where}): mend them there") from error
    except RecursionError as error:
        raise BadInput(TOO_DEEP) from error
    except ValueError as error:  # a whole number with thousands of digits
        raise BadInput(f"the settings hold {TOO_LONG}") from error


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which every name stands once; Python would take the last and say nothing."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise BadInput(f"{one_line(name, SHOWN)!r} is there twice in the settings: leave one out")
        values[name] = value
    return values


def check_shape(value: Any, depth: int = DEEPEST) -> None:
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
        raise BadInput(f"{one_line(value, SHOWN)!r} in the settings is no readable text: write it anew, in UTF-8")
    elif isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise BadInput(f"the settings hold {TOO_LONG}")


def parse(kind: type[T], values: dict[str, Any], prefix: str = "") -> T:
    """Validate JSON values as `kind`; turns pydantic's error into one sentence a setting."""
    check_shape(values)
    try:
        return kind.model_validate_json(json.dumps(values))
    except ValidationError as error:
        sentences = list(dict.fromkeys(explain(kind, e, prefix) for e in error.errors()))
        more = f"; and {len(sentences) - MOST} more" if len(sentences) > MOST else ""
        raise BadInput("; ".join(sentences[:MOST]) + more) from error


def explain(kind: type[BaseModel], error: Any, prefix: str) -> str:
    """One of pydantic's errors as a sentence that names the field, the value and what is allowed."""
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
        return f"unknown setting {one_line(dotted, SHOWN)!r}; have: {', '.join(fields)}"
    value = error["input"]
    shown = json.dumps(value, ensure_ascii=False) if not isinstance(value, float) else f"{value:g}"
    return f"{dotted} is {one_line(shown, SHOWN)}; allowed: {allowed(field)}"
