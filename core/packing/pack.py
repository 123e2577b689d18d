"""Writes runs, with all that belongs to them, as one file."""

import json
import re
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core import __version__
from core.datasets.drawing_style import FILE as STYLE
from core.datasets.progress import PrepareProgress
from core.datasets.source import DataSource
from core.errors import Problem
from core.files import atomic, disk_space
from core.files.checkpoint_names import EPOCH_PREFIX, NAME, checkpoints, which_of
from core.inference.known_style import packed_style
from core.locale import N_, _, translate
from core.packing import data_sets
from core.packing.manifest import (
    CHECKPOINT,
    EPOCHS,
    FORMAT,
    LEFT,
    MANIFEST,
    RUN,
    STEPS,
    TAKEN,
    WATCHED,
    DataOf,
    Manifest,
    PackedRun,
    dump,
    left_out,
)
from core.prepared import prepare
from core.runs import schema
from core.runs.confidence import PLAIN, kept_confidence
from core.runs.lab import Lab
from core.runs.naming import data_title
from core.runs.store import UNREADABLE, Run, RunRows
from core.sanitize import one_line
from core.training import checkpoint

PIECE_BYTES = 1 << 22  # copied at once
TIGHT = re.compile(r".*\.(jsonl?|csv|yaml|log|txt)")  # files that get smaller; numbers in binary hardly do
# Columns that concern one computer.
OWN = ("pid", "place", "fingerprint", "requested_action", "oom_counters", "queued", "stage")
ACTIVE = (
    "{name:name} ({run}) trains or waits, so its files still change. Pause it or let it finish, or pack other runs."
)
MOVED = "{name:name} ({run}) went on while it was packed. Pause it, then pack again."


def packable(runs: Sequence[Run], *, chosen: bool) -> tuple[list[Run], list[str]]:
    """Of these runs those that can be packed, and why the others are left out; `Problem` for one that was `chosen` and
    trains, and where none is left."""
    found, left = [], []
    for run in runs:
        if run.active and chosen:
            raise Problem(ACTIVE, name=run.name, run=run.id)
        if run.active:
            left.append(str(Problem(ACTIVE, name=run.name, run=run.id)))
        elif run.code == UNREADABLE:
            left.append(left_out(run.name, run.id, Problem("{message}", message=run.message)))
        else:
            found.append(run)
    if not found:
        raise Problem(" ".join(left) or _("There is no run to pack."))
    return found, left


def pack(
    runs: Sequence[Run], lab: Lab, path: Path, left: Sequence[str] = (), *, data: bool = False, epochs: bool = True
) -> Generator[PrepareProgress, None, Manifest]:
    """Write these runs, and with `data` the prepared images of the imported sets that they learned from; without
    `epochs` no checkpoint of a single epoch, but the best and the last ones. Yields the bytes written, as it goes, and
    returns what is in the file; closed before its end it leaves nothing. `left` are words about runs that were left out
    before; one whose files cannot be read is, too. `Problem` where none can, `Unwritable` when the disk refuses."""
    sources = data_sets.sources_of(runs)
    files = {run.id: files_of(run, lab, epochs=epochs) for run in runs}
    # A checkpoint of several names is written once.
    sizes = {(one.st_dev, one.st_ino): one.st_size for found, _left in files.values()
             for one in (path.stat() for path in found.values())}  # fmt: skip
    total = sum(sizes.values()) + (sum(data_sets.size(source, lab.workspace) for source in sources) if data else 0)
    with atomic.replacing(path) as written:
        disk_space.require(path.parent, total, _("the pack"))
        with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
            writer = Writer(archive, total)
            words, left, packed = list[str](), list(left), []
            for run in runs:
                try:
                    whole = check(run, lab, files[run.id][0])
                except Problem as problem:  # told here, and not on the other computer
                    left.append(left_out(run.name, run.id, problem))
                    continue
                packed.append((yield from _run(run, lab, whole, writer)))
                for file in map(one_line, files[run.id][1]):
                    words.append(_("{name:name}: {file} is no file of a run: left out.", name=run.name, file=file))
            if not packed:
                raise Problem("{reasons}", reasons=" ".join(left))
            for source in sources:
                yield from data_sets.pack_version(source, lab.workspace, writer)
            for source in dict.fromkeys(source.base for source in sources):
                there = data and (yield from data_sets.pack_images(source, lab.workspace, writer))
                if not there:
                    words.append(data_sets.how_to_get(source, asked=data))
            saved = 0 if epochs else sum(lab.files.epoch_bytes(run.id) for run in packed)
            if saved:
                words.append(
                    _(
                        "The checkpoints of single epochs, {size:size}, are not in the file: its runs are forked after "
                        "their best and their last epoch alone.",
                        size=saved,
                    )
                )
            made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            manifest = Manifest(format=FORMAT, store=schema.VERSION, epochlab=__version__, runs=packed, made=made,
                                left_out=left, without=words)  # fmt: skip
            writer.text(MANIFEST, json.dumps(dump(manifest), indent=1, ensure_ascii=False))
    return manifest


