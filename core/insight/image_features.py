"""Numbers by which images are compared: what a network sees of each before its last layer (penultimate features), or
the principal components of their pixels. Computed once for all images of a prepared set and kept beside it."""

import os
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from core.datasets.progress import PrepareProgress
from core.files import atomic
from core.files.paths import Workspace
from core.insight.part_features import MAX_FEATURES, projection
from core.insight.small_images import small_images
from core.locale import N_
from core.models.families.efficientnet_lite import imagenet_file
from core.prepared.arrays import Prepared
from core.runs.files import RunFiles
from core.runs.store import Run

if TYPE_CHECKING:
    from torch import nn

    from core.loading.input_spec import InputSpec

MAX_BYTES = 2**27  # of the features of a set: a larger one has fewer of each image
PIXEL_SIDE = 32  # pixels; grey images up to this size are compared by their pixels where no run is given
COMPONENTS = 50  # of the pixels
SAMPLE = 10_000  # images that these are found on
CHUNK = 2000  # images whose pixels are in memory at once
SEED = 0
KEPT_FILES = 4  # of a set, those used last

Features = NDArray[np.float32]  # (N, F)
Computing = Generator[PrepareProgress, None, Features]


@dataclass(frozen=True)
class Basis:
    """What the images of a set are compared by: what a `run` has learnt, EfficientNet-Lite0 as it learnt `imagenet`, or
    their `pixels`. `key` names what is kept."""

    name: Literal["run", "imagenet", "pixels"]
    key: str
    run: Run | None = None


def basis_of(prepared: Prepared, run: Run | None, workspace: Workspace) -> Basis:
    """The basis that suits a set: that of a run where one is given."""
    if run is not None:
        return Basis("run", f"{run.id}-{RunFiles(workspace).checkpoint_version(run.id)}", run)
    meta = prepared.meta
    photographs = not meta.drawable and (meta.size is None or meta.channels == 3 or min(meta.size) > PIXEL_SIDE)
    name: Literal["imagenet", "pixels"] = "imagenet" if photographs and imagenet_file().found else "pixels"
    return Basis(name, name)


def image_features(prepared: Prepared, basis: Basis, workspace: Workspace) -> Computing:
    """The features of all images of a set, (N, F) float32 with F at most 512, not standardised; yields how far it is.
    They are kept for the next time. Raises `Problem` for a run without a checkpoint, `Unwritable` when the disk
    refuses."""
    path = prepared.folder / f"image-features-{prepared.meta.fingerprint[:16]}-{basis.key}.npy"
    try:
        kept: Features = np.load(path, allow_pickle=False)
        os.utime(path)  # used last
    except (OSError, ValueError):  # none yet, or not whole
        kept = np.empty((0, 0), np.float32)
    if kept.dtype == np.float32 and kept.ndim == 2 and len(kept) == prepared.meta.count:
        return kept
    features = yield from (_pixels(prepared) if basis.name == "pixels" else _network(prepared, basis, workspace))
    atomic.write_array(features, path)
    with suppress(OSError):  # another process does the same
        files = sorted(path.parent.glob("image-features-*.npy"), key=lambda file: file.stat().st_mtime_ns)
        for old in files[:-KEPT_FILES]:
            atomic.remove(old)
    return features


def standardised(features: Features) -> Features:
    """The same with mean 0 and spread 1 of each feature; one that never changes is 0."""
    mean, spread = features.mean(0), features.std(0)
    spread[spread <= 1e-6 * np.maximum(1, np.abs(mean))] = np.inf
    found: Features = (features - mean) / spread
    return found


def _pixels(prepared: Prepared) -> Computing:
    """The first principal components of grey levels, each of which is standardised before."""
    from sklearn.decomposition import PCA

    count, stage = prepared.meta.count, N_("comparing pixels")

    def rows(indices: NDArray[np.int64]) -> Features:
        return small_images(prepared, indices, PIXEL_SIDE).reshape(len(indices), -1).astype(np.float32)

    random = np.random.default_rng(SEED)
    sample = rows(np.sort(random.choice(count, min(count, SAMPLE), replace=False)))
    mean, spread = sample.mean(0), sample.std(0) + 1  # a pixel of the margin that changes by a level tells nothing
    yield PrepareProgress(stage, 0, count, "images")
    pca = PCA(min(COMPONENTS, *sample.shape), random_state=SEED).fit((sample - mean) / spread)
    found = np.empty((count, pca.n_components_), np.float32)
    for first in range(0, count, CHUNK):
        indices = np.arange(first, min(first + CHUNK, count))
        found[indices] = pca.transform((rows(indices) - mean) / spread)
        yield PrepareProgress(stage, int(indices[-1]) + 1, count, "images")
    return found


def _network(prepared: Prepared, basis: Basis, workspace: Workspace) -> Computing:
    """What the network of a run, or that of ImageNet, sees before its last layer."""
    import torch

    from core.insight.head_inputs import HeadInputs
    from core.loading.batches import evaluation_batch
    from core.loading.pixels import Pixels
    from core.training.device import choose_device

    count, stage = prepared.meta.count, N_("showing the images to the model")
    yield PrepareProgress(stage, 0, count, "images")
    model, spec, device_name = _model(prepared, basis, workspace)
    device = choose_device(device_name)
    pixels, model = Pixels(prepared, spec, device), model.to(device)
    found, fewer = np.empty((0, 0), np.float32), None
    batch = evaluation_batch(spec)
    with torch.inference_mode(), HeadInputs(model) as head:
        for first in range(0, count, batch):
            indices = np.arange(first, min(first + batch, count))
            model(pixels.clean(indices))
            seen = head.last
            if not first:
                width = seen.shape[1]
                kept = min(width, MAX_FEATURES, max(1, MAX_BYTES // (4 * count)))
                found = np.empty((count, kept), np.float32)
                fewer = projection(width, kept) if kept < width else None
            found[indices] = seen if fewer is None else seen @ fewer
            yield PrepareProgress(stage, int(indices[-1]) + 1, count, "images")
    return found


def _model(prepared: Prepared, basis: Basis, workspace: Workspace) -> "tuple[nn.Module, InputSpec, str]":
    """The network in evaluation mode, how it sees images, and the name of the device that it is for."""
    from core.run_config import RunConfig
    from core.runs.trained import load_model, trained_checkpoint
    from core.training.model import build_model, input_spec_of

    if basis.run is not None:
        trained = load_model(trained_checkpoint(basis.run, workspace))
        return trained.model, trained.spec, trained.config.training.device
    config = RunConfig().replace({"model.name": "efficientnet_lite0", "model.weights": "imagenet"})
    spec = input_spec_of(config, prepared.meta)
    return build_model(config, spec, len(prepared.meta.classes)).eval(), spec, config.training.device
