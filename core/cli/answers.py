"""`predict`, `evaluate` and `export`: the uses of a trained run."""

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from os.path import isfile
from pathlib import Path

from core import formatting
from core.cli.arguments import Command, images_arguments, picture_arguments, run_argument, which_argument
from core.cli.data import ensure_prepared, source_named
from core.cli.output import MAX_COLUMN_CHARS, brief, emit, line, put, say_written, table
from core.cli.report import ENDINGS as REPORT_ENDINGS
from core.cli.report import report
from core.datasets.source import DataSource
from core.errors import BadInput, Problem, wrong_ending
from core.exporters import EXPORTERS
from core.files.freed_memory import keep_freed_memory
from core.inference.answer import answer_of, how_read
from core.inference.pictures import Pictures, ReadAs
from core.insight.answers import counted_by_run, looked_at
from core.insight.data_doubts import with_data_doubts
from core.insight.disturbances import DISTURBANCES
from core.locale import _, translate
from core.runs.lab import Lab
from core.runs.store import Run
from core.sanitize import distinct
from core.training import verdict
from core.training.events import Evaluating
from core.training.metrics import metrics_in_words


def add_to(command: Command) -> None:
    sub = command("predict", _("Let a run answer images."), predict)
    run_argument(sub)
    sub.add_argument("files", metavar=_("FILE"), nargs="+", help=_("an image; with --to also a folder of them"))
    sub.add_argument("--to", metavar=_("FILE"), help=_("a table of all answers; ends in {endings}", endings=".csv"))
    picture_arguments(sub)
    which_argument(sub)
    sub = command("evaluate", _("Measure a run on a split."), evaluate)
    run_argument(sub)
    images_arguments(sub)
    sub.add_argument(
        "--features", action="store_true",
        help=_("keep with the run what the last layer sees of each image, too, as the map and the nearest images on "
               "Inspect need it"),
    )  # fmt: skip
    sub.add_argument(
        "--under", choices=list(DISTURBANCES),
        help=_("instead: the accuracy when the images are disturbed so, at several strengths"),
    )  # fmt: skip
    which_argument(sub)
    sub = command(
        "export",
        _("Write a run's model to a file for others, with its settings and a card beside it; or a report of the run."),
        export,
    )
    run_argument(sub)
    words = _("ends in {endings}; a report in {report}", endings=_(" or ").join(usual_endings()),
              report=REPORT_ENDINGS[0])  # fmt: skip
    sub.add_argument("--to", required=True, metavar=_("FILE"), help=words)
    which_argument(sub)


def usual_endings() -> list[str]:
    """What a file may end in that a model is exported to, one for each form."""
    return [spec.endings[0] for spec in EXPORTERS.entries.values()]


def predict(options: Namespace) -> int:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.inference import predictor

    answerer = predictor.load(run, lab.workspace, options.checkpoint)
    pictures = Pictures(lab.workspace, run, answerer, read_as(options))
    if options.to:
        from core.cli.many_pictures import predict_many

        predict_many(pictures, run, options)
        return 0
    if folder := next((file for file in options.files if Path(file).is_dir()), None):
        raise BadInput("{folder:name} is a folder. Say where its answers go: --to answers.csv", folder=folder)
    failed = 0
    for file in options.files:
        reading = None
        try:
            reading = pictures.read(file)
            shown = pictures.shown(reading.pixels)
            answer = answerer.predict([shown.image])[0]
        except Problem as problem:
            if len(options.files) == 1:
                raise
            # What could not be read is named in the sentence.
            line(str(problem) if reading is None else _("{file}: {problem}", file=file, problem=problem), sys.stderr)
            failed = max(failed, problem.status)
            continue
        found = answer_of(file, answer, answerer, how_read(reading, shown))
        if options.json:
            emit(asdict(found))
            continue
        how = shown.changed or (_("read as a drawing") if shown.drawing else "")
        words = _("{file}: {label} ({share:percent})", file=file, label=found.label, share=found.probability)
        line(f"{words}, {how}" if how else words)
        if not found.accepted:
            least = answerer.confidence.threshold
            line(_("  none of these: an answer counts from {least:percent} on", least=least))
        for words in (reading.words, *found.unlike):
            if words:
                line(f"  {words}")
    return failed