class Writer:
    """The ZIP while it is written, and how far it is."""

    def __init__(self, archive: zipfile.ZipFile, total: int) -> None:
        self.archive, self.total, self.done = archive, total, 0

    def text(self, name: str, words: str) -> None:
        self.archive.writestr(name, words.encode(), zipfile.ZIP_DEFLATED)

    def lines(self, name: str, rows: Iterable[Any]) -> None:
        self.text(name, "".join(json.dumps(asdict(row), separators=(",", ":")) + "\n" for row in rows))

    def file(self, name: str, path: Path) -> Iterator[PrepareProgress]:
        """Copy a file piece by piece, as it was when it was opened: a checkpoint is replaced, never written to."""
        member = zipfile.ZipInfo(name, datetime.now().timetuple()[:6])
        member.compress_type = zipfile.ZIP_DEFLATED if TIGHT.fullmatch(name) else zipfile.ZIP_STORED
        with path.open("rb") as source, self.archive.open(member, "w", force_zip64=True) as target:
            while piece := source.read(PIECE_BYTES):
                target.write(piece)
                self.done += len(piece)
                yield PrepareProgress(N_("packing"), self.done, max(self.total, self.done), "bytes")


def files_of(run: Run, lab: Lab, *, epochs: bool = True) -> tuple[dict[str, Path], list[str]]:
    """The files of a run that go into a pack, by their names in its folder, and those that nobody here has made;
    `epochs`: whether checkpoints of single epochs are among them."""
    folder, found, left = lab.workspace.run(run.id), {}, []
    current = checkpoints(folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if checkpoint_of := which_of(path) if NAME.fullmatch(name) else "":
            if current.get(checkpoint_of) != path:  # of an attempt that was superseded
                continue
            if not epochs and checkpoint_of.startswith(EPOCH_PREFIX):
                continue
            name = f"{checkpoint_of}.pt"
        ours = checkpoint_of or name in TAKEN or WATCHED.fullmatch(name)
        if ours and not path.is_symlink():
            found[name] = path
        elif not LEFT.fullmatch(name):
            left.append(name)
    return found, left


@dataclass(frozen=True)
class Whole:
    """A run that can be read, with its files by their names in its folder."""

    rows: RunRows
    files: dict[str, Path]
    same: dict[str, str]  # the name of a file that has several → the first of them
    fingerprint: str  # of the images that it learned from
    style: str  # how they are drawn, as JSON; "" where they are not
    confidence: dict[str, dict[str, float]]


def check(run: Run, lab: Lab, files: dict[str, Path]) -> Whole:
    """`Problem` where its rows or a checkpoint cannot be read."""
    rows = lab.store.rows(run.id)
    first: dict[tuple[int, int], str] = {}
    same: dict[str, str] = {}
    prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
    fingerprint = prepared.meta.fingerprint if prepared else ""
    confidence, style = {}, ""
    for name, path in files.items():
        status = path.stat()
        if CHECKPOINT.fullmatch(name):
            if (kept := kept_confidence(path)) != PLAIN:
                confidence[which_of(path)] = {"temperature": kept.temperature, "threshold": kept.threshold}
            if (other := first.setdefault((status.st_dev, status.st_ino), name)) != name:
                same[name] = other
                continue
            values = checkpoint.load(path)
            if which_of(path) != checkpoint.START:
                fingerprint = str(values["fingerprint"])
                style = packed_style(run, lab.workspace)
    own = {name: path for name, path in files.items() if name not in same}
    return Whole(rows, own, same, fingerprint, style, confidence)


def _run(run: Run, lab: Lab, whole: Whole, writer: Writer) -> Generator[PrepareProgress, None, PackedRun]:
    folder, rows = f"runs/{run.id}/", whole.rows
    for name, path in whole.files.items():
        yield from writer.file(folder + name, path)
    columns = rows.columns | dict.fromkeys(OWN) | {"message": run.message}
    told = {"row": columns, "confidence": whole.confidence}
    writer.text(folder + RUN, json.dumps(told, indent=1, ensure_ascii=False))
    if whole.style:
        writer.text(folder + STYLE, whole.style)
    writer.lines(folder + EPOCHS, rows.epochs)
    writer.lines(folder + STEPS, rows.steps)
    now = lab.store.rows(run.id)
    if now.columns["state"] != run.state or now.columns["progress"] != rows.columns["progress"]:
        raise Problem(MOVED, name=run.name, run=run.id)
    source = DataSource.of(run.config.data)
    data = DataOf(**vars(source), title=translate(data_title(run.config)), fingerprint=whole.fingerprint)
    accuracy = (run.summary or {}).get("test_accuracy")
    known = {"id": run.id, "name": run.name, "state": run.state, "recipe": run.recipe, "test_accuracy": accuracy}
    return PackedRun.model_validate({**known, "data": data, "same_files": whole.same})
