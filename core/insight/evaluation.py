"""How a trained run does on a split: accuracy, loss, confusion matrix and the figures of each class."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import AliasChoices, Field
from torch import nn

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files import atomic
from core.files.checkpoint_names import which_of
from core.files.paths import Workspace
from core.insight import part_features, predictions
from core.insight.class_figures import ClassFigures, class_figures
from core.insight.data_doubts import copies_in_training
from core.insight.head_inputs import HeadInputs
from core.insight.image_answers import ImageAnswers, read_answers
from core.insight.other_data import OtherData, part_of
from core.insight.shown_images import SPLITS, other_set, own_part
from core.loading.batches import Batches, evaluation_batch
from core.loading.pixels import Pixels
from core.prepared import prepare
from core.runs.store import Run
from core.runs.trained import load_model, trained_checkpoint
from core.settings.fields import Settings
from core.training import checkpoint, verdict
from core.training.device import ANSWERS, choose_device
from core.training.evaluate import evaluate as score_model
from core.training.events import Evaluating, Score
from core.training.metrics import computed
from core.training.metrics.spec import Value


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
    other: OtherData | None = None  # of images that are no part of the run's own data
    precision: str = ""  # of the answers; earlier versions gave them in the one that the run had trained in

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
        whole = None not in (self.copies_of_training, self.own_split) and self.precision == ANSWERS
        return whole and wanted <= set(self.metrics)


def evaluate(
    run: Run,
    split: str,
    workspace: Workspace,
    which: str = checkpoint.LAST,
    observe: Callable[[Evaluating], None] = lambda beat: None,
) -> Evaluation:
    """Measure a run's checkpoint on `train`, `val` or `test`, as the run itself splits its data.

    The result is kept beside the checkpoint, so that asking again costs nothing, and so is what was answered to each
    image. `observe` gets the progress.
    Raises `BadInput` for an unknown split and for one that the run has no images of: another one is never measured in
    its place. `Problem` without a checkpoint or when the data have changed.
    """
    known_split(split)
    path = trained_checkpoint(run, workspace, which)
    version = atomic.file_identity(path)  # before it is read: a run that trains may replace it meanwhile
    before = read_kept(evaluation_file(path, split), version)
    if before and not before.own_split and split == "val" and run.config.data.measured_on != "val":
        before = None  # earlier versions measured the test images then
    if before is not None and before.has_all():
        return before
    try:
        result, _answers = measure(run, split, workspace, path, version, observe)
    except Problem:
        if before is None:
            raise
        return before  # an earlier version kept it, and it still holds
    return result


def evaluate_on(
    run: Run,
    source: DataSource,
    workspace: Workspace,
    which: str = checkpoint.LAST,
    observe: Callable[[Evaluating], None] = lambda beat: None,
) -> Evaluation:
    """Measure a run's checkpoint on all images of another prepared set whose class the model knows. Kept as
    `evaluate` keeps it; its `other` says what was matched."""
    path = trained_checkpoint(run, workspace, which)
    version = atomic.file_identity(path)
    before = read_kept(evaluation_file(path, part_of(source)), version)
    if before is not None and before.has_all() and before.other:
        now = prepare.find(source, workspace)
        if now is None or now.meta.fingerprint == before.other.fingerprint:
            return before
    result, _answers = measure(run, source, workspace, path, version, observe)
    return result


def image_answers(
    run: Run, split: str, workspace: Workspace, which: str = checkpoint.LAST,
    observe: Callable[[Evaluating], None] = lambda beat: None,
) -> ImageAnswers:  # fmt: skip
    """What a run's checkpoint answers to each image of a split; it is evaluated if that is still to do. Raises as
    `evaluate` does."""
    path = trained_checkpoint(run, workspace, which)
    version = atomic.file_identity(path)
    if kept := predictions.find(path, known_split(split), version):
        return kept.answers
    if before := read_answers(path.with_name(f"answers-{which_of(path)}-{split}.npz"), version):
        return before
    _result, answers = measure(run, split, workspace, path, version, observe)
    return answers


def image_predictions(
    run: Run, asked: str | DataSource, workspace: Workspace, which: str = checkpoint.LAST,
    observe: Callable[[Evaluating], None] = lambda beat: None, *, features: bool = False,
) -> predictions.Predictions:  # fmt: skip
    """The same with the scores of every class, of a split or of another prepared set. `features`: what the last layer
    sees of each image is kept, too, of a part that is not too large for it (`part_features`)."""
    path = trained_checkpoint(run, workspace, which)
    version = atomic.file_identity(path)
    part = found_part(asked)
    kept = predictions.find(path, part, version)
    lacking = features and kept and len(kept) <= part_features.MAX_IMAGES
    if kept is None or not current(kept, asked, workspace) or (lacking and not part_features.find(path, part, version)):
        measure(run, asked, workspace, path, version, observe, features=features)
        kept = predictions.find(path, part, version)
    if kept is None:
        raise Problem("{name:name} was deleted while it was measured.", name=run.name)
    return kept


def image_features(
    run: Run, asked: str | DataSource, workspace: Workspace, which: str = checkpoint.LAST,
    observe: Callable[[Evaluating], None] = lambda beat: None,
) -> part_features.PartFeatures:  # fmt: skip
    """What the last layer of a run's checkpoint sees of each image, in the order of its answers. `Problem` of a part
    that is too large for it to be kept."""
    found = image_predictions(run, asked, workspace, which, observe, features=True)
    path = trained_checkpoint(run, workspace, which)
    kept = part_features.find(path, found_part(asked), atomic.file_identity(path))
    if kept is None:
        raise Problem(
            "{images:count} images are too many for their features to be kept; at most {most:count} can be. Choose a "
            "smaller part, or compare the images by their pixels.",
            images=len(found),
            most=part_features.MAX_IMAGES,
        )
    return kept


def found_part(asked: str | DataSource) -> str:
    """What a part is called in the names of files; `BadInput` for a split that no run has."""
    return known_split(asked) if isinstance(asked, str) else part_of(asked)


def current(kept: predictions.Predictions, asked: str | DataSource, workspace: Workspace) -> bool:
    """Whether they are of the images as they are now; those of a run's own never change, for it refuses others."""
    now = None if isinstance(asked, str) else prepare.find(asked, workspace)
    return now is None or now.meta.fingerprint == kept.fingerprint