def evaluate(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    asked = asked_images(options, lab)
    keep_freed_memory()
    if options.under:
        disturbed(run, asked, lab, options)
        return
    from core.insight.evaluation import evaluate as measure
    from core.insight.evaluation import evaluate_on
    from core.insight.report import image_report

    observe = observer(options)
    report = image_report(run, asked, lab.workspace, options.checkpoint, observe, features=options.features)
    if isinstance(asked, str):
        result = measure(run, asked, lab.workspace, options.checkpoint, observe)
    else:
        result = evaluate_on(run, asked, lab.workspace, options.checkpoint, observe)
    measured = with_data_doubts(result.measured, run, result.split, lab.workspace)
    if options.json:
        worth = {
            "baseline": measured.largest / measured.total if measured.total else 0.0,
            "classes_named": measured.named,
            "interval": verdict.interval(result.correct, result.total),
            "near_copies_of_training": measured.near,
        }
        emit(report.added_to(result.model_dump(mode="json")) | worth)
        return
    line(
        _(
            "{name} on {split}: accuracy {accuracy:percent} ({right}), loss {loss:loss}",
            name=run.name,
            split=result.other.title if result.other else translate(result.split),
            accuracy=result.accuracy,
            right=formatting.of(result.correct, result.total),
            loss=result.loss,
        )
    )
    for words in (
        " ".join(looked_at(run, result.own_split or "test")) if result.split == "test" else "",
        counted_by_run(run, result.split, options.checkpoint, result.correct, result.total),
        *(result.other.words if result.other else ()),
        verdict.uncertainty(result.correct, result.total),
        ", ".join(filter(None, [metrics_in_words(result.metrics), report.words])),
        *measured.said,
    ):
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


def disturbed(run: Run, asked: str | DataSource, lab: Lab, options: Namespace) -> None:
    """`evaluate --under`: the accuracy at each strength."""
    from core.insight.evaluation import found_part
    from core.insight.robustness import measure

    def told(done: int, total: int) -> None:
        if options.json and options.progress:
            emit({"done": done, "total": total})

    found = measure(run, asked, options.under, lab.workspace, options.checkpoint, told)
    if options.json:
        points = [asdict(one) for one in found.points]
        emit({"run": run.id, "part": found_part(asked), "under": options.under, "points": points})
        return
    kind = DISTURBANCES[options.under]
    line(_("{name} under {kind}", name=run.name, kind=translate(kind.title)))
    rows = [[f"{one.strength:g}", formatting.percent(one.accuracy), formatting.of(one.correct, one.total)]
            for one in found.points]  # fmt: skip
    table([[translate(kind.axis), _("accuracy"), _("images")], *rows])


def read_as(options: Namespace) -> ReadAs:
    return ReadAs(options.drawing, options.image, options.as_is, options.one_sign)


def asked_images(options: Namespace, lab: Lab) -> str | DataSource:
    """The split that is asked for, or the other data set, which is prepared if that is still to do."""
    if not options.data:
        given = {"--version": options.version, "--columns": options.columns, "--layout": options.layout != "auto",
                 "--as-prepared": options.as_prepared}  # fmt: skip
        if of_data := next((name for name, value in given.items() if value), None):
            raise BadInput("{option} says how --data is read: give --data, too, or leave it away.", option=of_data)
        split: str = options.split
        return split
    source = source_named(options.data, options)
    ensure_prepared(source, lab.workspace, quiet=options.json, as_prepared=options.as_prepared)
    return source


def observer(options: Namespace) -> Callable[[Evaluating], None]:
    """What is told of how far an evaluation is."""
    return report_progress if options.json and options.progress else ignore_progress


def report_progress(beat: Evaluating) -> None:
    emit({"done": beat.done, "total": beat.total})


def ignore_progress(beat: Evaluating) -> None:
    """A person sees the end alone: it takes seconds."""


def export(options: Namespace) -> None:
    if Path(options.to).suffix.lower() in REPORT_ENDINGS:
        if options.checkpoint != "last":
            raise BadInput("A report is about the last weights of a run: leave --checkpoint away.")
        options.runs = [options.run]
        report(options)
        return
    ending = Path(options.to).suffix
    if not any(ending.lower() in spec.endings for spec in EXPORTERS.entries.values()):
        raise wrong_ending(options.to, ending, [*usual_endings(), *REPORT_ENDINGS])
    lab = Lab.open()
    run = lab.find(options.run)
    from core.exporters.export import export_to

    replaced = isfile(options.to)  # of what no file can be called, too
    written = [str(path) for path in export_to(run, lab.workspace, Path(options.to), options.checkpoint)]
    if options.json:
        emit({**brief(run), "files": written, "replaced": replaced})
    else:
        say_written(", ".join(written), replaced=replaced)
