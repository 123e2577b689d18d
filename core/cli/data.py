"""`datasets` and `prepare`."""

import os
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from core import formatting
from core.cli.output import emit, line, table
from core.datasets import catalog
from core.datasets.catalog import FOLDER
from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.prepared import prepare as preparation
from core.program import COMMAND


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
                entry["title"],
                formatting.counted(len(entry["classes"]), "class", "classes"),
                " + ".join(f"{formatting.count(n)} {split}" for split, n in entry["images"].items())
                + (", prepared" if entry["prepared"] else ""),
            ]
            for entry in entries
        ]
    )


def prepare(options: Namespace) -> None:
    name, path = options.dataset, options.path
    if name not in catalog.catalog() and name != FOLDER and is_path(name):
        name, path = FOLDER, name
    if name == FOLDER and path is None:
        raise BadInput("an image folder needs its path: {command} prepare folder --path DIR", command=COMMAND)
    if path is not None and name != FOLDER:
        raise BadInput(
            "--path is only for images of your own (DATASET 'folder'); {name} has files of its own.", name=name
        )
    workspace = Workspace.from_environment()
    source = DataSource(name, path)
    ensure_prepared(source, workspace, as_json=options.json)
    meta = preparation.require(source, workspace).meta
    if options.json:
        emit({"ready": True, "title": meta.title, "images": meta.splits, "classes": list(meta.classes),
              "skipped": [list(pair) for pair in meta.skipped]})  # fmt: skip
        return
    parts = ", ".join(f"{formatting.count(n)} {split}" for split, n in meta.splits.items())
    line(f"{meta.title} is ready: {parts}; {formatting.counted(len(meta.classes), 'class', 'classes')}.")
    for file, reason in meta.skipped:
        line(f"left out {file}: {reason}")
    if meta.unlisted:
        line(f"left out {formatting.count(meta.unlisted)} more")


def is_path(text: str) -> bool:
    """Whether a folder or ZIP is meant, there or not: so that a mistyped path is not called an unknown data set."""
    return Path(text).exists() or "/" in text or os.sep in text or text.lower().endswith(".zip")


def ensure_prepared(source: DataSource, workspace: Workspace, *, as_json: bool = False, quiet: bool = False) -> None:
    """Prepare a data set if that is still to do, with a bar on standard error or JSON on standard output."""
    bar: tqdm[Any] | None = None
    stage, last = "", None
    for progress in preparation.prepare(source, workspace):
        if as_json:
            if progress != last:
                emit(asdict(progress))
            last = progress
        elif not quiet:
            if bar is None or progress.stage != stage:
                if bar is not None:
                    bar.close()
                stage = progress.stage
                bar = tqdm(desc=stage, unit=" " + progress.unit, unit_scale=True, disable=None)
            bar.total = progress.total or None
            bar.update(progress.done - bar.n)
    if bar is not None:
        bar.close()
