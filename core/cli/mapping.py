"""`map`: the images of a part on a plane, those that are alike near one another."""

import csv
from argparse import Namespace
from pathlib import Path

import numpy as np

from core import formatting
from core.cli.answers import asked_images, observer
from core.cli.arguments import Command, images_arguments, run_argument, which_argument
from core.cli.output import emit, line, say_written
from core.datasets.source import DataSource
from core.errors import BadInput, Unwritable, reason
from core.files import atomic
from core.files.checkpoint_names import checkpoint_path
from core.insight.image_map import (
    BY,
    METHODS,
    ImageMap,
    find_map,
    keep_map,
    map_values,
    pca_map,
    tsne,
)
from core.locale import _, ngettext
from core.prepared import prepare
from core.runs.lab import Lab


def add_to(command: Command) -> None:
    sub = command(
        "map", _("Lay the images of a part out on a plane: those that are alike lie near one another."),
        image_map,
    )  # fmt: skip
    run_argument(sub)
    images_arguments(sub)
    sub.add_argument(
        "--by", choices=BY, default="features",
        help=_("by what the last layer sees of them (features, the default), or by their pixels"),
    )  # fmt: skip
    sub.add_argument(
        "--method", choices=METHODS, default="pca",
        help=_("principal components (pca, the default), or t-SNE, which takes about a minute for 10,000 images"),
    )  # fmt: skip
    sub.add_argument("--to", metavar=_("FILE"), help=_("ends in {endings}", endings=".csv"))
    which_argument(sub)


def image_map(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    asked = asked_images(options, lab)
    if options.to and not options.to.lower().endswith(".csv"):
        raise BadInput("{file:name} does not end in .csv", file=options.to)
    from core.insight.evaluation import found_part, image_features, image_predictions

    features = None
    observe = observer(options)
    if options.by == "features":
        features = image_features(run, asked, lab.workspace, options.checkpoint, observe)
    answers = image_predictions(run, asked, lab.workspace, options.checkpoint, observe).answers
    checkpoint = checkpoint_path(lab.workspace.run(run.id), options.checkpoint)
    version, part = atomic.file_identity(checkpoint), found_part(asked)
    kept = find_map(checkpoint, part, options.by, version) if options.method == "tsne" else None
    if kept and kept[1] == answers.fingerprint:
        found = kept[0]
    else:
        source = asked if isinstance(asked, DataSource) else DataSource.of(run.config.data)
        prepared = prepare.require(source, lab.workspace)
        places, values = map_values(options.by, prepared, answers, features)
        if options.method == "pca":
            found = pca_map(values, answers.indices[places])
        else:
            progress = options.json and options.progress

            def told(done: int, total: int) -> None:
                if progress:
                    emit({"done": done, "total": total, "unit": "steps"})

            found = ImageMap(answers.indices[places], tsne(values, told))
            keep_map(found, checkpoint, part, options.by, version, answers.fingerprint)
    replaced = bool(options.to) and Path(options.to).is_file()
    if options.to:
        write_table(found, answers.indices, answers.labels, answers.predicted, Path(options.to))
    if options.json:
        names = ("by", "method", "to")
        about = {name: getattr(options, name) for name in names}
        emit({"run": run.id, "part": part, **about, "images": len(found.indices), "explained": found.explained})
        return
    words = ngettext("{n:count} image on the map.", "{n:count} images on the map.", len(found.indices))
    line(words)
    if found.explained:
        line(explained_words(found.explained))
    if options.to:
        say_written(options.to, replaced=replaced)


def explained_words(explained: tuple[float, float]) -> str:
    return _("The two axes hold {first} and {second} of what differs between the images.",
             first=formatting.percent(explained[0], 1), second=formatting.percent(explained[1], 1))  # fmt: skip


def write_table(found: ImageMap, indices: np.ndarray, labels: np.ndarray, predicted: np.ndarray, file: Path) -> None:
    """One row an image: its place in the data set, its class and the answer by their numbers, and where it lies."""
    place = {int(index): row for row, index in enumerate(indices)}
    try:
        with file.open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["index", "class", "answer", "x", "y"])
            for index, (x, y) in zip(found.indices.tolist(), found.points.tolist(), strict=True):
                row = place[index]
                table.writerow([index, int(labels[row]), int(predicted[row]), f"{x:.5g}", f"{y:.5g}"])
    except OSError as error:
        raise Unwritable(
            "{path} could not be written: {reason}. Free some space or change the folder's permissions, then go on.",
            path=file,
            reason=reason(error),
        ) from error
