"""A data set whose images are not at hand, as far as its description tells."""

from pathlib import Path

import numpy as np

from core.datasets.catalog import DatasetSpec
from core.prepared.arrays import Meta, Prepared


def described(meta: Meta) -> Prepared:
    """It has splits, and labels as many of each class as there are, in no true order; images it has none."""
    prepared = Prepared(Path("of no images"))
    prepared.meta, prepared.copies = meta, None
    labels = []
    for part, images in meta.splits.items():
        if counts := meta.class_counts.get(part):
            labels.append(np.repeat(np.arange(len(counts)), counts))
        else:
            labels.append(np.arange(images) % len(meta.classes))
    prepared.labels = np.concatenate(labels)
    return prepared


def description(spec: DatasetSpec) -> Meta:
    """Of a set that comes by name: what is known before it is prepared. Without a fingerprint; mean and standard
    deviation are stand-ins where nobody has measured it."""
    known = spec.measured
    return Meta(
        name=spec.name, path=None, title=spec.title, classes=spec.classes, channels=spec.channels, size=spec.size,
        splits=dict(spec.counts), class_counts={}, mean=known.mean if known else (0.5,) * spec.channels,
        std=known.std if known else (0.25,) * spec.channels, fingerprint="", source="", source_version="",
        drawable=spec.drawable, flips=spec.flips, pixel_bytes=0,
    )  # fmt: skip