def evaluation_file(path: Path, part: str) -> Path:
    """Beside a checkpoint: its evaluation on a part."""
    return path.with_name(f"evaluation-{which_of(path)}-{part}.json")


def keep(result: Evaluation, path: Path) -> None:
    """Write it beside the checkpoint, unless its run was deleted meanwhile."""
    if path.parent.exists():
        part = part_of(result.other.source) if result.other else result.split
        atomic.write(result.model_dump_json().encode(), evaluation_file(path, part))


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
    run: Run,
    asked: str | DataSource,
    workspace: Workspace,
    path: Path,
    version: str,
    observe: Callable[[Evaluating], None],
    *,
    features: bool = False,
) -> tuple[Evaluation, ImageAnswers]:
    """Show every image of a split, or of another set, to the model in a version of a checkpoint, and keep both what
    follows and what it answered; `features`: and what its last layer saw."""
    trained = load_model(path)
    classes = trained.meta.classes
    if isinstance(asked, str):
        shown = own_part(run, asked, workspace, trained.config, trained.meta)
    else:
        shown = other_set(asked, workspace, classes)
        copies = copies_in_training(run, shown.prepared, shown.indices, workspace)
        other = shown.more["other"].model_copy(update={"compared": copies is not None})
        shown = replace(shown, more=shown.more | {"other": other, "copies_of_training": copies or 0})
    device = choose_device(trained.config.training.device)
    prepared = shown.prepared
    batches = Batches(Pixels(prepared, trained.spec, device), shown.indices, evaluation_batch(trained.spec))
    labels = np.asarray(prepared.labels)[shown.indices].astype(np.int64)
    answers = ImageAnswers(shown.indices, labels, np.zeros_like(labels), prepared.meta.fingerprint)
    model = trained.model.to(device)
    with ExitStack() as kept:
        writer = kept.enter_context(predictions.Writer(path, shown.part, version, answers, len(classes)))
        add: Callable[[np.ndarray], None] = writer.add
        if features and len(answers.indices) <= part_features.MAX_IMAGES:
            add = also_features(kept, model, writer, part_features.FeatureWriter(path, shown.part, version, answers))
        for event in score_model(model, batches, device, ANSWERS, add):
            if isinstance(event, Evaluating):
                observe(event)
            else:
                score = event
    described = describe(run, shown.split, score, classes, answers.confusion(len(classes)))
    result = described.model_copy(update={"checkpoint_version": version, **shown.more})
    keep(result, path)
    return result, answers


def also_features(
    kept: ExitStack, model: nn.Module, answers: predictions.Writer, features: part_features.FeatureWriter
) -> Callable[[np.ndarray], None]:
    """What keeps the scores of a batch, and what the last layer saw of it."""
    seen = kept.enter_context(HeadInputs(model))
    kept.enter_context(features)

    def add(logits: np.ndarray) -> None:
        answers.add(logits)
        features.add(seen.last)

    return add


def describe(run: Run, split: str, score: Score, classes: tuple[str, ...], confusion: np.ndarray) -> Evaluation:
    """The figures that follow from a score and a confusion matrix (C, C)."""
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
        per_class=class_figures(confusion, classes),
        metrics=score.metrics,
        precision=ANSWERS,
    )
