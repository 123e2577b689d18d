"""Writing a prepared data set in one pass, without ever holding all of it in memory."""

import hashlib
import io
from pathlib import Path

import numpy as np

from core.datasets.blocks import Block, Description
from core.datasets.copies import Copies, first_of_copies, pixel_digest
from core.prepared.arrays import FINGERPRINT, HEADER, Meta, fingerprint_of
from core.prepared.statistics import Moments, class_counts
from core.sanitize import one_line


class Writer:
    """Takes images in order, splits one after the other, and leaves the files that `Prepared` maps."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = (folder / "images.npy").open("wb")
        self._file.write(bytes(HEADER))  # the header says how many there are, so it comes last
        self._hash = hashlib.blake2b(digest_size=FINGERPRINT)
        self._moments: Moments | None = None  # until the first block says how many channels there are
        self._labels: list[np.ndarray] = []
        self._shapes: list[np.ndarray] = []
        self._files: list[str] = []
        self._digests: list[int] = []  # of each image's pixels
        self._splits: dict[str, int] = {}

    def add(self, block: Block) -> None:
        """Append a block of images; all have the same number of channels."""
        split, images, labels, files = block
        pixels = np.ascontiguousarray(images, np.uint8)
        self._moments = self._moments or Moments(pixels.shape[-1])
        self._file.write(pixels.data)
        self._hash.update(pixels.data)
        if split == "train":
            self._moments.add(pixels)
        self._labels.append(np.asarray(labels, np.int64))
        self._files += files
        self._digests += map(pixel_digest, pixels)
        self._shapes.append(np.full((len(pixels), 2), pixels.shape[1:3], np.int64))
        self._splits[split] = self._splits.get(split, 0) + len(pixels)

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()

    def finish(self, name: str, description: Description) -> Meta:
        """Write everything but the pixels, and the header before them. `name` is that of the data set."""
        assert self._moments, "a data set has images"
        size, classes, channels = description.size, description.classes, self._moments.channels
        labels = np.concatenate(self._labels)
        shapes = np.concatenate(self._shapes)
        pixel_bytes = self._file.tell() - HEADER
        self._file.seek(0)
        self._file.write(_header((pixel_bytes,) if size is None else (len(labels), *size, channels)))
        self.close()
        np.save(self._folder / "labels.npy", labels)
        copies = first_of_copies(self._digests)
        np.save(self._folder / "copies.npy", copies)
        if size is None:
            np.save(self._folder / "shapes.npy", shapes)
        if self._files:
            (self._folder / "files.txt").write_text("".join(f"{one_line(name)}\n" for name in self._files), "utf-8")
        ends = np.cumsum(list(self._splits.values()))[:-1]
        parts = zip(self._splits, np.split(labels, ends), strict=True)
        mean, std = self._moments.mean_std()
        meta = Meta(
            name=name,
            channels=channels,
            splits=self._splits,
            class_counts={split: class_counts(part, len(classes)) for split, part in parts},
            mean=mean,
            std=std,
            fingerprint=fingerprint_of(self._hash, labels, shapes, classes, self._splits),
            pixel_bytes=pixel_bytes,
            copies=Copies.counted(copies, labels, self._splits),
            **vars(description),
        )
        (self._folder / "meta.json").write_text(meta.model_dump_json(indent=1), "utf-8")
        return meta


def _header(shape: tuple[int, ...]) -> bytes:
    """numpy's own header, which it pads so that arrays of any length have one of the same size."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    assert len(header.getvalue()) == HEADER
    return header.getvalue()
