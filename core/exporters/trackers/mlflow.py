"""MLflow: a database in a folder, or whatever a tracking URI names. It takes no plain files any more."""

import logging
import os
import shlex
from collections.abc import Sequence
from typing import Any

from core.exporters.answer_sheet import answer_sheet
from core.exporters.measured import Answers, Point, plain_settings
from core.exporters.spec import Extra
from core.exporters.trackers.spec import Session, TrackerSpec, made_folder
from core.runs.store import Run

EXPERIMENT = "Epochlab"
TAG = "epochlab.run"  # of an MLflow run: the id here
AT_ONCE = 1000  # metrics in one call, the most that MLflow takes
STATES = {"finished": "FINISHED", "failed": "FAILED", "cancelled": "KILLED", "interrupted": "KILLED"}


class Tracking:
    """One run of MLflow. Times are whole milliseconds there."""

    def __init__(self, run: Run, to: str) -> None:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read on import; else it tells its makers of every run
        from mlflow import MlflowClient
        from mlflow.entities import Param

        logging.getLogger("mlflow.store.db").setLevel(logging.WARNING)  # it tells of each table that it makes
        folder = None if "://" in to else made_folder(to)
        self.place = to if folder is None else f"sqlite:///{folder / 'mlflow.db'}"
        self.look = shlex.join(["mlflow", "ui", "--backend-store-uri", self.place])
        self.client = MlflowClient(tracking_uri=self.place)
        known = self.client.get_experiment_by_name(EXPERIMENT)
        artifacts = (folder / "artifacts").as_uri() if folder else None
        experiment = known.experiment_id if known else self.client.create_experiment(EXPERIMENT, artifacts)
        for old in self.client.search_runs([experiment], f"tags.`{TAG}` = '{run.id}'"):
            self.client.delete_run(old.info.run_id)
        begun = int((run.started or run.created) * 1000)
        tags = {TAG: run.id, "tags": ", ".join(run.tags), "mlflow.note.content": run.notes}
        self.run = self.client.create_run(experiment, begun, tags, run.name).info.run_id
        params = [Param(name, str(value)) for name, value in plain_settings(run).items()]
        for start in range(0, len(params), 100):  # the most that one call takes
            self.client.log_batch(self.run, params=params[start : start + 100])

    def add(self, points: Sequence[Point], answers: Sequence[Answers]) -> None:
        from mlflow.entities import Metric

        metrics: list[Any] = [Metric(one.tag, one.value, int(one.time * 1000), one.step) for one in points]
        for start in range(0, len(metrics), AT_ONCE):
            self.client.log_batch(self.run, metrics=metrics[start : start + AT_ONCE])
        for one in answers:
            when = int(one.time * 1000)
            self.client.log_image(
                self.run, answer_sheet(one), key="answers", step=one.step, timestamp=when, synchronous=True
            )

    def close(self, run: Run) -> None:
        if state := STATES.get(run.state):
            self.client.set_terminated(self.run, state, int((run.finished or run.created) * 1000))


def begin(run: Run, to: str) -> Session:
    return Tracking(run, to)


SPECS = (
    TrackerSpec(
        name="mlflow",
        title="MLflow",
        help="A database and pictures in a folder, or runs on a server of MLflow where a URI is given.",
        extra=Extra("mlflow", ("mlflow-skinny", "alembic"), 95, imports=("mlflow", "alembic")),
        begin=begin,
        viewer=Extra("", ("mlflow",), 105, imports=("flask",)),  # the writer's package has its command, and no pages
        order=1,
    ),
)
