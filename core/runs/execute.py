"""Training one run from claim to end: drives `fit`, writes what it yields to the store, saves checkpoints, and obeys
pause and cancel. The worker and the command line's `train` both come through here."""

import json
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from core.datasets.source import DataSource
from core.errors import BadInput, Problem, Unwritable, reason
from core.files import disk_space
from core.loading.batches import RunData
from core.loading.split import copies_of_training
from core.locale import N_, _
from core.models.shapes import shapes_of
from core.models.spec import IMAGENET
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.prepared.before_a_run import comes_with_the_run
from core.run_config import RunConfig
from core.runs import obstacles, options, outcomes, run_log, watched_images
from core.runs.answer_history import HistoryRecorder
from core.runs.attempt import STATE_AFTER, Attempt
from core.runs.lab import Lab
from core.runs.probe_images import ProbeRecorder
from core.runs.readable import write_readable
from core.runs.restore import require_same, restore
from core.runs.store import PATIENCE_S, EpochRow, Run, State, StepRow, Superseded
from core.training import checkpoint, retention
from core.training.device import choose_device, out_of_memory
from core.training.events import EpochMetrics, Evaluating, Event, Finished, StepMetrics, Training
from core.training.fit import fit
from core.training.kept_features import keep_features
from core.training.memory import peak
from core.training.optimizers import OPTIMIZERS
from core.training.state import TrainState

OTHER_FILES_BYTES = 2**24  # bytes for whatever lies beside a run's checkpoints: its numbers, its log
FLUSH_INTERVAL_S = 0.25  # seconds between two writes to the store: a chart that redraws each second needs no more
UNFORESEEN = (
    "The run stopped with an unexpected error ({reason}). Its log tells where; resume it to try again from the "
    "last checkpoint."
)


def execute(run: Run, lab: Lab, observe: Callable[[Event], None] = lambda event: None) -> Run:
    """Train a run that this process has claimed (state `running`, lock held) until it finishes, fails, or is asked
    to stop; returns its row as it then stands, and as `interrupted` where another attempt has begun. `observe` sees
    every event."""
    started, lab.store.patience = time.perf_counter(), PATIENCE_S
    attempt = Attempt(run, lab.store)
    outcome: Problem | None = None
    values: dict[str, Any] = {}
    try:
        state, values = drive(run, lab, attempt, observe, started)
    except Superseded as error:  # the row of the run is another attempt's now
        if lab.workspace.run(run.id).exists():
            lab.files.note(run.id, str(error))
        return replace(run, state="interrupted", message=str(error), outcome=error.to_dict())
    except obstacles.NotHere as error:
        state = "queued"
        with suppress(Unwritable):
            obstacles.refuse(run, lab.store, lab.workspace, error)
    except Unwritable as error:  # nothing is wrong with the run: it can go on once writing works again
        state, outcome = "paused", error
    except Problem as error:
        state, outcome = "failed", error
    except KeyboardInterrupt:
        # The last checkpoint stays valid; nothing may be written from the middle of a step.
        state = "paused"
    except Exception as error:
        state, outcome = "failed", Problem(UNFORESEEN, reason=reason(error))
        if out_of_memory(error):
            outcome = outcomes.out_of_memory(run.config.training.batch_size)
        else:
            with suppress(OSError):  # a worker's standard error is the run's log; that of others may be closed
                traceback.print_exc(file=sys.stderr)
    try:
        if outcome:
            values = {"outcome": outcome.to_dict()}
        attempt.end(state, finished=time.time(), **values)
        run = lab.store.get(run.id)
    except Unwritable as error:  # the next reader will find no worker, and offer to resume
        outcome = outcome or error
        lab.files.keep_ending(run.id, state, outcome)
        run = replace(run, state=state, progress=0.0, message=str(outcome), outcome=outcome.to_dict())
    except BadInput as error:  # it was deleted
        return replace(run, state="interrupted", message=str(error), outcome=error.to_dict())
    lab.files.note(run.id, run_log.closing(run))
    return run


