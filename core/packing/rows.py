"""The rows of a run in a pack: brought up to this version, checked, and without what could be more than words and
numbers."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.errors import BadInput, Problem
from core.models.spec import WEIGHTS_SETTING
from core.packing.manifest import EPOCHS, MAX_NUMBERS_BYTES, MAX_ROW_BYTES, RUN, STEPS, PackedRun
from core.packing.pack_file import PackFile
from core.prepared.allowed_paths import whereabouts
from core.run_config import RunConfig
from core.runs import migrations, naming, schema
from core.runs.confidence import Confidence
from core.runs.json_columns import write_json
from core.runs.row_check import damaged_columns, sound
from core.runs.store import EpochRow, RunRows, StepRow
from core.sanitize import one_line
from core.training.earlier import Start

SETTINGS = (
    "The settings of {name:name} cannot be read here: {problem}. If an extension brought them, install it here, too, "
    "or leave that run away. Pack the runs again."
)
MAX_MESSAGE_CHARS = 2000  # characters of why a run ended
WORDS = "{words}"  # the only text of an outcome that comes from elsewhere; the sentence is its value
SUMMARY_WORDS = ("run", "name", "state", "measured_on")  # of a summary; all else are numbers, and `weights_from`
FROM = "weights_from"

Whole = Annotated[int, Field(ge=0, lt=2**53)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[int, Field(strict=True, gt=-(2**53), lt=2**53)] | Annotated[float, Field(strict=True)]
Metrics = dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,60}$")], Number | None]


class _Numbers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    step: Whole
    metrics: Metrics
    seconds: Seconds


class _Epoch(_Numbers):
    epoch: Whole


class _Step(_Numbers):
    epoch: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _RunFile(BaseModel):
    row: dict[str, Any]
    confidence: dict[str, dict[str, float]] = {}


@dataclass(frozen=True)
class ArrivedRun:
    """A run of a pack, checked."""

    packed: PackedRun
    rows: RunRows
    config: RunConfig
    confidence: dict[str, Confidence]  # by the name of the checkpoint


def read_run(pack: PackFile, packed: PackedRun) -> ArrivedRun:
    """The rows of a run; `BadInput` where they are no such rows."""
    folder = f"runs/{packed.id}/"
    file = pack.read_as(TypeAdapter(_RunFile), folder + RUN, MAX_ROW_BYTES)
    tables: dict[str, list[dict[str, Any]]] = {"runs": [file.row]}
    try:
        for table, name in (("epochs", EPOCHS), ("steps", STEPS)):
            text = pack.read(folder + name, MAX_NUMBERS_BYTES)
            tables[table] = [json.loads(line) for line in text.splitlines()]
        if pack.manifest.store < schema.VERSION:
            tables = older(tables, packed.id, pack.manifest.store)
        epochs = [EpochRow(**_numbers(row)) for row in TypeAdapter(list[_Epoch]).validate_python(tables["epochs"])]
        steps = [StepRow(**_numbers(row)) for row in TypeAdapter(list[_Step]).validate_python(tables["steps"])]
        row = tables["runs"][0]
        try:
            config = RunConfig.from_dict(row["config"])
        except Problem as problem:
            raise BadInput(SETTINGS, name=one_line(packed.name, naming.MAX_NAME_CHARS), problem=problem) from problem
        whereabouts(config.data.path or "")  # only a name here
        columns = clean(row, packed)
        confidence = {name: Confidence.model_validate(values) for name, values in file.confidence.items()}
    except BadInput as problem:
        if problem.text == SETTINGS:
            raise
        raise pack.damaged(folder + RUN) from problem
    except Exception as error:  # rows of strangers can raise anything
        raise pack.damaged(folder + RUN) from error
    unique = len({row.epoch for row in epochs}) == len(epochs) and len({row.step for row in steps}) == len(steps)
    if damaged_columns(columns) or not unique or columns["state"] != packed.state or columns["id"] != packed.id:
        raise pack.damaged(folder + RUN)
    return ArrivedRun(packed, RunRows(columns, epochs, steps), config, confidence)


def older(tables: dict[str, list[dict[str, Any]]], run: str, version: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of a pack of an older version as this one has them."""
    kept = {table: [row if table == "runs" else {**row, "run": run} for row in rows] for table, rows in tables.items()}
    for table in ("epochs", "steps"):
        kept[table] = [
            {name: write_json(value) if isinstance(value, dict) else value for name, value in row.items()}
            for row in kept[table]
        ]
    found = migrations.newer(kept, version)
    for table in ("epochs", "steps"):
        found[table] = [{**row, "metrics": json.loads(row["metrics"])} for row in found[table]]
        for row in found[table]:
            del row["run"]
    return found


