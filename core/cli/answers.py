"""`predict`, `evaluate` and `export`: what a trained run is good for."""

import sys
from argparse import Namespace
from pathlib import Path

from core import wording
from core.cli.output import WIDEST, brief, emit, line, put, table
from core.data.source import DataSource
from core.errors import BadInput, Problem
from core.runs.lab import Lab
from core.text import distinct
from core.training.metrics import told


def predict(options: Namespace) -> int:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.data import prepare as data
    from core.inference import predictor
    from core.inference.look import look_of
    from core.inference.photo import read_image

    answerer = predictor.load(run, lab.places, options.checkpoint)
    look = None
    if options.drawing:
        if not answerer.meta.drawable:
            raise BadInput(f"{run.name} has learnt {answerer.meta.title}, which is not drawn; leave out --drawing.")
        look = look_of(data.require(DataSource.of(run.config.data), lab.places))
    failed = 0
    for file in options.files:
        try:
            image = read_image(file, file or "“”")
            if look is not None:
                image = predictor.from_drawing(image, look)
            answer = answerer.predict([image])[0]
        except Problem as problem:
            if len(options.files) == 1:
                raise
            line(str(problem), sys.stderr)
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
                }
            )
        else:
            line(f"{file}: {label} ({wording.percent(probabilities[label])})")
    return failed


def evaluate(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.insight.evaluation import evaluate as measure

    result = measure(run, options.split, lab.places, options.checkpoint)
    if options.json:
        emit(result.model_dump(mode="json"))
        return
    line(f"{run.name} on {result.split}: accuracy {wording.percent(result.accuracy)} "
         f"({wording.of(result.correct, result.total)}), loss {wording.loss(result.loss)}")  # fmt: skip
    if words := told(result.metrics):
        line(words)
    table([["class", "precision", "recall", "F1", "images"]] + [
        [c.name, wording.percent(c.precision), wording.percent(c.recall), wording.percent(c.f1), wording.count(c.count)]
        for c in result.per_class
    ])  # fmt: skip
    line("confusion matrix (rows: true class, columns: answer)")
    width = max(len(str(v)) for row in result.confusion for v in row)
    titles = distinct(result.classes, WIDEST)
    names = max(map(len, titles))
    for name, row in zip(titles, result.confusion, strict=True):
        put(" ".join([name.rjust(names), *(str(v).rjust(width) for v in row)]))


def export(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.exporters.export import export_to

    written = [str(path) for path in export_to(run, lab.places, Path(options.to), options.checkpoint)]
    if options.json:
        emit({**brief(run), "files": written})
    else:
        line(f"written: {', '.join(written)}")
