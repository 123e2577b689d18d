"""Opens a pack: its runs, versions and images become those of this workspace. The pack may come from anyone."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.datasets.drawing_style import FILE as STYLE
from core.datasets.progress import PrepareProgress
from core.errors import BadInput, Problem, Unwritable
from core.files import atomic, disk_space
from core.files.checkpoint_names import checkpoint_path, own_path
from core.files.png import png
from core.inference.known_style import checked_style
from core.locale import N_, _
from core.packing import data_sets
from core.packing.checkpoints import CheckpointReader
from core.packing.manifest import (
    CHECKPOINT,
    EPOCHS,
    FOR_PEOPLE,
    LOG,
    MANIFEST,
    MAX_CHECKPOINT_BYTES,
    MAX_LOG_BYTES,
    RUN,
    STEPS,
    WATCHED,
    left_out,
)
from core.packing.pack_file import MAX_NAME_CHARS, PackFile
from core.packing.rows import ArrivedRun, of, read_run, relinked, renamed, same_content
from core.prepared.arrays import Meta
from core.run_config import RunConfig
from core.runs import answer_history, naming, probe_images, watched_images
from core.runs.confidence import keep_confidence
from core.runs.deletion import ARRIVALS, ARRIVING, discard
from core.runs.lab import Lab
from core.runs.locks import try_acquire
from core.runs.obstacles import require_folder
from core.runs.readable import write_readable
from core.runs.trained import load_model
from core.sandbox.image_decoder import Decoders
from core.sanitize import lines, one_line
from core.training import checkpoint

BUSY = "Another pack is being unpacked here. Wait until it is done, then try again."
START = "start.pt"  # may be of another run, whose weights it starts from
MAX_TOLD_CHARS = 400  # characters of what a pack says was left out of it
MAX_TOLD = 50  # files that are named one by one


@dataclass
class Unpacked:
    """What came of a pack: old id → new id of the runs that are here now, names of those that were here before, and
    words about the rest. `left_out` says which runs could not be taken, and why."""

    runs: dict[str, str] = field(default_factory=dict)
    here: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def unpack(path: Path, lab: Lab) -> Generator[PrepareProgress, None, Unpacked]:
    """Bring the runs of a pack into this workspace. Yields the bytes read, as it goes, and returns what came of it.

    All of it is checked before the store sees any of it. What is wrong with one run, version or data set is told, and
    the others are taken. `BadInput` where the pack itself is no good, or no run of it; then, and where it is closed
    before its end, the workspace is as it was. A process that is killed leaves files that nobody sees, and that the
    next run to start removes."""
    with ExitStack() as stack:
        pack = stack.enter_context(PackFile(path))
        refused: dict[str, BadInput] = {}
        arriving = list(readable(pack, refused))
        require_folder(lab.workspace)
        atomic.make_folder(lab.workspace.runs)
        lab.deletion.tidy()  # what one that was killed has left; from here on its folders would count as on their way
        lock = try_acquire(lab.workspace.runs / ARRIVALS)
        if lock is None:
            raise Problem(BUSY)
        stack.callback(lock.release)
        told = [*pack.manifest.left_out, *pack.manifest.without][:MAX_TOLD]
        done = Unpacked(told=[one_line(words, MAX_TOLD_CHARS) for words in told])
        ids, new = new_ids(arriving, lab, done)
        done.told += unknown_members(pack)
        disk_space.require(lab.workspace.runs, sum(pack.size(name) for name in pack.members), _("the runs"))
        made = [lab.workspace.run(ids[run.packed.id]) for run in new]
        try:
            new = yield from _files(pack, new, ids, lab, refused)
            if refused and not new and not done.here:
                raise next(iter(refused.values()))
            for folder in data_sets.packed_images(pack):
                with saying(done):
                    done.told.append((yield from data_sets.unpack_images(pack, folder, lab.workspace, made)))
            for folder in data_sets.packed_versions(pack):
                with saying(done):
                    version = data_sets.read_version(pack, folder)
                    done.told += filter(None, [data_sets.keep_version(*version, lab.workspace, made)])
            # From here on they are there: what the store has lies on the disk whole.
            lab.store.add_rows([renamed(run, ids).rows for run in new])
        except BaseException:
            for place in made:
                discard(place)
            raise
        for run in new:
            finish(renamed(run, ids), lab)
        for packed in pack.manifest.runs:
            if problem := refused.get(packed.id):
                done.runs.pop(packed.id, None)
                done.left_out.append(left_out(one_line(packed.name, naming.MAX_NAME_CHARS), packed.id, problem))
        return done


def readable(pack: PackFile, refused: dict[str, BadInput]) -> Iterator[ArrivedRun]:
    """The runs of a pack whose rows can be read; `refused` gets what is wrong with the others, by their ids."""
    for packed in pack.manifest.runs:
        try:
            yield read_run(pack, packed)
        except BadInput as problem:
            refused[packed.id] = problem


@contextmanager
def saying(done: Unpacked) -> Iterator[None]:
    """A context in which something of a stranger's that is refused is told."""
    try:
        yield
    except BadInput as problem:
        done.told.append(str(problem))


