"""The connected pieces of ink on a sheet: which belong to the drawing, and how many signs they are."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.inference.strokes import Floats, Mask, box, grown

SPECK = 0.01  # a drawing whose longest piece is shorter than this part of the sheet is dust on an empty one
TINY = 0.08  # a piece shorter than this part of the longest one is dust
NEARBY = 0.35  # a piece belongs to the drawing up to this distance from it, in lengths of the longest piece
WHOLE = 0.8  # a piece that covers this part of an edge of the picture is the edge of a scan, or a shadow
FAINT = 0.2  # ink of this strength still joins two pieces, as in a blurred picture
SOLID, BLURRED = 0.9, 0.6  # where more than this part of the ink is weaker than that strength, all of it is rims
SIGN = 0.5  # a sign of its own is longer than this part of the longest piece, and higher than this part of the highest
APART = 0.08  # of the longest piece: signs have a gap at least so wide between them
EIGHT = np.ones((3, 3), bool)  # pixels that touch at a corner belong together


class Piece(NamedTuple):
    """A connected piece of ink."""

    label: int
    where: tuple[slice, slice]

    @property
    def height(self) -> int:
        return int(self.where[0].stop - self.where[0].start)

    @property
    def width(self) -> int:
        return int(self.where[1].stop - self.where[1].start)

    @property
    def length(self) -> int:
        return max(self.height, self.width)


def pieces_of(ink: Mask) -> tuple[NDArray[np.int32], list[Piece]]:
    """The connected pieces of `ink` (H, W) with the labels (H, W) of their pixels, the longest piece first."""
    labels, _ = labelled(ink)
    return labels, sorted(_boxed(labels), key=lambda piece: -piece.length)


def labelled(ink: Mask) -> tuple[NDArray[np.int32], int]:
    """The number (H, W) of the piece that each pixel of `ink` belongs to, 0 for none, and how many pieces there are.
    Looked for in the ink's box alone: most of a sheet is empty."""
    labels, count = np.zeros(ink.shape, np.int32), 0
    if ink.any():
        where = box(ink)
        labels[where], count = ndimage.label(ink[where], EIGHT)
    return labels, count


def _boxed(labels: NDArray[np.int32]) -> list[Piece]:
    """The pieces of `labels` (H, W) in their order; a label without a pixel is none."""
    there = labels != 0
    if not there.any():
        return []
    sides = box(there)
    found = enumerate(ndimage.find_objects(labels[sides]), 1)
    return [Piece(number, _moved(where, sides)) for number, where in found if where]


def _moved(where: tuple[slice, slice], by: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = (slice(one.start + to.start, one.stop + to.start) for one, to in zip(where, by, strict=True))
    return rows, columns


def longest(ink: Mask) -> int:
    """The longer side of the longest piece of `ink`, in pixels; 0 where there is none."""
    return max((piece.length for piece in pieces_of(ink)[1]), default=0)


def belonging(ink: Floats) -> tuple[Floats, int]:
    """`ink` (H, W) without what does not belong to the drawing: dust, far scraps, the dark edges of a scan; and how
    many signs it has, those that lie too far away to belong to one drawing among them."""
    labels, count = labelled(ink >= 0.5)
    if count == 0:
        return np.zeros_like(ink), 0
    ends = np.array([[(side.start, side.stop) for side in piece.where] for piece in _boxed(labels)])
    first, last = ends[..., 0], ends[..., 1]  # (pieces, 2): row, column
    edging = _along_an_edge(labels, count)
    length = (last - first).max(1)
    if length.max() < SPECK * max(ink.shape):
        return np.zeros_like(ink), 0
    if length[~edging].max(initial=0) < max(3, TINY * max(ink.shape) / 2):
        edging[:] = False  # there is nothing else: the drawing fills the sheet
        signs = 1
    else:
        edge = grown(np.concatenate([[False], edging])[labels], 2) if edging.any() else np.bool_(False)
        signs = _signs_apart(np.where(edge, np.float32(0), ink))
    kept = _together(first, last, np.where(edging, 0, length))
    if kept.all():
        return ink, signs
    # The soft rim of what is kept stays, that of what is dropped goes.
    keep = np.concatenate([[False], kept])[labels]
    return np.where(grown(keep), ink, np.float32(0)), signs


def _along_an_edge(labels: NDArray[np.int32], count: int) -> Mask:
    """Which of the `count` pieces in `labels` (H, W) run along an edge of the picture: (count,)."""
    edging = np.zeros(count + 1, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        edging |= np.bincount(edge, minlength=count + 1) >= WHOLE * len(edge)
    return edging[1:]


def _together(first: NDArray[np.intp], last: NDArray[np.intp], length: NDArray[np.intp]) -> Mask:
    """Which pieces, each from `first` to `last` (K, 2), form one drawing with the longest: those near and not tiny."""
    longest = int(length.max())
    kept: Mask = length == longest
    kept[np.flatnonzero(kept)[1:]] = False
    reach = np.where(length >= longest / 2, 1.0, np.where(length >= TINY * longest, NEARBY, -1.0)) * longest
    while True:
        start, stop = first[kept].min(0), last[kept].max(0)
        gap = np.maximum(start - last, first - stop).max(1)
        more: Mask = kept | ((gap <= reach) & (length > 0))
        if (more == kept).all():
            return kept
        kept = more


def _signs_apart(ink: Floats) -> int:
    """How many signs `ink` (H, W) has; what faint ink joins is one, and a blurred picture cannot tell."""
    if (ink[ink > 0] < SOLID).mean() > BLURRED:
        return 1
    joined, _ = labelled(ink >= FAINT)
    return count_signs(_boxed(np.where(ink >= 0.5, joined, 0)))


def count_signs(pieces: list[Piece]) -> int:
    """How many signs these pieces are: those of about one size that stand beside each other, or one over another."""
    if not pieces:
        return 0
    length, height = max(piece.length for piece in pieces), max(piece.height for piece in pieces)
    large = [piece for piece in pieces if piece.length >= SIGN * length and piece.height >= SIGN * height]
    return max(_groups([piece.where[axis] for piece in large], APART * length) for axis in (1, 0))


def _groups(spans: list[slice], gap: float) -> int:
    """Into how many groups `spans` along one axis fall that are farther than `gap` from each other."""
    count, reach = 0, -np.inf
    for span in sorted(spans, key=lambda span: span.start):
        count += span.start - reach >= gap
        reach = max(reach, span.stop)
    return count
