"""The settings of the process: every variable of the environment that Epochlab reads, its range and its default."""

import math
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.errors import BadInput
from core.locale import N_, _, translate
from core.settings.fields import bounds

HOME, DATA, ROOTS = "EPOCHLAB_HOME", "EPOCHLAB_DATA", "EPOCHLAB_ROOTS"
NO_FOLDER = N_("which cannot be resolved. Set it to a folder, or leave it out.")
NO_SWITCH = N_("which is neither 0 nor 1: set it to one of them, or leave it out.")
NUMBER_LIMIT = 1e6  # runs, and seconds; a larger number is a typing error


def _folder(named: Any) -> Path:
    """The one absolute path of a folder, whether it is there or not."""
    try:
        return Path(named).expanduser().resolve()
    except (OSError, RuntimeError) as error:  # no such account, links in a circle
        raise ValueError(NO_FOLDER) from error


def _folder_if_named(named: Any) -> Path | None:
    return None if named is None else _folder(named)


def _whole(words: Any) -> Any:
    """A whole number from text; the digits after its point are dropped."""
    try:
        value = float(words)
    except (TypeError, ValueError):
        return words
    return int(value) if math.isfinite(value) else value


def _switch(words: Any) -> Any:
    """Yes or no from 1 or 0."""
    if not isinstance(words, str):
        return words
    if words.strip() not in ("0", "1"):
        raise ValueError(NO_SWITCH)
    return words.strip() == "1"


def _listed(words: Any) -> Any:
    """Folders from text with the system's separator between them."""
    return tuple(part for part in words.split(os.pathsep) if part.strip()) if isinstance(words, str) else words


def _variable(name: str, default: Any, about: str, otherwise: str, low: float | None = None) -> Any:
    """A field that one variable sets; a number from `low` up, if that is given. `about` says what it is, `otherwise`
    what holds without it; the README's table has the same words."""
    return Field(
        default=default, validation_alias=name, description=about, json_schema_extra={"otherwise": otherwise},
        ge=low, lt=None if low is None else NUMBER_LIMIT,
    )  # fmt: skip


class Environment(BaseSettings):
    """The settings as the environment gives them now: a new object is made for each read."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", frozen=True, allow_inf_nan=False)

    home: Annotated[Path, BeforeValidator(_folder)] = _variable(
        HOME, Path("workspace"), "the folder for prepared data, uploads, runs and the database", "`./workspace`"
    )
    data: Annotated[Path, BeforeValidator(_folder)] = _variable(
        DATA, Path("workspace/data"), "the folder for data sets and ImageNet weights, in torchvision's layout",
        "`data` in the folder of `EPOCHLAB_HOME`",
    )  # fmt: skip
    runs: Annotated[Path | None, BeforeValidator(_folder_if_named)] = _variable(
        "EPOCHLAB_RUNS", None, "the folder for runs, where it is another: computers that train together share it",
        "`runs` in the folder of `EPOCHLAB_HOME`",
    )  # fmt: skip
    database: str | None = _variable(
        "EPOCHLAB_DB", None, "the database: a file, as `sqlite:////folder/epochlab.db`, or PostgreSQL, as `postgresql://user@server/database`",
        "`epochlab.db` (SQLite) in the folder of `EPOCHLAB_HOME`",
    )  # fmt: skip
    roots: Annotated[tuple[str, ...] | None, NoDecode, BeforeValidator(_listed)] = _variable(
        ROOTS, None,
        "the folders that a path given in the browser may lie in, with `:` between (`;` on Windows); set to nothing, "
        "no path can be typed and images come by upload alone",
        "the home folder and the data folder",
    )  # fmt: skip
    runs_at_once: Annotated[int | None, BeforeValidator(_whole)] = _variable(
        "EPOCHLAB_RUNS_AT_ONCE", None, "how many runs train at once", "one on each GPU, one on a processor",
        low=1,
    )  # fmt: skip
    save_every: float = _variable(
        "EPOCHLAB_SAVE_EVERY", 60.0,
        "seconds between two checkpoints in the middle of an epoch: what a crash costs at most", "60",
        low=0,
    )  # fmt: skip
    keep_mb: float = _variable(
        "EPOCHLAB_KEEP_MB", 200.0,
        "megabytes that the checkpoints of single epochs may take in each run, beside its last and its best one: up to "
        "ten epochs, evenly spread, from which the run can be forked; `0` keeps none", "200",
        low=0,
    )  # fmt: skip
    time_steps: Annotated[bool, BeforeValidator(_switch)] = _variable(
        "EPOCHLAB_TIME_STEPS", True,
        "whether a few steps are timed for settings that no run has had yet, to say how long they will take: seconds "
        "of a processor each time; `0` on a computer that many share", "1",
    )  # fmt: skip
    language: Annotated[str, BeforeValidator(str.strip)] = _variable(
        "EPOCHLAB_LANGUAGE", "en", "the language of words, such as `de`", "`en`, English"
    )
    debug: Annotated[bool, BeforeValidator(bool)] = _variable(
        "EPOCHLAB_DEBUG", False, "set to anything, the command line shows where an error came from", "a sentence alone"
    )

    @model_validator(mode="before")
    @classmethod
    def with_defaults(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A variable that is set to nothing counts as one that is not set, except EPOCHLAB_ROOTS. The data lie in the
        workspace unless the environment names another folder."""
        blank = {name for name, words in values.items() if isinstance(words, str) and not words.strip()}
        said = {name: words for name, words in values.items() if name == ROOTS or name not in blank}
        home = said.setdefault(HOME, cls.model_fields["home"].default)
        said.setdefault(DATA, Path(home) / "data")
        return said

    @classmethod
    def read(cls, *names: str) -> "Environment":
        """The settings as they are now. `BadInput` for the first of `names` that cannot be used; errors in the
        others are left to the callers that need them."""
        try:
            return cls()
        except ValidationError as error:
            wrong = {str(one["loc"][0]): one for one in error.errors()}
            for name in names:
                field = cls.model_fields[name]
                if (one := wrong.get(str(field.validation_alias))) is not None:
                    raise BadInput(_sentence(str(field.validation_alias), field, one)) from error
            sound = {str(field.validation_alias): field.default for field in cls.model_fields.values()}
            return cls(**{variable: sound[variable] for variable in wrong})


def _sentence(variable: str, field: FieldInfo, error: Any) -> str:
    """What is wrong with a variable, and what to do."""
    words = os.environ.get(variable, str(error["input"]))
    if error["type"] == "value_error":
        return _(
            "{variable} is {value!r}, {why}", variable=variable, value=words, why=translate(str(error["ctx"]["error"]))
        )
    low = bounds(field)[0]
    return _(
        "{variable} is {value!r}, which is no number from {low:g} up: set it to one, or leave it out.",
        variable=variable,
        value=words.strip(),
        low=low,
    )
