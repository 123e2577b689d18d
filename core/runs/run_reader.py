"""Runs from their rows. A damaged row, or one whose settings cannot be read, is a run that says so."""

from typing import Any

from sqlalchemy import Row, Text, type_coerce

from core import translations
from core.errors import BadInput, Problem
from core.run_config import RunConfig
from core.runs import schema
from core.runs.json_columns import read_json
from core.runs.row_check import PLAIN, damaged_columns
from core.runs.store import UNREADABLE, Origin, Run

SETTINGS_UNREADABLE = (
    "The settings of this run cannot be read ({reason}): another version wrote them, an extension that it uses is not "
    "installed, or the store is damaged. Look at it with that version or extension, or delete it."
)
ROW_DAMAGED = (
    "The row of this run in the store is damaged ({columns}), so the run cannot be used. Delete it, or bring back the "
    "database from a backup."
)
MAX_KNOWN = 5000  # runs whose rows are remembered, about 10 kB each

JSON_COLUMNS = [column.name for column in schema.runs.columns if isinstance(column.type, schema.Json)]
# As they are written: whether a row has changed is seen without reading its JSON.
RUN_COLUMNS = [type_coerce(column, Text).label(column.name) if column.name in JSON_COLUMNS else column
               for column in schema.runs.columns]  # fmt: skip


DAMAGED = object()  # a column whose JSON cannot be read


def json_of(text: str | None) -> Any:
    """What a column holds: None where it holds nothing, DAMAGED where that cannot be read."""
    if text in (None, "", "null"):
        return None
    found = read_json(text)
    return DAMAGED if found is None else found


class RunReader:
    """Reads rows of `schema.runs`, selected by RUN_COLUMNS. Remembers what they said."""

    def __init__(self) -> None:
        self.configs: dict[str, RunConfig] = {}  # by run; they never change, and checking 1,000 of them takes long
        self.known: dict[str, tuple[tuple[Any, ...], Run]] = {}  # by run: the row that was read, and what it says

    def run_of(self, row: Row[Any]) -> Run:
        """The run of a row. A page reads hundreds at every move of a slider: what is as it was is not read again."""
        key = (*row, translations.current())  # of the sentences in it
        known = self.known.get(row.id)
        if known is None or known[0] != key:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            known = self.known[row.id] = key, self.read(row)
        return known[1]

    def read(self, raw: Row[Any]) -> Run:
        row = raw._asdict() | {name: json_of(raw._mapping[name]) for name in JSON_COLUMNS}
        try:
            if row["config"] in (None, DAMAGED):
                raise BadInput("they are damaged")
            config = self.configs.get(row["id"]) or RunConfig.from_dict(row["config"])
        except Problem as error:
            unreadable = Problem(SETTINGS_UNREADABLE, UNREADABLE, reason=str(error))
            unread = {
                "config": RunConfig(),
                "state": "failed",
                "summary": None,
                "message": str(unreadable),
                "outcome": unreadable.to_dict(),
            }
            return Run(**{**whole(row), **unread})
        self.configs[row["id"]] = config
        return Run(**{**whole(row), "config": config})


def whole(row: Any) -> dict[str, Any]:
    """The columns of a row, ready for a run; of a damaged row those that are sound, and a word about it."""
    found = {**row, "tags": [] if row["tags"] is None else row["tags"]}
    damaged = damaged_columns(found)
    if not damaged:
        return found | {"message": message_of(row), "origin": row["origin"] and Origin(**row["origin"])}
    problem = Problem(ROW_DAMAGED, UNREADABLE, columns=", ".join(damaged))
    found |= {name: PLAIN[name] for name in damaged}
    said = {"state": "failed", "message": str(problem), "outcome": problem.to_dict()}
    return found | said | {"name": found["name"] or found["id"]}


def message_of(row: Any) -> str:
    """Why a run ended, in a sentence: made now, in the reader's language."""
    try:
        return str(Problem.from_dict(row["outcome"])) if row["outcome"] else str(row["message"])
    except (LookupError, TypeError, AttributeError, ValueError):  # damaged, or of a newer version
        return str(row["message"])