def drive(
    run: Run, lab: Lab, attempt: Attempt, observe: Callable[[Event], None], started: float
) -> tuple[Any, dict[str, Any]]:
    """Returns the state in which the run ends and the columns that go with it."""
    config = run.config
    lab.files.forget_ending(run.id)
    device = choose_device(config.training.device)
    began = time.perf_counter()
    if asked := bring_data(run, lab, attempt):
        return asked, {}
    started += time.perf_counter() - began  # it is no time of the run
    prepared = prepare.require(DataSource.of(config.data), lab.workspace)
    if lab.store.shared and (other := obstacles.other_images(run, prepared)):
        raise other
    begins = not lab.files.has_checkpoint(run.id)
    published = config.model.weights == IMAGENET and begins and not run.origin
    stage = N_("loading ImageNet's weights") if published else N_("building the model")
    attempt.change(stage=stage, fingerprint=prepared.meta.fingerprint)
    data, state = restore(run, prepared, lab, device)
    size, limit = checkpoint_size(config, state), options.keep_bytes()
    keep_every = retention.interval(config.training.epochs, size, limit)
    # The best checkpoint, those that are kept, the last one, and the next while it is written.
    space = (3 + retention.kept(config.training.epochs, keep_every)) * size + OTHER_FILES_BYTES
    disk_space.require(lab.workspace.run(run.id), space, _("the checkpoints of this run"))
    began = time.perf_counter()
    for images in keep_features(data, state):
        if isinstance(images, RunData):
            data = images
            break
        attempt.change(stage=features_stage(images, time.perf_counter() - began))
        if action := attempt.requested_action():
            return STATE_AFTER[action], {}
    before = state.progress.seconds  # worked before a pause
    recorder = Recorder(attempt, lab, data, state, keep_every)
    if begins and (run.origin or state.start):
        recorder.save()  # its own, under its own settings; from here on it needs nothing of the other run
    recorder.put_back()
    lab.files.note(run.id, run_log.opening(run, data, state, begins=begins))
    for event in fit(config, data, state):
        recorder.record(event)
        observe(event)
        if isinstance(event, Finished):
            write_readable(run, lab, state.model, data.prepared.meta)
            return "finished", {
                "summary": summary(run, event, data, before + time.perf_counter() - started, peak(device))
                | ({"weights_from": asdict(state.start)} if state.start else {}),
                "progress": 1.0,
            }
        if action := recorder.requested_action():
            recorder.save()
            recorder.flush()
            return STATE_AFTER[action], {}
    raise AssertionError("fit ends with Finished")


def features_stage(images: Evaluating, seconds: float) -> str:
    """How far the features of the images are, after so many seconds of work, and how long the others will take."""
    return _(
        "computing features: {done:count} of {total:count} images · about {left:duration} left",
        done=images.done,
        total=images.total,
        left=seconds * (images.total - images.done) / max(images.done, 1),
    )


def bring_data(run: Run, lab: Lab, attempt: Attempt) -> State | None:
    """Prepare the data set that comes with a run that begins, or that this computer does not have yet which shares the
    run with others; the state to end in where that was asked for meanwhile."""
    source, said = DataSource.of(run.config.data), 0.0
    if lab.store.shared:
        if prepare.find(source, lab.workspace):
            return None
    elif lab.files.has_checkpoint(run.id) or not comes_with_the_run(source, lab.workspace):
        return None
    try:
        with closing(prepare.prepare(source, lab.workspace)) as reports:
            for now in reports:
                if time.perf_counter() - said < FLUSH_INTERVAL_S:
                    continue
                said = time.perf_counter()
                attempt.change(stage=now.words)
                if action := attempt.requested_action():
                    return STATE_AFTER[action]
    except Superseded:
        raise
    except Problem as problem:
        if lab.store.shared:  # another computer may have the data
            raise obstacles.NotHere(problem.text, problem.code, **problem.values) from problem
        raise
    return None


def checkpoint_size(config: RunConfig, state: TrainState) -> int:
    """Bytes of a checkpoint, nearly."""
    weights = sum(int(tensor.nbytes) for tensor in state.model.state_dict().values())
    kept = OPTIMIZERS[config.optimizer.name].state_size(config.optimizer, shapes_of(state.model))
    return weights + 4 * kept


