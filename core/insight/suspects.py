"""Images of a data set that deserve a look: labels that look wrong, near copies, odd images. Found once, kept beside
the prepared data as rows, and read by whoever shows them; reading needs no torch."""

import glob
from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.datasets.progress import PrepareProgress
from core.errors import unknown
from core.files import atomic
from core.files.paths import Workspace
from core.insight.image_features import Basis, basis_of, image_features
from core.insight.image_names import image_name
from core.insight.label_errors import label_scores
from core.insight.near_copies import near_copies
from core.insight.odd_images import REASON_TITLES, REASONS, odd_images, reason_words
from core.locale import _, translate
from core.prepared.arrays import Prepared
from core.runs.store import Run

Kind = Literal["labels", "copies", "odd"]
VERSION = 3  # of the way they are found: what was kept by another is not read
KINDS: tuple[Kind, ...] = get_args(Kind)
# One suspect: its image, the other class or image that is told beside it, why (a place in `REASONS`), two numbers that
# are told, and whether it counts: as a label that is wrong, as a copy across splits.
ROW = np.dtype([("index", "<i4"), ("other", "<i4"), ("reason", "u1"), ("one", "<f4"), ("two", "<f4"), ("counts", "?")])
Finding = Generator[PrepareProgress, None, "Suspects"]


@dataclass(frozen=True)
class Suspect:
    """One image and why it deserves a look."""

    index: int  # in the prepared set
    given: str  # its class
    words: str  # the reason, in the reader's language
    reason: str = ""  # of an odd image, in a word or two
    suggested: str | None = None  # the class that is likelier
    other: int | None = None  # the image that it is nearly a copy of
    probabilities: tuple[float, float] | None = None  # of the class given and of the one suggested


@dataclass(frozen=True)
class Suspects:
    """Those of one kind, the most suspicious first."""

    kind: Kind
    prepared: Prepared
    rows: np.ndarray  # (n,) of ROW

    @classmethod
    def open(cls, prepared: Prepared, kind: Kind, run: Run | None, workspace: Workspace) -> "Suspects | None":
        """What is kept; None where they were not searched for yet."""
        return read(prepared, kind, None if kind == "copies" else basis_of(prepared, run, workspace))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Suspect:
        row = self.rows[place]
        meta, index = self.prepared.meta, int(row["index"])
        given = meta.classes[self.prepared.labels[index]]
        one, two = float(row["one"]), float(row["two"])
        if self.kind == "labels":
            suggested = meta.classes[row["other"]]
            words = _(
                "It looks like {suggested} ({two:percent}); its label is {given} ({one:percent}).",
                suggested=suggested, given=given, one=one, two=two,
            )  # fmt: skip
            return Suspect(index, given, words, suggested=suggested, probabilities=(one, two))
        if self.kind == "copies":
            other = int(row["other"])
            told = {"image": image_name(self.prepared, other), "name": meta.classes[self.prepared.labels[other]]}
            copies = self.prepared.copies
            if copies is not None and copies[index] == copies[other]:
                words = _("Pixel by pixel the same as one of {name:name} ({image}).", **told)
            else:
                words = _(
                    "Nearly the same as one of {name:name} ({image}): the grey levels differ by {one:.1f} of 255.",
                    one=one,
                    **told,
                )
            return Suspect(index, given, words, other=other)
        reason = list(REASONS)[row["reason"]]
        return Suspect(index, given, reason_words(reason, one, two), translate(REASON_TITLES[reason]))

    def of_split(self, split: str) -> "Suspects":
        """Those of `train`, `val` or `test`."""
        return Suspects(self.kind, self.prepared, self.rows[np.isin(self.rows["index"], self.prepared.indices(split))])

    @cached_property
    def count(self) -> int:
        """How many images are meant: labels that are probably wrong, copies across splits, odd images."""
        return len(np.unique(self.rows["index"][self.rows["counts"]]))

    def near_training(self, training: NDArray[np.int64], measured: NDArray[np.int64]) -> int:
        """Of near copies: how many of the images that a run is measured on have one among those it learned from,
        which is not a copy pixel by pixel."""
        pairs = np.stack([self.rows["index"], self.rows["other"]], 1)
        both = np.concatenate([pairs, pairs[:, ::-1]])
        copies = (
            np.arange(self.prepared.meta.count) if self.prepared.copies is None else np.asarray(self.prepared.copies)
        )
        learned = np.isin(copies[both[:, 1]], copies[training])
        found = np.isin(copies[measured], copies[both[learned, 0]]) & ~np.isin(copies[measured], copies[training])
        return int(found.sum())


