"""Stores as earlier versions left them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from core.run_config import RunConfig
from core.runs.sql_store import SqlStore
from core.runs.store import StepRow
from tests.rows import epoch_row, step_row

EPOCH = epoch_row(0, 0, None, None, None, None, 2.3, 0.1, 1, 10, None, 0.0)

NUMBERS = """
    CREATE TABLE epochs (
        run VARCHAR(12) NOT NULL, epoch INTEGER NOT NULL, step INTEGER NOT NULL, train_loss FLOAT, train_accuracy FLOAT,
        train_correct INTEGER, train_total INTEGER, val_loss FLOAT, val_accuracy FLOAT, val_correct INTEGER,
        val_total INTEGER, lr FLOAT, seconds FLOAT NOT NULL, PRIMARY KEY (run, epoch),
        FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
    );
    CREATE TABLE steps (
        run VARCHAR(12) NOT NULL, step INTEGER NOT NULL, epoch FLOAT NOT NULL, loss FLOAT, accuracy FLOAT, lr FLOAT,
        images_per_second FLOAT, seconds FLOAT NOT NULL, PRIMARY KEY (run, step),
        FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
    ) WITHOUT ROWID;
"""


def earlier_version(path: Path, version: int = 1, runs: int = 1, steps: int = 1) -> None:
    """The tables as they were when they had no version yet, or that one, with runs in them."""
    store = SqlStore(f"sqlite:///{path}")
    ids = [store.add(RunConfig(), "old").id for _ in range(runs)]
    store.engine.dispose()
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE epochs")
        db.execute("DROP TABLE steps")
        db.executescript(NUMBERS)
        for run in ids:
            db.execute(
                "INSERT INTO epochs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [run, EPOCH.epoch, EPOCH.step, *EPOCH.metrics.values(), EPOCH.seconds],
            )
            rows = ([run, row.step, row.epoch, *row.metrics.values(), row.seconds] for row in map(step, range(steps)))
            db.executemany("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute("DROP TABLE computers")
        db.execute("ALTER TABLE runs DROP COLUMN fingerprint")
        db.execute("ALTER TABLE runs DROP COLUMN attempt")
        db.execute("ALTER TABLE runs DROP COLUMN place")
        db.execute("ALTER TABLE runs DROP COLUMN origin")
        db.execute("ALTER TABLE runs DROP COLUMN outcome")
        db.execute("ALTER TABLE runs RENAME COLUMN requested_action TO wish")
        db.execute("ALTER TABLE runs RENAME COLUMN oom_counters TO vitals")
        if version == 1:
            db.execute("ALTER TABLE runs DROP COLUMN vitals")
            db.execute("DROP TABLE about")
        else:
            db.execute("UPDATE about SET version = ?", [version])
        db.commit()


def step(number: int) -> StepRow:
    return step_row(number, number / 7, 2 / (number + 1), 0.1 * number, 1e-3 / 3, 900.0, number * 0.3)
