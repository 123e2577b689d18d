"""`datasets`, `prepare` and `forget`."""

import os
from argparse import Namespace
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, get_args

from tqdm import tqdm

from core.cli.arguments import Command, layout_argument, version_argument
from core.cli.output import confirm, emit, line, table
from core.datasets import catalog
from core.datasets.catalog import FOLDER
from core.datasets.folder_layout import FolderLayout
from core.datasets.progress import PrepareProgress, paced
from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace, pasted
from core.importing.archive import encoding_note
from core.importing.image_source import open_image_source
from core.importing.label_table import ENDINGS as TABLE_ENDINGS
from core.importing.label_table import UNCLEAR_COLUMNS
from core.importing.layout import AMBIGUOUS, in_words
from core.importing.parquet_images import ENDING as PARQUET
from core.importing.table_layout import plan_of
from core.loading.split import role, val_is_test
from core.locale import _, ngettext, translate
from core.locale.messages import quoted
from core.prepared import imports
from core.prepared import prepare as preparation
from core.prepared.versions import versions
from core.program import COMMAND
from core.runs.lab import Lab
from core.runs.store import Run

Outcome = TypeVar("Outcome")

MAX_RUNS_NAMED = 5  # runs of an import that a question names


def add_to(command: Command) -> None:
    command("datasets", _("List the data sets."), datasets)
    sub = command("prepare", _("Prepare a data set: find or download it, check it, decode it once."), prepare)
    sub.add_argument(
        "dataset", metavar=_("DATASET"), help=_("a name, or 'folder' with --path, or a folder or ZIP itself")
    )
    sub.add_argument("--path", metavar=_("PATH"), help=_("the image folder or ZIP, for DATASET 'folder'"))
    layout_argument(
        sub,
        _("which of its folders are splits and classes: by their names (auto), the outer or the inner folders are the "
          "classes, or all outer folders are classes and none is a split"),
    )  # fmt: skip
    version_argument(sub)
    sub = command("forget", _("Remove an image folder or ZIP that was imported."), forget)
    sub.add_argument("dataset", metavar=_("DATASET"), help=_("its path or its name (see: {command} datasets)",
                                                                command=COMMAND))  # fmt: skip
    sub.add_argument("--layout", choices=get_args(FolderLayout), help=_("where one path was read in several ways"))
    sub.add_argument("--yes", action="store_true", help=_("do not ask"))


def datasets(options: Namespace) -> None:
    workspace = Workspace.from_environment()
    entries: list[dict[str, Any]] = [
        {
            "name": spec.name, "path": None, "title": spec.title, "images": dict(spec.counts),
            "classes": list(spec.classes), "prepared": preparation.find(DataSource(spec.name), workspace) is not None,
        }
        for spec in catalog.catalog().values()
    ] + [
        {
            "name": FOLDER, "path": meta.path, "title": meta.title, "images": dict(meta.splits),
            "classes": list(meta.classes), "prepared": True,
        }
        for meta in preparation.imported(workspace)
    ]  # fmt: skip
    if options.json:
        for entry in entries:
            emit(entry)
        return
    table(
        [
            [
                entry["path"] or entry["name"],
                translate(entry["title"]),
                ngettext("{n:count} class", "{n:count} classes", len(entry["classes"])),
                _("{images}, prepared", images=parts(entry["images"])) if entry["prepared"] else parts(entry["images"]),
            ]
            for entry in entries
        ]
    )


def source_named(text: str, options: Namespace) -> DataSource:
    """The data set of that name, or the folder or ZIP at that path, read as the options say."""
    name = pasted(text)
    own = is_own(name)
    return DataSource(FOLDER if own else name, name if own else None, options.layout, options.version, options.columns)


def prepare(options: Namespace) -> None:
    name, path = pasted(options.dataset), options.path and pasted(options.path)
    if is_own(name):
        name, path = FOLDER, name
    if name == FOLDER and path is None:
        raise BadInput("an image folder needs its path: {command} prepare folder --path DIR", command=COMMAND)
    if path is not None and name != FOLDER:
        raise BadInput(
            "--path is only for images of your own (DATASET 'folder'); {name} has files of its own.", name=name
        )
    workspace = Workspace.from_environment()
    source = DataSource(name, path, options.layout, options.version, options.columns)
    if source.is_folder and not source.version and not options.json and not preparation.find(source, workspace):
        line(what_would_be_imported(source))
    ensure_prepared(source, workspace, as_json=options.json)
    prepared = preparation.require(source, workspace)
    meta = prepared.meta
    if options.json:
        emit({"ready": True, "folder": str(prepared.folder), "title": meta.title, "images": meta.splits,
              "classes": list(meta.classes), "skipped": [list(pair) for pair in meta.skipped],
              "collapsed": meta.collapsed, "animations": meta.moving,
              "copies": meta.copies.model_dump(exclude={"digest"}) if meta.copies else None})  # fmt: skip
        return
    classes = ngettext("{n:count} class", "{n:count} classes", len(meta.classes))
    images = parts(meta.splits, ", ")
    line(_("{title:name} is ready: {images}; {classes}.", title=translate(meta.title), images=images, classes=classes))
    line(_("It lies in {folder}", folder=prepared.folder))
    if words := val_is_test(meta.splits):
        line(words)
    for words in (*([meta.copies.repeated_words] if meta.copies else []), *meta.warnings):
        if words:
            line(words)
    for file, reason in meta.skipped:
        line(_("left out {file}: {reason}", file=file, reason=translate(reason)))
    if meta.unlisted:
        line(_("left out {n:count} more", n=meta.unlisted))


