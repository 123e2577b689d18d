"""`edits` and `export-data`."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from core.cli.arguments import Command, as_prepared_argument, layout_argument, progress_argument, version_argument
from core.cli.data import ensure_prepared, names_of, source_named, with_progress
from core.cli.output import confirm, emit, line, table
from core.datasets.edits import ACTION_TITLES, Edit, count_of, from_text, to_text, version_name
from core.datasets.source import DataSource
from core.errors import BadInput, reason
from core.files import atomic
from core.files.paths import Workspace, pasted
from core.locale import _, ngettext, translate
from core.prepared import prepare as preparation
from core.prepared.class_folders import renamed, write_class_folders
from core.prepared.draft import Draft
from core.prepared.versions import added_alone, edits_of, versions
from core.program import COMMAND
from core.runs.lab import Lab
from core.runs.store import Run


def add_to(command: Command) -> None:
    sub = command(
        "edits", _("List, take over, write or save the edits of a data set's images; delete a version of them."),
        edits,
    )  # fmt: skip
    sub.add_argument("dataset", metavar=_("DATASET"), help=_("a name (see: {command} datasets), or the path of an "
                                                               "image folder or ZIP", command=COMMAND))  # fmt: skip
    layout_argument(sub, _("how it is read, as for prepare"))
    sub.add_argument("--import", dest="take_over", metavar=_("FILE"), help=_("add the edits of a CSV file"))
    sub.add_argument("--export", metavar=_("FILE"), help=_("write the edits as a CSV file"))
    sub.add_argument("--save", metavar=_("NAME"), help=_("save the edits as a version of this name"))
    sub.add_argument("--delete", metavar=_("NAME"), help=_("delete the saved version of this name"))
    sub.add_argument("--yes", action="store_true", help=_("do not ask"))
    version_argument(sub, _("list or write the edits of this saved version instead"))
    sub = command("export-data", _("Write a data set as class folders in a ZIP."), export_data)
    sub.add_argument(
        "dataset", metavar=_("DATASET"), help=_("a name, or the path of an image folder or ZIP")
    )  # fmt: skip
    layout_argument(sub, _("how it is read, as for prepare"))
    sub.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=".zip"))
    version_argument(sub)
    as_prepared_argument(sub)
    progress_argument(sub)


def edits(options: Namespace) -> None:
    workspace = Workspace.from_environment()
    source = source_named(options.dataset, options)
    if source.version and (options.take_over or options.save):
        raise BadInput("A saved version does not change: leave --version away to work on the list of edits.")
    if options.delete:
        delete_version(replace(source, version=version_name(options.delete)), options)
        return
    ensure_prepared(source.base, workspace, quiet=options.json)
    draft = Draft(source, preparation.require(source.base, workspace), workspace)
    if options.take_over:
        unmatched = draft.take_over(from_text(_text_of(Path(pasted(options.take_over)))))
        if unmatched and not options.json:
            words = ngettext(
                "{n:count} edit is of an image that {title:name} does not have: left away.",
                "{n:count} edits are of images that {title:name} does not have: left away.",
                len(unmatched),
                title=source.base.title,
            )
            line(words)
    found = edits_of(source, workspace) if source.version else draft.edits
    if options.export:
        atomic.write(to_text(found).encode(), Path(pasted(options.export)))
    if options.save:
        draft.save(options.save)
    saved = versions(source, workspace)
    if options.json:
        for edit in found:
            emit(asdict(edit))
        emit({"edits": len(found), "changes": count_of(found),
              "versions": [{"name": one.name, "changes": one.changes} for one in saved]})  # fmt: skip
        return
    table([_row(edit) for edit in found])
    line(
        ngettext("{n:count} edit changes something.", "{n:count} edits change something.", count_of(found))
        if found
        else _("There are no edits.")
    )
    for one in saved:
        line(
            ngettext(
                "Version {name:name}: {changes:count} change",
                "Version {name:name}: {changes:count} changes",
                one.changes,
                name=one.name,
                changes=one.changes,
            )
        )


def delete_version(version: DataSource, options: Namespace) -> None:
    lab = Lab.open()
    edits_of(version, lab.workspace)  # or there is no such version
    runs = lab.runs_on(version)
    what = _("This deletes {title:name}, with its list of edits. The edits at work stay.", title=version.title)
    if alone := len(added_alone(version, lab.workspace)):
        goes = ngettext(
            "{n:count} image that was added goes for good: no other list of edits has it.",
            "{n:count} images that were added go for good: no other list of edits has them.",
            alone,
        )
        what = f"{what} {goes}"
    confirm(options, f"{what} {runs_keep(runs)}" if runs else what)
    lab.forget(version)
    if options.json:
        emit({"deleted": version.version, "runs": [run.id for run in runs]})
    else:
        line(_("{title:name} is deleted", title=version.title))


def runs_keep(runs: Sequence[Run]) -> str:
    """What becomes of runs whose version is deleted."""
    return ngettext(
        "{n:count} run learned from it ({names}): it keeps its weights and figures, but can be resumed and measured "
        "only where the same edits are saved under this name again.",
        "{n:count} runs learned from it ({names}): they keep their weights and figures, but can be resumed and "
        "measured only where the same edits are saved under this name again.",
        len(runs),
        names=names_of(runs),
    )


def export_data(options: Namespace) -> None:
    workspace, path = Workspace.from_environment(), Path(pasted(options.to))
    if path.suffix.lower() != ".zip":
        raise BadInput("{file:name} is no ZIP: give a name that ends in .zip.", file=path.name)
    source = source_named(options.dataset, options)
    ensure_prepared(source, workspace, quiet=options.json, as_prepared=options.as_prepared)
    prepared = preparation.require(source, workspace)
    with_progress(write_class_folders(prepared, path), options)
    names = renamed(prepared.meta.classes)
    if options.json:
        emit({"file": str(path), "images": prepared.meta.splits, "renamed": dict(names)})
        return
    for name, folder in names:
        line(_("{name:name} cannot be the name of a folder: it is {folder:name} there.", name=name, folder=folder))
    line(ngettext("{n:count} image is in {file}", "{n:count} images are in {file}", prepared.meta.count, file=path))


def _row(edit: Edit) -> list[str]:
    place = edit.file or _("{split} {number}", split=edit.split, number=edit.number)
    change = f"{edit.was} → {edit.value}" if edit.was else edit.value
    return [translate(ACTION_TITLES[edit.action]), edit.split, place, change]


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("This file is no text in UTF-8. Save it as CSV in UTF-8, and take that over.") from error
    except OSError as error:
        raise BadInput("{file} cannot be read: {reason}.", file=file, reason=reason(error)) from error
