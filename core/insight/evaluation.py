"""How a trained run does on a split: accuracy, loss, confusion matrix and the figures of each class."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from pydantic import AliasChoices, Field
from sklearn.metrics import precision_recall_fscore_support

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files import atomic
from core.files.paths import Workspace
from core.insight.answers import changed
from core.insight.image_answers import ImageAnswers, read_answers
from core.loading.batches import Batches, evaluation_batch
from core.loading.pixels import Pixels
from core.loading.split import by_name, copies_of_training, parts
from core.prepared import prepare
from core.runs.store import Run
from core.runs.trained import load_model, trained_checkpoint
from core.settings.fields import Settings
from core.training import checkpoint, verdict
from core.training.device import choose_device
from core.training.evaluate import evaluate as score_model
from core.training.events import Evaluating, Score
from core.training.metrics import computed
from core.training.metrics.spec import Value

SPLITS = ("train", "val", "test")


class ClassFigures(Settings):
    """One class: the share of the images answered as this class that belong to it (precision); the share of its images
    answered so (recall); the harmonic mean of both (F1); and the number of its images."""

    name: str
    precision: float | None  # None: the class is never named
    recall: float | None  # None: the class has no image here; F1 has neither then
    f1: float | None
    count: int


class Evaluation(Settings):
    """A run measured on a split. `confusion[i][j]` counts images of class i that were taken for class j."""

    run: str
    split: str
    accuracy: float
    loss: float
    correct: int
    total: int
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    per_class: tuple[ClassFigures, ...]
    # Of the checkpoint that was measured. The first version wrote `stamp`.
    checkpoint_version: str = Field("", validation_alias=AliasChoices("checkpoint_version", "stamp"))
    metrics: dict[str, Value] = Field(default_factory=dict)  # what else is measured; earlier versions kept none
    # What the data set itself calls these images: its `val` is the test part where it has no other, and validation
    # images may be held out of its `train`. None: kept by a version that did not write it.
    own_split: str | None = None
    # Images that are among the training images, too; None: kept by a version that did not count them
    copies_of_training: int | None = None

    @property
    def measured(self) -> verdict.Measured:
        """The counts behind the accuracy."""
        largest = max((figures.count for figures in self.per_class), default=0)
        named = sum(map(any, zip(*self.confusion, strict=True)))
        return verdict.Measured(
            self.correct, self.total, largest, named, len(self.classes), self.copies_of_training or 0
        )

    def has_all(self) -> bool:
        """Whether all is measured that this version measures."""
        wanted = {spec.name for spec in computed(len(self.classes))}
        return None not in (self.copies_of_training, self.own_split) and wanted <= set(self.metrics)


def evaluate(
    run: Run,
    split: str,
    workspace: Workspace,
    which: str = checkpoint.LAST,
    observe: Callable[[Evaluating], None] = lambda beat: None,
) -> Evaluation:
    """Measure a run's checkpoint on `train`, `val` or `test`, as the run itself splits its data.

    The result is kept beside the checkpoint, so that asking again costs nothing. `observe` gets the progress.
    Raises `BadInput` for an unknown split and for one that the run has no images of: another one is never measured in
    its place. `Problem` without a checkpoint or when the data have changed.
    """
    known_split(split)
    path = trained_checkpoint(run, workspace, which)
    kept = evaluation_file(path, split)
    version = atomic.file_identity(path)  # before it is read: a run that trains may replace it meanwhile
    before = read_kept(kept, version)
    if before and not before.own_split and split == "val" and run.config.data.measured_on != "val":
        before = None  # earlier versions measured the test images then
    if before is not None and before.has_all():
        return before
    try:
        result, answers = measure(run, split, workspace, path, observe)
    except Problem:
        if before is None:
            raise
        return before  # it was kept when there were fewer metrics, and still holds
    result = result.model_copy(update={"checkpoint_version": version})
    if before is not None:
        names = ("copies_of_training", "per_class", "own_split")
        more = {name: getattr(result, name) for name in names}
        result = before.model_copy(update={"metrics": before.metrics | result.metrics, **more})
    keep(result, answers, path)
    return result


def image_answers(
    run: Run, split: str, workspace: Workspace, which: str = checkpoint.LAST,
    observe: Callable[[Evaluating], None] = lambda beat: None,
) -> ImageAnswers:  # fmt: skip
    """What a run's checkpoint answers to each image of a split; it is evaluated if that is still to do. Raises as
    `evaluate` does."""
    path = trained_checkpoint(run, workspace, which)
    version = atomic.file_identity(path)
    if kept := read_answers(answers_file(path, split), version):
        return kept
    result, answers = measure(run, known_split(split), workspace, path, observe)
    keep(result.model_copy(update={"checkpoint_version": version}), answers, path)
    return answers


def evaluation_file(path: Path, split: str) -> Path:
    """Beside a checkpoint: its evaluation on a split."""
    return path.with_name(f"evaluation-{path.stem}-{split}.json")


def answers_file(path: Path, split: str) -> Path:
    """Beside a checkpoint: its answers to the images of a split."""
    return path.with_name(f"answers-{path.stem}-{split}.npz")


def keep(result: Evaluation, answers: ImageAnswers, path: Path) -> None:
    """Write both beside the checkpoint, unless its run was deleted meanwhile."""
    if path.parent.exists():
        answers.write(answers_file(path, result.split), result.checkpoint_version)
        atomic.write(result.model_dump_json().encode(), evaluation_file(path, result.split))


def known_split(split: str) -> str:
    """The same; `BadInput` for a split that no run has."""
    if split not in SPLITS:
        raise BadInput("unknown split {split!r}; have: {names}", split=split, names=", ".join(SPLITS))
    return split


def read_kept(file: Path, version: str) -> Evaluation | None:
    """The evaluation in a file, if it is of the version."""
    try:
        before = Evaluation.model_validate_json(file.read_bytes())
    except (OSError, ValueError):  # none yet, or damaged: it is computed
        return None
    return before if version and before.checkpoint_version == version else None


def measure(
    run: Run, split: str, workspace: Workspace, path: Path, observe: Callable[[Evaluating], None]
) -> tuple[Evaluation, ImageAnswers]:
    """Show every image of the split to the model in a checkpoint."""
    trained = load_model(path)
    config = trained.config
    prepared = prepare.require(DataSource.of(config.data), workspace)
    if prepared.meta.fingerprint != trained.meta.fingerprint:
        raise changed(prepared.meta.title, run.name)
    device = choose_device(config.training.device)
    divided = parts(prepared, config.data.validation, config.data.limit, config.training.seed)
    images = by_name(prepared, divided)
    if split not in images:
        raise BadInput(
            "{name} has no {split} images: none were held out, and after every epoch it was measured on its test "
            "images. Have: {names}",
            name=run.name,
            split=split,
            names=", ".join(name for name in SPLITS if name in images),
        )
    chosen = images[split]
    batches = Batches(Pixels(prepared, trained.spec, device), chosen, evaluation_batch(trained.spec))
    classes = trained.meta.classes
    predicted = torch.zeros(len(chosen), dtype=torch.int64)
    model = trained.model.to(device)
    for event in score_model(model, batches, device, trained.precision, predicted):
        if isinstance(event, Evaluating):
            observe(event)
        else:
            score = event
    answers = ImageAnswers(
        chosen, np.asarray(prepared.labels)[chosen].astype(np.int64), predicted.numpy(), prepared.meta.fingerprint
    )
    more = {
        "copies_of_training": copies_of_training(prepared, divided, chosen),
        "own_split": next(name for name in SPLITS if chosen[0] in prepared.indices(name)),
    }
    described = describe(run, split, score, classes, answers.confusion(len(classes)))
    return described.model_copy(update=more), answers


def measured(value: float) -> float | None:
    """None for a share of nothing."""
    return None if np.isnan(value) else float(value)


def describe(run: Run, split: str, score: Score, classes: tuple[str, ...], confusion: np.ndarray) -> Evaluation:
    """The figures that follow from a score and a confusion matrix (C, C)."""
    true, predicted = np.nonzero(confusion)  # of thousands of classes, few pairs occur
    precision, recall, f1, count = precision_recall_fscore_support(
        true, predicted, sample_weight=confusion[true, predicted], labels=range(len(classes)), zero_division=np.nan
    )
    rows = zip(classes, precision, recall, f1, count, strict=True)
    per_class = tuple(
        ClassFigures(name=n, precision=measured(p), recall=measured(r), f1=measured(f if c else np.nan), count=int(c))
        for n, p, r, f, c in rows
    )
    matrix = tuple(tuple(row.tolist()) for row in confusion)
    return Evaluation(
        run=run.id,
        split=split,
        accuracy=score.accuracy,
        loss=score.loss,
        correct=score.correct,
        total=score.total,
        classes=classes,
        confusion=matrix,
        per_class=per_class,
        metrics=score.metrics,
    )
