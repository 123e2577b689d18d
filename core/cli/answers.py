"""`predict`, `evaluate` and `export`: the uses of a trained run."""

import sys
from argparse import Namespace
from functools import cache
from pathlib import Path

from core import formatting
from core.cli.output import MAX_COLUMN_CHARS, brief, emit, line, put, table
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.locale import _, translate
from core.runs.lab import Lab
from core.sanitize import distinct
from core.training import verdict
from core.training.metrics import metrics_in_words


def predict(options: Namespace) -> int:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.inference import predictor
    from core.inference.drawing_style import drawing_style_of
    from core.inference.photo import read_image
    from core.prepared import prepare as data

    answerer = predictor.load(run, lab.workspace, options.checkpoint)
    if options.drawing and not answerer.meta.drawable:
        raise BadInput(
            "{name:name} has learnt {title:name}, which is not drawn; leave out --drawing.",
            name=run.name,
            title=answerer.meta.title,
        )
    style_of = cache(lambda: drawing_style_of(data.require(DataSource.of(run.config.data), lab.workspace)))
    if options.drawing:
        style_of()  # without its data set there is no style, and no file need be read
    failed = 0
    for file in options.files:
        image = None
        try:
            image = read_image(file, file or "“”", answerer.meta.white)
            drawn = options.drawing or (not options.image and predictor.is_drawing(image, answerer.meta))
            if drawn:
                image = predictor.from_drawing(image, style_of())
            answer = answerer.predict([image])[0]
        except Problem as problem:
            if len(options.files) == 1:
                raise
            # What could not be read is named in the sentence.
            line(str(problem) if image is None else _("{file}: {problem}", file=file, problem=problem), sys.stderr)
            failed = max(failed, problem.status)
            continue
        probabilities = dict(zip(answerer.classes, map(float, answer), strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        if options.json:
            emit(
                {
                    "file": file,
                    "label": label,
                    "probability": probabilities[label],
                    "probabilities": probabilities,
                    "read_as": "drawing" if drawn else "image",
                }
            )
        elif drawn:
            said = {"file": file, "label": label, "share": probabilities[label]}
            line(_("{file}: {label} ({share:percent}), read as a drawing", **said))
        else:
            line(_("{file}: {label} ({share:percent})", file=file, label=label, share=probabilities[label]))
    return failed


def evaluate(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.insight.evaluation import evaluate as measure

    result = measure(run, options.split, lab.workspace, options.checkpoint)
    measured = result.measured
    if options.json:
        worth = {
            "baseline": measured.largest / measured.total if measured.total else 0.0,
            "classes_named": measured.named,
            "interval": verdict.interval(result.correct, result.total),
        }
        emit(result.model_dump(mode="json") | worth)
        return
    line(
        _(
            "{name} on {split}: accuracy {accuracy:percent} ({right}), loss {loss:loss}",
            name=run.name,
            split=translate(result.split),
            accuracy=result.accuracy,
            right=formatting.of(result.correct, result.total),
            loss=result.loss,
        )
    )
    for words in (verdict.uncertainty(result.correct, result.total), metrics_in_words(result.metrics), *measured.said):
        if words:
            line(words)
    rows = [
        [c.name, *map(formatting.percent, (c.precision, c.recall, c.f1)), formatting.count(c.count)]
        for c in result.per_class
    ]
    table([[_("class"), _("precision"), _("recall"), "F1", _("images")], *rows])
    line(_("confusion matrix (rows: true class, columns: answer)"))
    width = max(len(str(v)) for row in result.confusion for v in row)
    titles = distinct(result.classes, MAX_COLUMN_CHARS)
    names = max(map(len, titles))
    for name, row in zip(titles, result.confusion, strict=True):
        put(" ".join([name.rjust(names), *(str(v).rjust(width) for v in row)]))


def export(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.exporters.export import export_to

    written = [str(path) for path in export_to(run, lab.workspace, Path(options.to), options.checkpoint)]
    if options.json:
        emit({**brief(run), "files": written})
    else:
        line(_("written: {files}", files=", ".join(written)))