def new_ids(arrived: list[ArrivedRun], lab: Lab, done: Unpacked) -> tuple[dict[str, str], list[ArrivedRun]]:
    """The id that each run of the pack has here, and the runs that are not here yet."""
    by_time: dict[float, list[str]] = {}
    for here in lab.store.all():
        by_time.setdefault(here.created, []).append(here.id)
    taken = set(lab.store.ids())
    ids, new = {}, []
    for run in arrived:
        old, columns = run.packed.id, run.rows.columns
        same = next(
            (one for one in by_time.get(columns["created"], []) if same_content(run, lab.store.rows(one))), None
        )
        if same:
            ids[old] = done.here[old] = same
            continue
        found = old
        while found in taken or lab.workspace.run(found).exists():
            found = naming.run_id()
        taken.add(found)
        ids[old] = done.runs[old] = found
        new.append(run)
    return ids, new


def unknown_members(pack: PackFile) -> list[str]:
    """Words about what is in the pack and nothing of a run."""
    known = {MANIFEST, *(f"runs/{run.id}/{name}" for run in pack.manifest.runs for name in files_of(pack, run.id)[1])}
    left = [name for name in pack.members if name not in known and not name.startswith(("edits/", "data/"))]
    told = [_("{file:name} is no file of a run, and was left out.", file=one_line(name, MAX_NAME_CHARS))
            for name in left[:MAX_TOLD]]  # fmt: skip
    if len(left) > MAX_TOLD:
        told.append(_("left out {n:count} more", n=len(left) - MAX_TOLD))
    return told


def files_of(pack: PackFile, run: str) -> tuple[list[str], list[str]]:
    """The files of a run that are read as they are, and all that are known, by their names in its folder."""
    names = pack.below(f"runs/{run}/")
    read = [name for name in names if CHECKPOINT.fullmatch(name)]
    others = (RUN, EPOCHS, STEPS, LOG, STYLE, probe_images.FILE, answer_history.FILE, *FOR_PEOPLE)
    return read, [name for name in names if name in read or name in others or WATCHED.fullmatch(name)]


def _files(
    pack: PackFile, new: list[ArrivedRun], ids: Mapping[str, str], lab: Lab, refused: dict[str, BadInput]
) -> Generator[PrepareProgress, None, list[ArrivedRun]]:
    """Write the folders of runs, each marked as on its way; returns those whose files can be read."""
    whole = []
    sizes = [pack.size(f"runs/{run.packed.id}/{name}") for run in new for name in files_of(pack, run.packed.id)[0]]
    total, done = sum(sizes), 0
    with CheckpointReader(max(sizes, default=0)) as reader, closing(Decoders(1)) as decoders:
        for run in new:
            folder = lab.workspace.run(ids[run.packed.id])
            try:
                for size in _folder(pack, run, folder, ids, reader, decoders):
                    yield PrepareProgress(N_("checking"), done, total, "bytes")
                    done += size
            except BadInput as problem:
                refused[run.packed.id] = problem
                discard(folder)
            else:
                whole.append(run)
    yield PrepareProgress(N_("checking"), total, total, "bytes")
    return whole