def find_suspects(prepared: Prepared, kind: Kind, run: Run | None, workspace: Workspace) -> Finding:
    """Search all images of a set, or read what was kept; yields how far it is. `run` is the one whose features compare
    images; without it, ImageNet's or the pixels. Raises `Problem` for a run without a checkpoint, `Unwritable` when the
    disk refuses."""
    basis = None if known_kind(kind) == "copies" else basis_of(prepared, run, workspace)
    if kept := read(prepared, kind, basis):
        return kept
    if basis is None:
        rows = yield from copy_rows(prepared)
    else:
        features = yield from image_features(prepared, basis, workspace)
        rows = yield from (label_rows(prepared, features) if kind == "labels" else odd_rows(prepared, features))
    path = file_of(prepared, kind, basis)
    atomic.write_array(rows, path)
    if basis and basis.run:  # of earlier checkpoints
        for old in path.parent.glob(f"suspects-{kind}-*-{glob.escape(basis.run.id)}-*.npy"):
            if old != path:
                atomic.remove(old)
    return Suspects(kind, prepared, rows)


def known_kind(kind: str) -> Kind:
    """The same; `BadInput` for a kind that there is not."""
    for one in KINDS:
        if one == kind:
            return one
    raise unknown("kind", kind, KINDS)


def file_of(prepared: Prepared, kind: Kind, basis: Basis | None) -> Path:
    made_of = f"-{basis.key}" if basis else ""
    return prepared.folder / f"suspects-{kind}-v{VERSION}-{prepared.meta.fingerprint[:16]}{made_of}.npy"


def read(prepared: Prepared, kind: Kind, basis: Basis | None) -> Suspects | None:
    try:
        rows: np.ndarray = np.load(file_of(prepared, kind, basis), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):  # none yet, or not whole
        return None
    return Suspects(kind, prepared, rows) if rows.dtype == ROW and rows.ndim == 1 else None


def label_rows(prepared: Prepared, features: NDArray[np.float32]) -> Generator[PrepareProgress, None, np.ndarray]:
    labels = np.asarray(prepared.labels).astype(np.int64)
    scores = yield from label_scores(features, labels, len(prepared.meta.classes), prepared.copies)
    chosen = np.flatnonzero(scores.probability > scores.given)
    chosen = chosen[np.argsort(scores.given[chosen], kind="stable")]
    rows = np.zeros(len(chosen), ROW)
    rows["index"], rows["other"], rows["counts"] = chosen, scores.suggested[chosen], scores.wrong[chosen]
    rows["one"], rows["two"] = scores.given[chosen], scores.probability[chosen]
    return rows


def copy_rows(prepared: Prepared) -> Generator[PrepareProgress, None, np.ndarray]:
    """Pairs of images that are nearly the same, or the same. A pair stands under its later image, which is the one of
    the test images where they are of two splits; those come first, then those of two classes."""
    pairs, difference = yield from near_copies(prepared)
    if prepared.copies is not None:
        first = np.asarray(prepared.copies)
        later = np.flatnonzero(first != np.arange(len(first)))
        pairs = np.concatenate([pairs, np.stack([first[later], later], 1)])
        difference = np.concatenate([difference, np.zeros(len(later), np.float32)])
    rows = np.zeros(len(pairs), ROW)
    rows["other"], rows["index"] = pairs.T
    rows["one"] = difference
    ends = np.cumsum(list(prepared.meta.splits.values()))
    first, second = np.searchsorted(ends, pairs, "right").T
    rows["counts"] = first != second
    labels = np.asarray(prepared.labels)[pairs]
    return rows[np.lexsort([difference, labels[:, 0] == labels[:, 1], first == second])]


def odd_rows(prepared: Prepared, features: NDArray[np.float32]) -> Generator[PrepareProgress, None, np.ndarray]:
    found = yield from odd_images(prepared, features)
    reasons = list(REASONS)
    rows = [(odd.index, -1, reasons.index(odd.reason), odd.value, odd.usual, True) for odd in found]
    return np.array(rows, ROW)
