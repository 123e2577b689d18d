"""Weights & Biases without a network: a folder for each run, which `wandb sync` sends when a person wants it."""

import shlex
import shutil
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from core.exporters.answer_sheet import words
from core.exporters.measured import Answers, Point, plain_settings, test_scores
from core.exporters.spec import Extra
from core.exporters.trackers.spec import Session, TrackerSpec, made_folder
from core.runs.store import Run


class Offline:
    """One run of W&B. Its own counter of steps only counts calls, so `step` is a value, and the axis of all others."""

    def __init__(self, run: Run, to: str) -> None:
        import wandb

        logs = made_folder(to)
        for old in logs.glob(f"wandb/offline-run-*-{run.id}/run-{run.id}.wandb"):
            shutil.rmtree(old.parent)
        quiet = wandb.Settings(  # no code, packages or load of this computer
            silent=True, console="off", disable_git=True, disable_code=True, save_code=False, x_disable_stats=True,
            x_disable_meta=True, x_save_requirements=False,
        )  # fmt: skip
        self.run = wandb.init(
            project="epochlab", id=run.id, name=run.name, tags=run.tags, notes=run.notes, config=plain_settings(run),
            dir=str(logs), mode="offline", reinit="create_new", settings=quiet,
        )  # fmt: skip
        self.place = str(Path(self.run.dir).parent)
        self.look = shlex.join(["wandb", "sync", self.place])
        self.run.define_metric("step")
        self.run.define_metric("*", step_metric="step")

    def add(self, points: Sequence[Point], answers: Sequence[Answers]) -> None:
        import wandb

        for (step, time), group in groupby(points, key=lambda point: (point.step, point.time)):
            self.log(step, time, {point.tag: point.value for point in group})
        for one in answers:
            size = np.max([answer.image.shape[:2] for answer in one.images], axis=0)
            images = [
                wandb.Image(in_the_middle(answer.image, size).squeeze(), caption=words(answer)) for answer in one.images
            ]
            self.log(one.step, one.time, {"answers": images})

    def log(self, step: int, time: float, values: dict[str, Any]) -> None:
        self.run.log({**values, "step": step, "_timestamp": time})

    def close(self, run: Run) -> None:
        self.run.summary.update({f"{name}/test": value for name, value in test_scores(run).items()})
        self.run.finish(exit_code=int(run.state in ("failed", "cancelled", "interrupted")))


def in_the_middle(image: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(H, W, C) in the middle of a black one of at least its size: W&B shows images of several sizes wrongly."""
    before = (size - image.shape[:2]) // 2
    after = size - image.shape[:2] - before
    return np.pad(image, (*zip(before, after, strict=True), (0, 0)))


def begin(run: Run, to: str) -> Session:
    return Offline(run, to)


SPECS = (
    TrackerSpec(
        name="wandb",
        title="Weights & Biases",
        help="Runs for wandb sync, which sends them to an account; nothing is sent before.",
        extra=Extra("wandb", ("wandb",), 75),
        begin=begin,
        order=2,
    ),
)
