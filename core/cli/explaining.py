"""`explain`: which pixels of a picture a run's answer rests on, as a picture of its own."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.answers import read_as
from core.cli.arguments import Command, picture_arguments, run_argument, which_argument
from core.cli.output import emit, line, say_written
from core.cli.training import read_changes
from core.errors import BadInput, unknown, wrong_ending
from core.inference.pictures import Pictures
from core.insight.attribution import ATTRIBUTIONS, MethodSettings
from core.locale import N_, _
from core.runs.lab import Lab
from core.sanitize import one_line
from core.settings.parsing import parse

if TYPE_CHECKING:
    from core.insight.explanation import Explanation, SanityCheck

ENDING = ".png"
MADE_BY = "Epochlab"  # what such a picture says of itself
DIGITS = 6  # of each number of a map


def add_to(command: Command) -> None:
    sub = command(
        "explain", _("Write a picture of what a run looks at: which pixels of an image speak for a class."),
        explain,
    )  # fmt: skip
    run_argument(sub)
    sub.add_argument("file", metavar=_("FILE"), help=_("an image"))
    sub.add_argument(
        "--method", metavar=_("NAME"), default="grad-cam",
        help=_("one of {names} (default: grad-cam)", names=", ".join(ATTRIBUTIONS.entries)),
    )  # fmt: skip
    sub.add_argument(
        "--class", dest="of_class", metavar=_("NAME"), help=_("the class to explain (default: the likeliest one)")
    )
    sub.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=".png"))
    sub.add_argument(
        "--random-weights", action="store_true",
        help=_("beside it the map of the same network with random weights, and how alike the two are"),
    )  # fmt: skip
    sub.add_argument(
        "--set", dest="changes", metavar=_("NAME=VALUE"), action="append", default=[],
        help=_("change a setting of the method, for instance window=0.1; may be given again"),
    )  # fmt: skip
    picture_arguments(sub)
    which_argument(sub)


def explain(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    settings, path = settings_of(options), Path(options.to)
    check_target(path)
    from core.files.writable import check_writable
    from core.inference import predictor
    from core.insight.explanation import explain as explained
    from core.insight.explanation import sanity_check

    check_writable(path)
    replaced = path.is_file()
    answerer = predictor.load(run, lab.workspace, options.checkpoint)
    target = class_of(options.of_class, answerer.classes)
    pictures = Pictures(lab.workspace, run, answerer, read_as(options))
    reading = pictures.read(options.file)
    image = pictures.shown(reading.pixels).image
    shares = answerer.predict([image])[0]
    found = explained(answerer.model, image, answerer.spec, settings, target)
    check = sanity_check(answerer.model, image, answerer.spec, settings, found) if options.random_weights else None
    write(path, run.name, answerer.classes, found, check)
    named = {"target": answerer.classes[found.target], "answer": answerer.classes[found.predicted]}
    if options.json:
        emit(
            {
                "run": run.id, "name": run.name, "file": options.file, "method": found.method,
                "settings": settings.model_dump(mode="json"), "class": named["target"], "score": found.score,
                "probability": float(shares[found.target]), "label": named["answer"],
                "layer": found.layer, "completeness": found.completeness and list(found.completeness),
                "correlation": check and check.correlation, "correlation_strengths": check and check.strengths,
                "map": [[round(float(one), DIGITS) for one in row] for row in found.coarse],
                "files": [str(path)], "replaced": replaced,
            }
        )  # fmt: skip
        return
    line(
        _(
            "{file}: what speaks for {target} ({share:percent}), by {method}; the answer is {answer}",
            file=options.file,
            share=float(shares[found.target]),
            method=ATTRIBUTIONS[found.method].title,
            **named,
        )
    )
    for words in (found.words, check and check.words):
        if words:
            line(f"  {words}")
    say_written(path, replaced=replaced)


def settings_of(options: Namespace) -> MethodSettings:
    """The method that is asked for, with its settings. `BadInput` names the methods, or the setting."""
    method = ATTRIBUTIONS[options.method]
    values: dict[str, Any] = {"name": method.name, **read_changes(options.changes)}
    fields = {name: field for name, field in method.settings.model_fields.items() if name != "name"}  # --method has it
    for name, _equals, text in (one.partition("=") for one in options.changes):
        if name.strip() not in fields:
            raise unknown("setting", name.strip(), list(fields))
        if fields[name.strip()].annotation is str:
            values[name.strip()] = text  # a layer called 1.10 is no number
    found: MethodSettings = parse(method.settings, values)
    return found


def class_of(name: str | None, classes: tuple[str, ...]) -> int | None:
    """Its place among the classes; None where none is asked for. `BadInput` names the classes."""
    if name is None:
        return None
    if name not in classes:
        raise unknown(N_("class"), name, list(classes))
    return classes.index(name)


def check_target(path: Path) -> None:
    """`BadInput` unless a picture can go there: by its ending, and because what is there already is such a one. The
    file to be explained is a picture, too, and is easily given twice."""
    from PIL import Image

    if path.suffix.lower() != ENDING:
        raise wrong_ending(path.name, path.suffix, [ENDING])
    if not path.is_file():
        return
    try:
        with Image.open(path, formats=["PNG"]) as before:
            ours = before.info.get("Software") == MADE_BY
    except Exception:  # whatever it is, it is none of ours
        ours = False
    if not ours:
        raise BadInput("{path} is something else already: choose another name, or move it away", path=path)


def write(path: Path, run: str, classes: tuple[str, ...], found: "Explanation", check: "SanityCheck | None") -> None:
    """The picture beside its map and, where it was asked for, the map of random weights."""
    from core.charts.heat_map import overlay, png, side_by_side
    from core.files import atomic

    covered = [overlay(found.seen, one.values, 1.0) for one in (found, *([check.random] if check else []))]
    texts = {"Software": MADE_BY, "Title": one_line(f"{run}: {classes[found.target]}, {found.method}")}
    atomic.write(png(side_by_side(found.seen, *covered), **texts), path)