def _folder(
    pack: PackFile, run: ArrivedRun, folder: Path, ids: Mapping[str, str], reader: CheckpointReader, decoders: Decoders
) -> Iterator[int]:
    """Write the folder of a run. Yields the bytes of each checkpoint before it is read."""
    source, meta = f"runs/{run.packed.id}/", None
    atomic.write(b"", folder / ARRIVING)
    for name in files_of(pack, run.packed.id)[0]:
        yield pack.size(source + name)
        content = pack.read(source + name, MAX_CHECKPOINT_BYTES)
        values = reader.read(content, f"{run.packed.id}/{name}")
        checkpoint.save(own(values, run, name, ids, pack), folder / name)
        if name != START:
            meta = Meta.model_validate_json(values["meta"])
    for name, first in run.packed.same_files.items():
        if not CHECKPOINT.fullmatch(name) or not CHECKPOINT.fullmatch(first) or not (folder / first).exists():
            raise pack.damaged(MANIFEST)
        atomic.link(folder / first, folder / name)
    small_files(pack, source, folder, decoders, meta)


def own(values: dict[str, Any], run: ArrivedRun, name: str, ids: Mapping[str, str], pack: PackFile) -> dict[str, Any]:
    """A checkpoint's values with the ids that runs have here; `BadInput` for one of another run."""
    config = RunConfig.from_dict(values["config"])
    if name != START and config != run.config:
        raise pack.damaged(f"runs/{run.packed.id}/{name}")
    found = values | {"config": relinked(config, ids).to_dict()}
    if "start" in values:
        found["start"] = values["start"] | {"run": of(values["start"]["run"], ids)}
    return found


def small_files(pack: PackFile, source: str, folder: Path, decoders: Decoders, meta: Meta | None) -> None:
    """The log, what a run answered after every epoch, and pictures of a person's own: each read and written anew. What
    it answered is of the images that `meta` describes."""
    if source + LOG in pack:
        text = pack.read(source + LOG, MAX_LOG_BYTES).decode("utf-8", "replace")
        atomic.write(f"{lines(text, MAX_LOG_BYTES)}\n".encode(), folder / LOG)
    if meta and (name := source + probe_images.FILE) in pack:
        probes = probe_images.parsed(pack.read(name, MAX_LOG_BYTES))
        images = [image for one in probes for image in one.images]
        classes = [number for one in probes for pairs in (*one.answers, *one.own.values()) for number, _share in pairs]
        if not inside(images, meta.count) or not inside(classes, len(meta.classes)):
            raise pack.damaged(name)
        atomic.write("".join(map(probe_images.line, probes)).encode(), folder / probe_images.FILE)
    if meta and (name := source + answer_history.FILE) in pack:
        content = pack.read(name, answer_history.MAX_BYTES + MAX_LOG_BYTES)
        if answer_history.rows(content)["answers"].max(initial=0) >= len(meta.classes):
            raise pack.damaged(name)
        atomic.write(content, folder / answer_history.FILE)
    if meta and (name := source + STYLE) in pack:
        try:
            style = checked_style(pack.read(name, MAX_LOG_BYTES), meta)
        except ValueError as error:
            raise pack.damaged(name) from error
        atomic.write(style.model_dump_json().encode(), folder / STYLE)
    watched = [name for name in pack.below(source) if WATCHED.fullmatch(name)][: watched_images.MAX_IMAGES]
    for name in watched:
        (picture,) = decoders.pictures([pack.read(source + name, MAX_LOG_BYTES)], whole=True)
        if isinstance(picture, str):
            raise pack.damaged(source + name)
        atomic.write(png(picture.pixels), folder / name)


def inside(numbers: list[int], most: int) -> bool:
    return all(0 <= number < most for number in numbers)


def finish(run: ArrivedRun, lab: Lab) -> None:
    """What follows from the rest: how sure its answers are given, and the copies for people. A disk that refuses them
    harms nothing."""
    folder = lab.workspace.run(run.rows.columns["id"])
    with suppress(Unwritable):
        for which, confidence in run.confidence.items():
            path = own_path(folder, which)
            if CHECKPOINT.fullmatch(path.name) and path.exists():
                keep_confidence(path, temperature=confidence.temperature, threshold=confidence.threshold)
    last = checkpoint_path(folder, checkpoint.LAST)
    with suppress(Problem):
        if run.packed.state == "finished" and last.exists():
            trained = load_model(last)
            write_readable(lab.store.get(folder.name), lab, trained.model, trained.meta)
    atomic.remove(folder / ARRIVING)