def _numbers(row: _Numbers) -> dict[str, Any]:
    return dict(row)


def clean(row: Mapping[str, Any], packed: PackedRun) -> dict[str, Any]:
    """The columns of a run with words made fit to be shown, and nothing of the computer where it was."""
    message = one_line(str(row.get("message") or ""), MAX_MESSAGE_CHARS)
    code = (row.get("outcome") or {}).get("code", "")
    outcome = Problem(WORDS, code if code.isidentifier() else "", words=message).to_dict() if message else None
    return {
        "id": row["id"],
        "name": naming.run_name(row["name"]) or packed.id,
        "state": row["state"],
        "config": row["config"],
        "recipe": one_line(row["recipe"], 100) if row["recipe"] else None,
        "tags": naming.tag_names(row["tags"] or []),
        "notes": naming.note_lines(row["notes"]),
        "created": float(row["created"]),
        "queued": float(row["created"]),
        "started": row["started"],
        "finished": row["finished"],
        "stage": "",
        "progress": row["progress"],
        "seconds": float(row["seconds"]),
        "message": "",
        "outcome": outcome,
        "summary": row["summary"] and summary_of(row["summary"]),
        "origin": row["origin"],
        "requested_action": None,
        "pid": None,
        "attempt": 0,
        "oom_counters": None,
        "place": None,
        "fingerprint": None,
    }


def summary_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A summary without what this version would not read as a number, a word or the run that it started from."""
    found: dict[str, Any] = {}
    for name, value in summary.items():
        if name == FROM:
            found[name] = asdict(TypeAdapter(Start).validate_python(value))
        elif name in SUMMARY_WORDS:
            found[name] = one_line(str(value), naming.MAX_NAME_CHARS)
        elif name.isidentifier() and (sound(value) or isinstance(value, bool)):
            found[name] = value
    return found


# Ids


def same_content(arrived: ArrivedRun, there: RunRows) -> bool:
    """Whether a run here is this one: made in the same moment, in the same state, with the same numbers. Its name, its
    notes and tags may have been changed since."""
    mine, theirs = arrived.rows.columns, there.columns
    return (
        all(mine[name] == theirs[name] for name in ("created", "state", "progress"))
        and list(arrived.rows.epochs) == list(there.epochs)
        and list(arrived.rows.steps) == list(there.steps)
    )


def renamed(arrived: ArrivedRun, ids: Mapping[str, str]) -> ArrivedRun:
    """The same run under its new id, with the new ids of the runs that it comes from."""
    columns = dict(arrived.rows.columns)
    config = relinked(arrived.config, ids)
    columns |= {"id": ids[columns["id"]], "config": config.to_dict()}
    if columns["origin"]:
        columns["origin"] = columns["origin"] | {"run": of(columns["origin"]["run"], ids)}
    if columns["summary"]:
        summary = dict(columns["summary"])
        if "run" in summary:
            summary["run"] = columns["id"]
        if FROM in summary:
            summary[FROM] = summary[FROM] | {"run": of(summary[FROM]["run"], ids)}
        columns["summary"] = summary
    return replace(arrived, rows=replace(arrived.rows, columns=columns), config=config)


def relinked(config: RunConfig, ids: Mapping[str, str]) -> RunConfig:
    """Settings that start from another run's weights, with that one's new id."""
    old = config.model.of_run
    if of(old, ids) == old:
        return config
    return config.replace({WEIGHTS_SETTING: config.model.weights.replace(old, of(old, ids))})


def of(old: str, ids: Mapping[str, str]) -> str:
    """The new id of a run; the old one where it is not in the pack."""
    return ids.get(old, old)
