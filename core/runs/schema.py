"""The tables of the store, and how those of an older version become these."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

VERSION = 3  # of these tables; the next change of them raises it

# Version → what makes it of the one before. A store is brought up to date when it is opened.
CHANGES = {
    2: ("ALTER TABLE runs ADD COLUMN vitals JSON",),
    3: (
        "ALTER TABLE runs ADD COLUMN outcome JSON",
        "ALTER TABLE runs RENAME COLUMN vitals TO oom_counters",
        "ALTER TABLE runs RENAME COLUMN wish TO requested_action",
    ),
}

metadata = MetaData()

# One row. Version 1 had no such table.
about = Table("about", metadata, Column("version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("requested_action", String(8)),  # what a person asked of a running worker: pause or cancel
    Column("config", JSON, nullable=False),
    Column("recipe", Text),
    Column("tags", JSON, nullable=False),
    Column("notes", Text, nullable=False),
    Column("created", Float, nullable=False),  # seconds since 1970, as all times here
    Column("queued", Float, nullable=False),  # place in the queue
    Column("started", Float),
    Column("finished", Float),
    Column("pid", Integer),
    Column("oom_counters", JSON),  # what the system said of itself when the worker began
    Column("stage", Text, nullable=False),  # what the worker is doing, in words
    Column("progress", Float, nullable=False),  # share of the training steps done, 0–1
    Column("seconds", Float, nullable=False),  # time worked so far, pauses left out
    Column("message", Text, nullable=False),  # the same in a sentence, of runs that versions before 3 ended
    Column("outcome", JSON),  # why it ended, when not simply finished: a message's code, text and values
    Column("summary", JSON),
)

epochs = Table(
    "epochs",
    metadata,
    Column("run", String(12), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("train_loss", Float),
    Column("train_accuracy", Float),
    Column("train_correct", Integer),
    Column("train_total", Integer),
    Column("val_loss", Float),
    Column("val_accuracy", Float),
    Column("val_correct", Integer),
    Column("val_total", Integer),
    Column("lr", Float),
    Column("seconds", Float, nullable=False),  # since the start of training, pauses left out
)

steps = Table(
    "steps",
    metadata,
    Column("run", String(12), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("epoch", Float, nullable=False),  # position in epochs, 1.5 is the middle of the second
    Column("loss", Float),
    Column("accuracy", Float),
    Column("lr", Float),
    Column("images_per_second", Float),
    Column("seconds", Float, nullable=False),
    sqlite_with_rowid=False,  # rows of one run lie together, so reading the newest is one seek
)

Index("runs_by_state", runs.c.state, runs.c.queued)