class Recorder:
    """Writes what happens in a run to its checkpoints and to the store, a few times a second."""

    def __init__(self, attempt: Attempt, lab: Lab, data: RunData, state: TrainState, keep_every: int) -> None:
        run = attempt.run
        self.attempt, self.run, self.lab, self.data, self.state = attempt, run, lab, data, state
        self.folder = lab.workspace.run(run.id)
        own = lab.files.watched_images(run.id)
        if not lab.files.probe_images(run.id).exists():  # it begins
            own = watched_images.take_over(DataSource.of(run.config.data), lab.workspace, self.folder)
        self.probes = ProbeRecorder(self.folder, data, watched_images.read(own))
        self.history = HistoryRecorder(self.folder, np.asarray(data.val.indices))
        self.rows: list[StepRow] = []
        self.stat_digest, self.every = data.prepared.stat_digest(), options.save_every()
        self.flushed = self.saved = time.perf_counter()
        self.keep_every = keep_every  # epochs; 0: none is kept
        self.evaluating = False

    def put_back(self) -> None:
        """Make everything else agree with the last checkpoint: later rows are removed and will be computed again; the
        epoch's row and the best checkpoint, which are written after it, are written again if they were lost."""
        now = self.state.progress
        checkpoint.sweep(self.folder)
        self.probes.forget_after(now.epoch - 1)
        self.history.forget_after(now.epoch - 1)
        if now.history and now.step == 0:
            self.keep(best=now.best_epoch == now.epoch - 1)
        self.attempt.rewind(now.steps)
        for past in now.history:
            self.attempt.report(epoch=EpochRow.of(EpochMetrics.of(json.loads(past))))
        self.attempt.report(started=self.run.started or time.time(), **self.columns())

    def record(self, event: Event) -> None:
        begins = isinstance(event, Evaluating) and not self.evaluating
        self.evaluating = isinstance(event, Evaluating)
        if isinstance(event, StepMetrics | Training):
            if isinstance(event, StepMetrics):
                self.rows.append(StepRow.of(event))
            if time.perf_counter() - self.saved >= self.every:
                self.flush()  # the points before the checkpoint that goes past them: those of later steps come again
                self.save()
        elif isinstance(event, EpochMetrics):
            self.check_data()
            unwritten = None
            try:
                self.flush()  # first: where another attempt has begun, the files are its own
            except Unwritable as error:  # where the store takes nothing, what was learnt is kept
                unwritten = error
            if not (unwritten and self.lab.store.shared):  # else another attempt may have begun, whose files these are
                # Before the checkpoint: after a crash in between, they come again.
                self.probes.record(event.epoch, self.state)
                self.history.record(event.epoch, self.state.answers)
            # The checkpoint before the epoch's row: an epoch that was reported is never lost.
            self.save()
            self.keep(best=event.best)
            if unwritten:
                raise unwritten
            row = EpochRow.of(event)
            self.flush(row)
            self.lab.files.note(self.run.id, run_log.epoch_line(row, self.run))
        elif isinstance(event, Finished):
            self.flush()
        if begins or time.perf_counter() - self.flushed >= FLUSH_INTERVAL_S:
            self.flush()

    def check_data(self) -> None:
        """`Problem` if the images this run learns from have been changed or removed while it trains."""
        on_disk = Prepared(self.data.prepared.folder)
        if (stat_digest := on_disk.stat_digest()) != self.stat_digest:
            require_same(on_disk, self.data.prepared.meta.fingerprint, measured=True)
            self.stat_digest = stat_digest  # prepared again, from the same images

    def requested_action(self) -> str | None:
        """Read right after a flush only, so that a fast run does not spend its time on queries."""
        if self.rows:
            return None
        return self.attempt.requested_action()

    def flush(self, epoch: EpochRow | None = None) -> None:
        self.attempt.report(self.rows, epoch, **self.columns())
        self.rows = []
        self.flushed = time.perf_counter()

    def columns(self) -> dict[str, Any]:
        now = self.state.progress
        done = max(0, now.epoch - 1) + now.step / max(1, len(self.data.train))  # a fork's first epochs had other steps
        return {"stage": self.stage(), "progress": done / self.run.config.training.epochs, "seconds": now.seconds}

    def stage(self) -> str:
        """What the run is doing, in words. The test may come early: before any step of the epoch that is next."""
        now, epochs = self.state.progress, self.run.config.training.epochs
        if now.epoch == 0:
            return N_("measuring the untrained model")
        if now.step == len(self.data.train):
            return _("measuring after epoch {epoch} of {epochs}", epoch=now.epoch, epochs=epochs)
        if now.epoch > epochs or (self.evaluating and now.step == 0):
            return N_("measuring on the test images")
        return _("epoch {epoch} of {epochs}", epoch=now.epoch, epochs=epochs)

    def save(self) -> None:
        values = checkpoint.snapshot(self.run.config, self.data.prepared, self.state)
        checkpoint.save_last(values, self.folder, self.run.attempt)
        self.saved = time.perf_counter()

    def keep(self, *, best: bool) -> None:
        """At the end of an epoch: what the last checkpoint is beside the last one."""
        if best:
            checkpoint.keep_best(self.folder, self.run.attempt)
        if retention.keeps(epoch := self.state.progress.epoch - 1, self.keep_every):
            checkpoint.keep_epoch(self.folder, epoch, self.run.attempt)


def summary(run: Run, end: Finished, data: RunData, seconds: float, memory: int | None) -> dict[str, Any]:
    """The last line of `train --json`, which the store keeps."""
    classes, copies = len(data.prepared.meta.classes), copies_of_training(data.prepared, data.parts, data.parts.test)
    return {
        "run": run.id,
        "name": run.name,
        "state": "finished",
        "epochs": end.epochs,
        "train_loss": end.train and end.train.loss,
        "train_accuracy": end.train and end.train.accuracy,
        "measured_on": run.config.data.measured_on,  # what the `val_*` are of
        "val_loss": end.val.loss,
        "val_accuracy": end.val.accuracy,
        "val_classes_named": end.val.classes_named,
        "best_epoch": end.best_epoch,
        "best_val_accuracy": end.best_val_accuracy,
        "test_loss": end.test.loss,
        "test_accuracy": end.test.accuracy,
        "test_correct": end.test.correct,
        "test_total": end.test.total,
        **{f"test_{name}": value for name, value in end.test.metrics.items()},
        # Of the test images: those of the largest class, and those with the same pixels as a training image. And of the
        # classes: how many the model named at least once.
        "largest_class": end.test.largest_class,
        "copies_of_training": copies,
        "classes": classes,
        "classes_named": end.test.classes_named,
        "seconds": seconds,
        "training_seconds": end.seconds,
        "images_per_second": end.images_per_second,
        "memory": memory,
        "stopped_early": end.stopped_early,
    }
