"""How a model's accuracy falls when its images are disturbed: one curve a kind of disturbance, kept with the run."""

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.datasets.source import DataSource
from core.files import atomic
from core.files.checkpoint_names import which_of
from core.files.paths import Workspace
from core.insight.disturbances import DISTURBANCES
from core.runs.store import Run
from core.training.verdict import interval

FOLDER = "disturbed"  # in the folder of a run
MAX_IMAGES = 2000  # of a part, drawn at random: their accuracy is within 2 points of that of all
SEED = 0
Observe = Callable[[int, int], None]  # images that were looked at, of so many


@dataclass(frozen=True)
class Point:
    """The accuracy at one strength; `interval` holds that of all such images with 95 %."""

    strength: float
    correct: int
    total: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Robustness:
    """A curve, and beside each of its points the same image disturbed so: (S, H, W, C) uint8."""

    kind: str
    points: tuple[Point, ...]
    samples: NDArray[np.uint8]
    fingerprint: str  # of the prepared set


def chosen_images(indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those that are shown: all, or as many as are enough, always the same."""
    if len(indices) <= MAX_IMAGES:
        return indices
    return np.sort(np.random.default_rng(SEED).choice(indices, MAX_IMAGES, replace=False))


def measure(
    run: Run, asked: str | DataSource, kind: str, workspace: Workspace, which: str,
    observe: Observe = lambda done, total: None,
) -> Robustness:  # fmt: skip
    """Show a run's checkpoint the images of a split, or of another set, disturbed; kept, so that asking again costs
    nothing. Raises as `evaluate` does."""
    import torch

    from core.insight.evaluation import found_part, known_split
    from core.insight.shown_images import other_set, own_part
    from core.loading.batches import evaluation_batch
    from core.loading.pixels import as_tensor, resize, scaled, with_channels
    from core.runs.trained import load_model, trained_checkpoint
    from core.training.device import choose_device

    path = trained_checkpoint(run, workspace, which)
    version, part = atomic.file_identity(path), found_part(asked)
    trained = load_model(path)
    if isinstance(asked, str):
        shown = own_part(run, known_split(asked), workspace, trained.config, trained.meta)
    else:
        shown = other_set(asked, workspace, trained.meta.classes)
    fingerprint = shown.prepared.meta.fingerprint
    if (before := find(path, part, kind, version)) and before.fingerprint == fingerprint:
        return before
    device, spec = choose_device(trained.config.training.device), trained.spec
    model = trained.model.to(device).eval()
    disturbance, indices = DISTURBANCES[kind], chosen_images(shown.indices)
    labels = torch.from_numpy(np.asarray(shown.prepared.labels)[indices].astype(np.int64)).to(device)
    ground = None
    if spec.ground is not None:
        level = torch.tensor(spec.ground, device=device).view(1, -1, 1, 1).float() / 255
        ground = with_channels(level, spec.channels)[0]
    step, done, correct = evaluation_batch(spec), 0, [0] * len(disturbance.strengths)
    samples: list[NDArray[np.uint8]] = []
    for first in range(0, len(indices), step):
        piece = [resize(as_tensor(shown.prepared.image(int(one))), spec) for one in indices[first : first + step]]
        images = with_channels(torch.cat(piece).to(device).float().div_(255), spec.channels)
        for place, strength in enumerate(disturbance.strengths):
            changed = disturbance.change(images, strength, ground) if strength else images
            if first == 0:
                samples.append((changed[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy())
            with torch.inference_mode():
                answers = model(scaled(changed, spec)).argmax(1)
            correct[place] += int((answers == labels[first : first + step]).sum())
            done += len(images)
            observe(done, len(indices) * len(correct))
    total = len(indices)
    points = tuple(
        Point(strength, right, total, right / max(1, total), interval(right, total))
        for strength, right in zip(disturbance.strengths, correct, strict=True)
    )
    found = Robustness(kind, points, np.stack(samples), fingerprint)
    keep(found, path, part, version)
    return found


def file_of(checkpoint: Path, part: str, kind: str) -> Path:
    return checkpoint.with_name(FOLDER) / f"{which_of(checkpoint)}.{part}.{kind}.npz"


def keep(found: Robustness, checkpoint: Path, part: str, version: str) -> None:
    """Beside the checkpoint, unless its run was deleted meanwhile. Raises `Unwritable` when the disk refuses."""
    if not checkpoint.exists():
        return
    told = {"version": version, "fingerprint": found.fingerprint, "points": [asdict(one) for one in found.points]}
    buffer = io.BytesIO()
    np.savez(buffer, told=np.array(json.dumps(told)), samples=found.samples)
    atomic.write(buffer.getbuffer(), file_of(checkpoint, part, kind=found.kind))


def find(checkpoint: Path, part: str, kind: str, version: str) -> Robustness | None:
    """What is kept for a version of a checkpoint; None where nothing is. It imports no torch."""
    try:
        with np.load(file_of(checkpoint, part, kind), allow_pickle=False) as kept:
            told, samples = json.loads(str(kept["told"])), np.asarray(kept["samples"], np.uint8)
        points = tuple(Point(**{**one, "interval": tuple(one["interval"])}) for one in told["points"])
        fits = bool(version) and told["version"] == version and len(samples) == len(points)
        return Robustness(kind, points, samples, told["fingerprint"]) if fits else None
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None
