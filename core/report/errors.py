"""Where a run errs on its test images: what it takes for what, class by class, and the surest mistakes."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from core import formatting
from core.charts.confusion import MAX_CLASSES_IN_MATRIX, MAX_CLASSES_WITH_NUMBERS, confusion_chart
from core.errors import Problem
from core.files.png import png
from core.insight.class_figures import ClassFigures, class_figures
from core.insight.image_names import image_number
from core.locale import _, ngettext
from core.report.document import Block, Figure, Figures, Picture, Pictures, Table, Words, missing
from core.report.subject import Subject
from core.sanitize import one_line

MAX_CLASS_ROWS = 100  # classes of a table; of more, those that are found least often
WORST = 12  # images
PICTURE_PX = 96  # the longer side of a picture, at most


def error_blocks(subject: Subject) -> list[Block]:
    """All of it, of one run."""
    if subject.confusion is None or subject.meta is None:
        return [missing(subject.absent["answers"])]
    figures = class_figures(subject.confusion, subject.meta.classes)
    return [*matrix([subject]), *class_table(figures), *worst(subject)]


def matrix(subjects: Sequence[Subject], names: Sequence[str] = ()) -> list[Block]:
    """The confusion matrices of runs beside one another, with the runs' `names` above."""
    drawn = []
    for subject, name in zip(subjects, names or [""] * len(subjects), strict=True):
        if subject.confusion is None or subject.meta is None:
            continue
        classes = subject.meta.classes
        if len(classes) > MAX_CLASSES_IN_MATRIX:
            words = _("{n:count} classes are too many for a picture of all pairs.", n=len(classes))
            return [missing(words)]
        wrong = int(subject.confusion.sum() - np.trace(subject.confusion))
        label = ngettext("Confusion matrix with {n:count} mistake", "Confusion matrix with {n:count} mistakes", wrong)
        drawn.append(Figure(confusion_chart(subject.confusion.tolist(), classes, "counts"), label, name or label))
    if not drawn:
        return []
    numbers = _("Rows are true classes, columns answers; a number counts images, a darker cell has more of its row.")
    colours = _("Rows are true classes, columns answers; a darker cell has more of its row.")
    few = all(len(one.meta.classes) <= MAX_CLASSES_WITH_NUMBERS for one in subjects if one.meta)
    return [Words(numbers if few else colours), Figures(drawn)]


def class_table(figures: Sequence[ClassFigures]) -> list[Block]:
    """A row a class."""
    shown = weakest(figures)
    rows = [
        [one_line(one.name), *map(formatting.percent, (one.precision, one.recall, one.f1)), formatting.count(one.count)]
        for one in shown
    ]
    headings = [_("Class"), _("Precision"), _("Recall"), "F1", _("Images")]
    about = _(
        "Precision: of the answers with this class, the share that is right. Recall: of the images of this class, the "
        "share that is answered with it. F1 is their harmonic mean."
    )
    return [Words(about), *only_weakest(figures), Table(headings, rows, numbers=range(1, len(headings)))]


def weakest(figures: Sequence[ClassFigures]) -> Sequence[ClassFigures]:
    """All in their order, or of many those with the lowest recall first."""
    if len(figures) <= MAX_CLASS_ROWS:
        return figures
    return sorted(figures, key=lambda one: 2 if one.recall is None else one.recall)[:MAX_CLASS_ROWS]


def only_weakest(figures: Sequence[ClassFigures]) -> list[Block]:
    if len(figures) <= MAX_CLASS_ROWS:
        return []
    return [Words(_("Of {all:count} classes the {n:count} that are found least often.", all=len(figures),
                    n=MAX_CLASS_ROWS))]  # fmt: skip


def worst(subject: Subject, lead: str = "", most: int = WORST) -> list[Block]:
    """The mistakes of which the model was surest."""
    if subject.answers is None or subject.scores is None or subject.meta is None:
        return []
    places = subject.scores.ordered("sure", np.arange(len(subject.scores.labels)))[:most]
    if not len(places):
        return [Words(_("Every image is classified correctly."), lead=lead)]
    if subject.prepared is None or subject.prepared.meta.fingerprint != subject.answers.fingerprint:
        return [missing(subject.absent["images"], lead)]
    classes, pictures = subject.meta.classes, []
    try:
        for place in places:
            true, answer = (
                one_line(classes[one]) for one in (subject.scores.labels[place], subject.scores.predicted[place])
            )
            index, sure = int(subject.answers.indices[place]), float(subject.scores.confidence[place])
            values = {"image": image_number(subject.prepared, index), "true": true, "answer": answer, "sure": sure}
            caption = _("{true}, taken for {answer} with {sure:percent}", **values)
            label = _("{image}, which is {true:name}, classified incorrectly as {answer:name}", **values)
            pictures.append(Picture(small(subject.prepared.image(index)), caption, label))
    except Problem as problem:  # a file of the cache is damaged
        return [missing(str(problem), lead)]
    return [Words(_("The mistakes of which the model was surest:"), lead=lead), Pictures(pictures)]


def small(image: np.ndarray) -> bytes:
    """(H, W, C) uint8 as a PNG file, made smaller where it is larger than a picture is shown."""
    if max(image.shape[:2]) <= PICTURE_PX:
        return png(image)
    found = Image.open(io.BytesIO(png(image, 0)))
    found.thumbnail((PICTURE_PX, PICTURE_PX))
    levels = np.asarray(found)
    return png(levels if levels.ndim == 3 else levels[..., None])
