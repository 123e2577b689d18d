"""RunConfig: everything that decides how a run goes. One source of truth for the form, the command line, the
worker and the stored run; frozen, validated, JSON both ways."""

import json
from typing import Any

from pydantic import BaseModel, Field, SerializeAsAny, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo

from core.datasets.source import DataSource
from core.errors import BadInput, similar
from core.loading.augmentations import AugmentSettings, augment_settings, unused
from core.loading.settings import DataConfig
from core.models import MODELS, ModelSettings
from core.models.families.cnn import CNNSettings
from core.sanitize import one_line
from core.settings import entries
from core.settings.documents import JSON, MAX_QUOTED_CHARACTERS, Format, format_of
from core.settings.fields import Settings
from core.settings.parsing import parse, refusal
from core.settings.registry import Registry
from core.training.losses import LOSSES, LossSettings
from core.training.losses.cross_entropy import CrossEntropySettings
from core.training.optimizers import OPTIMIZERS, OptimizerSettings
from core.training.optimizers.adam import AdamSettings
from core.training.schedules import SCHEDULES, ScheduleSettings
from core.training.schedules.constant import ConstantSettings
from core.training.settings import TrainingConfig

MAX_FILE_BYTES = 10**6  # bytes of a settings file; ours have two thousand

# The parts whose `name` chooses an entry, and the entries of each.
REGISTRIES: dict[str, Registry[Any]] = {
    "model": MODELS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}


class RunConfig(Settings):
    """Everything that decides how a run goes."""

    data: DataConfig = DataConfig()
    model: SerializeAsAny[ModelSettings] = CNNSettings()
    loss: SerializeAsAny[LossSettings] = CrossEntropySettings()
    optimizer: SerializeAsAny[OptimizerSettings] = AdamSettings()
    schedule: SerializeAsAny[ScheduleSettings] = ConstantSettings()
    augment: SerializeAsAny[AugmentSettings] = Field(default_factory=lambda: augment_settings()())
    training: TrainingConfig = TrainingConfig()

    @field_validator(*REGISTRIES, mode="before")
    @classmethod
    def of_its_entry(cls, value: Any, info: ValidationInfo) -> Any:
        """Read a part's settings with the class of the entry that its name chooses."""
        if not isinstance(value, dict):
            return value
        part = str(info.field_name)
        try:
            return entries.read(part, REGISTRIES[part], kind_of(part), value)
        except BadInput as problem:
            raise refusal(problem) from problem

    @field_validator("augment", mode="before")
    @classmethod
    def of_all_augmentations(cls, value: Any) -> Any:
        """Read the settings of the augmentations that there are."""
        if not isinstance(value, dict):
            return value
        try:
            return parse(augment_settings(), value, "augment.")
        except BadInput as problem:
            raise refusal(problem) from problem

    @model_validator(mode="after")
    def fits_together(self) -> "RunConfig":
        DataSource.of(self.data)
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
            raise BadInput(
                "the settings are no {name} {what}: write them as {example}, for instance",
                name=kind.name,
                what=kind.what,
                example=kind.example,
            )
        return cls.from_dict(values)

    @classmethod
    def from_file(cls, content: bytes, name: str) -> "RunConfig":
        """Read what a file holds, in the format that its ending names; `BadInput` names the file."""
        kind = format_of(name)
        try:
            if len(content) > MAX_FILE_BYTES:
                raise BadInput(
                    "it is larger than any settings ({max_file_bytes:,} bytes): check that it is the right file",
                    max_file_bytes=MAX_FILE_BYTES,
                )
            return cls.from_text(content.decode("utf-8-sig"), kind)
        except UnicodeDecodeError as error:
            raise BadInput(
                "{name} is not a text file; settings are written as {format}, in UTF-8",
                name=name,
                format=kind.name,
            ) from error
        except BadInput as problem:
            raise BadInput("{name}: {problem}", name=name, problem=problem) from problem

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values with every field, except those of extensions whose augmentations are off, so that what is
        written can be read where they are not installed."""
        values = self.model_dump(mode="json")
        for key in unused(self.augment):
            del values["augment"][key]
        return values

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2)

    def flat(self) -> dict[str, Any]:
        """Dotted name → value, in the order of the form: `optimizer.lr` → 0.001."""
        values = self.model_dump(mode="json")
        return {f"{part}.{key}": value for part, fields in values.items() for key, value in fields.items()}

    def replace(self, changes: dict[str, Any]) -> "RunConfig":
        """A copy with dotted names set anew. Another `model.name` starts from that model's defaults. Another loss,
        optimizer or schedule keeps the settings that both have, except those that belong to one entry, such as the
        learning rate. The values in `changes` are taken as given."""
        values = self.to_dict()
        for part, registry in REGISTRIES.items():
            name = changes.get(f"{part}.name", values[part]["name"])
            if isinstance(name, str) and name in registry.entries and name != values[part]["name"]:
                values[part] = entries.switched(registry, values[part], name)
        for name, value in changes.items():
            part, _, key = name.partition(".")
            if part not in values or not key or "." in key or stands_elsewhere(part, key, self):
                raise misplaced(name, self)
            values[part][key] = value
        return RunConfig.from_dict(values)


def stands_elsewhere(part: str, key: str, config: RunConfig) -> bool:
    """Whether another part has a setting of that name, and no entry of this one has any like it."""
    kinds = [entry.settings for entry in REGISTRIES[part].entries.values()] if part in REGISTRIES else [section(part)]
    own = {name for kind in kinds for name in kind.model_fields}
    return not similar(key, own) and any(name.partition(".")[2] == key for name in config.flat())


def misplaced(name: str, config: RunConfig) -> BadInput:
    """The error for a setting that is in no part: it names the one that was probably meant, or what the part has that
    was."""
    *outer, last = name.split(".")
    quoted = one_line(name, MAX_QUOTED_CHARACTERS)
    known = [one.partition(".")[::2] for one in config.flat()]
    part = next((piece for piece in reversed(outer) if piece in RunConfig.model_fields), "")
    own = [key for of, key in known if of == part]
    there = {key: of for of, key in known if key == last or key in own}
    if meant := similar(last, own) or (last if [key for _, key in known].count(last) == 1 else ""):
        return BadInput("unknown setting {name!r}. Did you mean {meant}?", name=quoted, meant=f"{there[meant]}.{meant}")
    if own:
        names = ", ".join(f"{part}.{key}" for key in own)
        return BadInput("unknown setting {name!r}; have: {names}", name=quoted, names=names)
    return BadInput(
        "unknown setting {name!r}. A setting has a name such as optimizer.lr or training.epochs; parts: {known}",
        name=quoted,
        known=", ".join(RunConfig.model_fields),
    )


def section(part: str, name: str = "") -> type[Settings]:
    """The class that a part's settings have when the entry of that name is chosen in it."""
    if part in REGISTRIES:
        kind: type[Settings] = REGISTRIES[part][name].settings
        return kind
    joint: type[Settings] = augment_settings() if part == "augment" else kind_of(part)
    return joint


def kind_of(part: str) -> Any:
    """The class that all entries of a part have as their base, and that describes the choice among them."""
    return RunConfig.model_fields[part].annotation


def fields_of(part: str, kind: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a part read with `kind`; the name of an entry as the part describes it."""
    fields = dict(kind.model_fields)
    if part in REGISTRIES:
        fields["name"] = kind_of(part).model_fields["name"]
    return fields
