"""The tables of the store. Those of an older version become these by `migrations`.

The numbers of a step or an epoch are one JSON object by name, so that a new metric needs no column. Measured with 20
runs of 10,000 steps in SQLite (`python -m benchmarks.row_layouts`; more in benchmarks/README.md), four values a step:

| layout | files | all read | newest read | one written |
| --- | --- | --- | --- | --- |
| JSON | 34.6 MB | 0.86 s | 0.11 ms | 0.17 ms |
| a row for every value | 32.8 MB | 1.32 s | 0.19 ms | 0.28 ms |
| columns for these four, Json for more | 18.0 MB | 0.74 s | 0.12 ms | 0.16 ms |

Columns would save 6 ms of the first reading of a run (later ones read what is new) and lose them again with eight
values, and they would be one more place where metrics have names.
"""

from typing import Any

from sqlalchemy import Column, Dialect, Float, ForeignKey, Index, Integer, MetaData, Table, TypeDecorator
from sqlalchemy import Text as AnyText

from core.runs.json_columns import read_json, write_json

VERSION = 7  # of these tables; the next change of them raises it


class Text(TypeDecorator[str]):
    """Any characters but the one that PostgreSQL cannot keep, the one with the number 0, which is left out."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\0", "") if isinstance(value, str) else value


class Json(TypeDecorator[Any]):
    """JSON as Python writes it, with NaN and Infinity, which the JSON types of databases refuse; kept as text."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else write_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else read_json(value)


metadata = MetaData()

# One row. Version 1 had no such table.
about = Table("about", metadata, Column("version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_action", Text),  # what a person asked of a running worker: pause or cancel
    Column("config", Json, nullable=False),
    Column("recipe", Text),
    Column("tags", Json, nullable=False),
    Column("notes", Text, nullable=False),
    Column("created", Float, nullable=False),  # seconds since 1970, as all times here
    Column("queued", Float, nullable=False),  # place in the queue
    Column("started", Float),
    Column("finished", Float),
    Column("pid", Integer),
    Column("attempt", Integer, nullable=False),  # how often a worker has claimed it
    Column("place", Text),  # the computer and the workspace that its worker runs in, or ran in last
    Column("fingerprint", Text),  # of the images that it learns from, once known
    Column("oom_counters", Json),  # counters of the system when the worker began
    Column("stage", Text, nullable=False),  # what the worker is doing, in words
    Column("progress", Float, nullable=False),  # share of the training steps done, 0–1
    Column("seconds", Float, nullable=False),  # time worked so far, pauses left out
    Column("message", Text, nullable=False),  # the outcome as a sentence, of runs that versions before 3 ended
    Column("outcome", Json),  # why it ended, when not simply finished: a message's code, text and values
    Column("summary", Json),
    Column("origin", Json),  # of a fork: the run that it goes on from, after which epoch, and how
)

# Those that take runs from a store that computers share; each writes its own row alone.
computers = Table(
    "computers",
    metadata,
    Column("place", Text, primary_key=True),  # as of runs
    Column("devices", Json, nullable=False),  # what it trains on, in words
    Column("since", Float, nullable=False),  # when it came
    Column("heard", Float, nullable=False),  # when it last said that it is there
    Column("refused", Json, nullable=False),  # by the id of a run: why it cannot take it, and when it has tried
)

epochs = Table(
    "epochs",
    metadata,
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("metrics", Text, nullable=False),  # {"train_loss": 0.41, "val_accuracy": 0.97, …}
    Column("seconds", Float, nullable=False),  # since the start of training, pauses left out
)

steps = Table(
    "steps",
    metadata,
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("epoch", Float, nullable=False),  # position in epochs, 1.5 is the middle of the second
    Column("metrics", Text, nullable=False),  # {"loss": 0.43, "lr": 0.001, …}
    Column("seconds", Float, nullable=False),
    sqlite_with_rowid=False,  # rows of one run lie together, so reading the newest is one seek
)

Index("runs_by_state", runs.c.state, runs.c.queued)