def forget(options: Namespace) -> None:
    lab = Lab.open()
    source = imports.find_import(pasted(options.dataset), lab.workspace, options.layout)
    runs = lab.runs_on(source)
    if imports.is_collected(source.place, lab.workspace):
        what = _("This deletes what was prepared of {title:name}, and all images that were collected in it, for good.",
                 title=source.title)  # fmt: skip
    elif imports.is_upload(source.place, lab.workspace):
        what = _("This deletes what was prepared of {title:name}, and the uploaded ZIP.", title=source.title)
    else:
        what = _("This deletes what was prepared of {title:name}. {path:name} stays as it is.", title=source.title,
                 path=source.place)  # fmt: skip
    if saved := versions(source, lab.workspace):
        words = _("What was prepared of its versions goes, too ({names}); the edits stay.",
                  names=", ".join(quoted(one.name) for one in saved))  # fmt: skip
        what = f"{what} {words}"
    if runs:
        keep = ngettext(
            "{n:count} run was trained on it ({names}): it keeps its weights and figures, but can be resumed, measured "
            "and tried on drawings only where the images are prepared again.",
            "{n:count} runs were trained on it ({names}): they keep their weights and figures, but can be resumed, "
            "measured and tried on drawings only where the images are prepared again.",
            len(runs),
            names=names_of(runs),
        )
        what = f"{what} {keep}"
    confirm(options, what)
    lab.forget(source)
    if options.json:
        emit({"name": FOLDER, "path": source.path, "title": source.title, "runs": [run.id for run in runs]})
    else:
        line(_("{title:name} is removed", title=source.title))


def names_of(runs: Sequence[Run]) -> str:
    """The first few of them, for a question."""
    return ", ".join(quoted(run.name) for run in runs[:MAX_RUNS_NAMED]) + ("" if len(runs) <= MAX_RUNS_NAMED else " …")


def what_would_be_imported(source: DataSource) -> str:
    """Which folders would be classes and which splits; `BadInput` where the names say it in two ways or in none."""
    try:
        opened = open_image_source(str(source.path), source.columns)
        plan = plan_of(opened, source.layout, source.columns)
    except BadInput as problem:
        if problem.code == UNCLEAR_COLUMNS:
            raise BadInput("{problem} Write it as --columns NAMES here.", problem=problem) from problem
        if problem.code != AMBIGUOUS:
            raise
        raise BadInput("{problem} Write it as --layout NAME here.", problem=problem) from problem
    found = _("{title}: {plan}.", title=source.title, plan=in_words(plan))
    return "\n".join(filter(None, (found, encoding_note(opened))))


def parts(images: Mapping[str, int], between: str = " + ") -> str:
    """How many images each part has: `60 000 train + 10 000 test`."""
    return between.join(_("{n:count} {part}", n=n, part=translate(role(part, images))) for part, n in images.items())


def is_own(name: str) -> bool:
    """Whether the name of a data set is the path of images of one's own."""
    return name not in catalog.catalog() and name != FOLDER and is_path(name)


def is_path(text: str) -> bool:
    """Whether a folder or ZIP is meant, there or not: so that a mistyped path is not called an unknown data set."""
    endings = (".zip", PARQUET, *TABLE_ENDINGS)
    return Path(text).exists() or "/" in text or os.sep in text or text.lower().endswith(endings)


def ensure_prepared(
    source: DataSource, workspace: Workspace, *, as_json: bool = False, quiet: bool = False, as_prepared: bool = False
) -> None:
    """Prepare a data set if that is still to do, with a bar on standard error or JSON on standard output; anew where a
    folder has changed, unless it is wanted `as_prepared`."""
    if as_prepared and preparation.find(source, workspace):
        return
    last = None
    reports = preparation.prepare(source, workspace)
    for progress in reports if as_json or quiet else progress_bars(reports):
        if as_json and progress != last:
            emit(asdict(progress))
        last = progress


def progress_bars(reports: Iterable[PrepareProgress]) -> Iterator[PrepareProgress]:
    """The same reports, shown as a bar a stage on standard error."""
    bar: tqdm[Any] | None = None
    stage = ""
    for progress in reports:
        if bar is None or progress.stage != stage:
            if bar is not None:
                bar.close()
            stage = progress.stage
            bar = tqdm(desc=translate(stage), unit=" " + translate(progress.unit), unit_scale=True, disable=None)
        bar.total = progress.total or None
        bar.update(progress.done - bar.n)
        yield progress
    if bar is not None:
        bar.close()


def with_progress(
    reports: Generator[PrepareProgress, None, Outcome], options: Namespace, told: Sequence[str] = ("done", "total")
) -> Outcome:
    """Show how far a piece of work is, with --json only where --progress asks for it: then what is `told` of each
    report. Returns what came of the work."""
    outcome: list[Outcome] = []

    def working() -> Iterator[PrepareProgress]:
        outcome.append((yield from reports))

    seen = paced(working())
    for report in seen if options.json else progress_bars(seen):
        if options.json and options.progress:
            emit({name: getattr(report, name) for name in told})
    return outcome[0]
