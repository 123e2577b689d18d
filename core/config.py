"""RunConfig: everything that decides how a run goes. One source of truth for the form, the command line, the
worker and the stored run; frozen, validated, JSON both ways."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, SerializeAsAny, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from core.data import catalog
from core.data.catalog import FOLDER
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
from core.settings.documents import JSON, MAX_QUOTED_CHARACTERS, Format, check_shape, format_of
from core.settings.fields import Settings, allowed
from core.text import one_line

LARGEST = 10**6  # bytes of a settings file; ours have two thousand
SHOWN = MAX_QUOTED_CHARACTERS  # of a value that a sentence repeats
MOST = 5  # sentences about one set of settings

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
        if data.name != FOLDER:
            catalog.spec(data.name)
            if data.path is not None:
                raise BadInput(f"data.path is {data.path!r}; it is only for data.name={FOLDER}")
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
        return cls.from_text(text, JSON)

    @classmethod
    def from_text(cls, text: str, kind: Format) -> "RunConfig":
        """Read settings in one of the formats of `core.settings.documents`."""
        values = kind.read(text)
        if not isinstance(values, dict):
            raise BadInput(f"the settings are no {kind.name} {kind.what}: write them as {kind.example}, for instance")
        return cls.from_dict(values)

    @classmethod
    def from_file(cls, content: bytes, name: str) -> "RunConfig":
        """Read what a file holds, in the format that its ending names; `BadInput` names the file."""
        kind = format_of(name)
        try:
            if len(content) > LARGEST:
                raise BadInput(f"it is larger than any settings ({LARGEST:,} bytes): check that it is the right file")
            return cls.from_text(content.decode("utf-8-sig"), kind)
        except UnicodeDecodeError as error:
            raise BadInput(f"{name} is not a text file; settings are written as {kind.name}, in UTF-8") from error
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
