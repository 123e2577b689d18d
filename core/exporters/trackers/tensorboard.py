"""TensorBoard: a folder of event files for each run."""

import shlex
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from core.exporters.answer_sheet import answer_sheet, table_of
from core.exporters.measured import Answers, Point, plain_settings
from core.exporters.spec import Extra
from core.exporters.trackers.spec import Session, TrackerSpec, made_folder
from core.runs.naming import file_name
from core.runs.store import Run

OURS = ".epochlab"  # at the end of the names of event files, which are the only ones that are ever replaced


class Events:
    """The event files of one run. Values are float32 there, as everywhere in TensorBoard."""

    def __init__(self, run: Run, to: str) -> None:
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.summary import hparams

        logs = made_folder(to)
        for old in logs.glob(f"*-{run.id}/events.out.tfevents.*{OURS}"):
            old.unlink()
            with suppress(OSError):  # the run may have had another name; what else lies there stays
                old.parent.rmdir()
        folder = logs / file_name(run.name, run.id)
        self.place, self.look = str(folder), shlex.join(["tensorboard", "--logdir", str(logs)])
        self.writer = SummaryWriter(str(folder), filename_suffix=OURS)
        self.files = cast(Any, self.writer.file_writer)
        scores = [
            f"{metric}/{part}" for part in ("test", run.config.data.measured_on) for metric in ("accuracy", "loss")
        ]
        self.settings = hparams(plain_settings(run), dict.fromkeys(scores, 0))  # type: ignore[no-untyped-call]
        for summary in self.settings[:2]:  # which settings and scores there are, and these settings
            self.files.add_summary(summary)
        self.writer.flush()

    def add(self, points: Sequence[Point], answers: Sequence[Answers]) -> None:
        for point in points:
            self.writer.add_scalar(point.tag, point.value, point.step, point.time)
        for one in answers:
            self.writer.add_image("answers", answer_sheet(one), one.step, one.time, dataformats="HWC")
            self.writer.add_text("answers", table_of(one), one.step, one.time)
        self.writer.flush()

    def close(self, run: Run) -> None:
        if run.state == "finished":
            self.files.add_summary(self.settings[2])
        self.writer.close()


def begin(run: Run, to: str) -> Session:
    return Events(run, to)


SPECS = (
    TrackerSpec(
        name="tensorboard",
        title="TensorBoard",
        help="A folder for tensorboard --logdir, with curves, images and settings beside their scores.",
        extra=Extra("tensorboard", ("tensorboard",), 55),
        begin=begin,
        order=0,
    ),
)
