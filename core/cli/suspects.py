"""`suspects`: which images of a data set deserve a look."""

from argparse import Namespace
from dataclasses import asdict

from core.cli.arguments import (
    Command,
    as_prepared_argument,
    layout_argument,
    progress_argument,
    version_argument,
    whole_number,
)
from core.cli.data import ensure_prepared, source_named, with_progress
from core.cli.output import emit, line, table
from core.datasets.catalog import FOLDER
from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import pasted
from core.insight.image_names import image_name
from core.insight.suspects import KINDS, Suspects, find_suspects, known_kind
from core.locale import _, ngettext, translate
from core.prepared import prepare as preparation
from core.runs.lab import Lab


def add_to(command: Command) -> None:
    sub = command("suspects", _("Find the images of a data set that deserve a look."), suspects)
    sub.add_argument(
        "dataset", metavar=_("DATASET"), help=_("a name, or 'folder' with --path, or a folder or ZIP itself")
    )
    sub.add_argument("--path", metavar=_("PATH"), help=_("the image folder or ZIP, for DATASET 'folder'"))
    layout_argument(sub, _("how it is read, as for prepare"))
    as_prepared_argument(sub)
    version_argument(sub)
    sub.add_argument(
        "--kind", choices=KINDS, default="labels",
        help=_("labels that look wrong (the default), near copies, or images that are blurred, dark, tiny or otherwise "
               "odd"),
    )  # fmt: skip
    sub.add_argument(
        "--run", metavar=_("RUN"),
        help=_("compare images by what this run has learned; without it, photographs by what ImageNet taught, small "
               "grey images by their pixels"),
    )  # fmt: skip
    sub.add_argument("--split", choices=("train", "val", "test"), help=_("only these images"))
    sub.add_argument(
        "--most", metavar="N", type=whole_number("--most"), default=20, help=_("how many are listed (default: 20)")
    )
    progress_argument(sub)


def suspects(options: Namespace) -> None:
    lab = Lab.open()
    if options.path:
        source = DataSource(FOLDER, pasted(options.path), options.layout, options.version, options.columns)
    else:
        source = source_named(options.dataset, options)
    ensure_prepared(source, lab.workspace, quiet=options.json, as_prepared=options.as_prepared)
    prepared = preparation.require(source, lab.workspace)
    run = lab.find(options.run) if options.run else None
    kind = known_kind(options.kind)
    work = find_suspects(prepared, kind, run, lab.workspace)
    found = with_progress(work, options, ("stage", "done", "total", "unit"))
    if options.split:
        if options.split not in prepared.meta.splits:
            raise BadInput("{title:name} has no {split} images; have: {names}", title=prepared.meta.title,
                           split=options.split, names=", ".join(prepared.meta.splits))  # fmt: skip
        found = found.of_split(options.split)
    if options.most < 0:  # with 0 it is searched and nothing listed, as the page has it done
        raise BadInput("{option} is {value}; allowed: 0 or more", option="--most", value=options.most)
    shown = [found[place] for place in range(min(options.most, len(found)))]
    left_out = prepared.meta.skipped if kind == "odd" else ()
    if options.json:
        for one in shown:
            emit(
                {"kind": kind, "split": prepared.address(one.index)[0], "file": prepared.file(one.index), **asdict(one)}
            )
        for file, reason in left_out:
            emit({"kind": kind, "file": file, "left_out": translate(reason)})
        emit({"found": len(found), "counted": found.count})
        return
    table([[image_name(prepared, one.index), one.given, one.words] for one in shown])
    for file, reason in left_out:
        line(_("left out {file}: {reason}", file=file, reason=translate(reason)))
    line(summary(found))


def summary(found: Suspects) -> str:
    """What is found, in a sentence."""
    if found.kind == "labels":
        words = ngettext("About {n:count} label looks wrong.", "About {n:count} labels look wrong.", found.count)
        if len(found) > found.count:
            words += " " + ngettext(
                "Of {n:count} image the label is improbable.",
                "Of {n:count} images the label is improbable.",
                len(found),
            )
        return words
    if found.kind == "copies":
        return ngettext(
            "{n:count} image is the same as one of another split, or nearly.",
            "{n:count} images are the same as one of another split, or nearly.",
            found.count,
        )
    return ngettext("{n:count} odd image.", "{n:count} odd images.", found.count)
