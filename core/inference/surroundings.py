"""What hands and forms put round a drawing: a frame, a line under it. Both are told from it by where they lie."""

import numpy as np
from scipy import ndimage

from core.inference.paper_lines import FRINGE, apart, bridged
from core.inference.pieces import EIGHT, Piece, longest, pieces_of
from core.inference.straight_lines import StraightLine, cover, straight_lines
from core.inference.strokes import Mask, box

NARROW, SMALLEST_PX = 0.25, 12  # a frame's shorter side is longer than this part of the longer, and these pixels
MAX_LOOKED_AT = 4  # of the longest pieces: a frame or a line under a drawing is one of them
INSIDE = 0.25  # what a frame holds is longer than this part of the frame's shorter side
FULL = 0.7  # a frame with what it holds fills this part of its box: a rectangle 1, an ellipse 0.79
HOLLOW = 0.4  # a frame's own line covers less than this part of what it encloses
GAP = 0.03  # of a frame's side: a hand leaves its corners open by less
AT_SIDE = 0.1  # of a frame's side: its four lines lie within this part of its edges
REST = 0.03  # of a cut frame's ink, at most, lies off its lines
THICKEST = 0.1  # of the shorter side of the piece: a frame or underline touching the drawing is thinner
FLAT = 0.2  # height over width of a line under a drawing, at most, with its tilt and bend
LONGER = 1.1  # a line under a drawing is longer than this times the drawing's width
LOW = 0.2  # of the drawing's height: it starts at most this far above the drawing's lower end
LOWER_PART = 0.6  # of the height of both: a line that touches the drawing lies below
BEYOND = 0.05  # of its length: it goes on so far beyond the drawing at both ends
TALL = 0.2  # over the line's length: a drawing that a line is under is taller


def frame_round(ink: Mask) -> Mask:
    """Which pixels of `ink` (H, W) are a frame round the drawing, or a double one."""
    frame = np.zeros(ink.shape, bool)
    for _ in range(2):
        found = _frame(ink & ~frame)
        if found is None:
            break
        frame |= found
    return frame


def _frame(ink: Mask) -> Mask | None:
    labels, pieces = pieces_of(ink)
    for piece in pieces[:MAX_LOOKED_AT]:
        shorter = min(piece.height, piece.width)
        if shorter < max(NARROW * piece.length, SMALLEST_PX):
            continue
        own = labels[piece.where] == piece.label
        held = any(_within(other, piece) and other.length > INSIDE * shorter for other in pieces)
        taken = own if held and (_is_ring(own) or _is_corner(own)) else _four_sides(own)
        if taken is not None:
            frame = np.zeros(ink.shape, bool)
            frame[piece.where] = taken
            return frame
    return None


def _is_ring(own: Mask) -> bool:
    """Whether a piece is a closed line with much room inside."""
    reach = max(1, round(GAP * max(own.shape)))
    closed = ndimage.binary_closing(np.pad(own, 2 * reach), EIGHT, iterations=reach)
    filled = ndimage.binary_fill_holes(closed)[2 * reach : -2 * reach, 2 * reach : -2 * reach]
    return bool(filled.mean() > FULL and own.sum() < HOLLOW * filled.sum())


def _is_corner(own: Mask) -> bool:
    """Whether a piece is nothing but straight lines along two sides or more of its box: a frame that is cut off."""
    sides = _sides(own)
    lines = [line for side in sides for line in side]
    return sum(map(bool, sides)) > 1 and bool((own & ~cover(lines, own.shape, rim=2)).sum() < REST * own.sum())


def _four_sides(own: Mask) -> Mask | None:
    """The four straight lines along the edges of a piece, where something else is left between them."""
    sides = _sides(own)
    return _taken(own, [line for side in sides for line in side], INSIDE * min(own.shape)) if all(sides) else None


def _sides(own: Mask) -> list[list[StraightLine]]:
    """The straight lines along the upper, lower, left and right edge of a piece's box; none where others run between
    them, as on squared paper."""
    lines = straight_lines(own, THICKEST)
    height, width = own.shape
    sides = [
        [line for line in lines if line.across and line.middle < AT_SIDE * height],
        [line for line in lines if line.across and line.middle > (1 - AT_SIDE) * height],
        [line for line in lines if not line.across and line.middle < AT_SIDE * width],
        [line for line in lines if not line.across and line.middle > (1 - AT_SIDE) * width],
    ]
    return sides if sum(map(len, sides)) >= len(lines) - 1 else [[], [], [], []]


def underline(ink: Mask) -> Mask:
    """Which pixels of `ink` (H, W) are a line under the drawing, or a double one."""
    first = _underline(ink)
    return first | _underline(ink & ~first) if first.any() else first


def _underline(ink: Mask) -> Mask:
    none = np.zeros(ink.shape, bool)
    labels, pieces = pieces_of(ink)
    for piece in pieces[:MAX_LOOKED_AT]:  # one that lies apart
        if not _is_flat(piece):
            continue
        near = [other for other in pieces if other is not piece and _spans(piece, other)]
        over = [other for other in near if other.where[0].start < piece.where[0].start]
        below = [other for other in near if other not in over and not _is_flat(other) and other.length > piece.height]
        if over and not below and _is_under(piece, over):
            return np.asarray(labels == piece.label)
    for piece in pieces[:1]:  # one that touches
        own = labels[piece.where] == piece.label
        for line in straight_lines(own, THICKEST):
            if not line.across or line.middle < LOWER_PART * piece.height:
                continue
            taken = _taken(own, [line], TALL * piece.width)
            if taken is None:
                continue
            rows, columns = box(own & ~taken)
            beyond = min(columns.start, piece.width - columns.stop)
            long = piece.width >= LONGER * (columns.stop - columns.start)
            low = line.middle >= rows.stop - LOW * (rows.stop - rows.start)
            if beyond > BEYOND * piece.width and long and low:
                under = np.zeros(ink.shape, bool)
                under[piece.where] = taken
                return under
    return none


def _taken(own: Mask, lines: list[StraightLine], least: float) -> Mask | None:
    """What of a piece goes with its `lines`; None unless a drawing longer than `least` pixels is left."""
    covered = cover(lines, own.shape)
    rest = apart(own & ~covered, cover(lines, own.shape, rim=FRINGE))
    drawn = rest | bridged(rest, covered & own, max(line.thickness for line in lines))
    return None if longest(drawn) < least else own & ~drawn


def _is_under(line: Piece, drawing: list[Piece]) -> bool:
    top = min(piece.where[0].start for piece in drawing)
    bottom = max(piece.where[0].stop for piece in drawing)
    left = min(piece.where[1].start for piece in drawing)
    right = max(piece.where[1].stop for piece in drawing)
    tall = max(piece.height for piece in drawing) > max(TALL * line.width, 2 * line.height)
    long = line.width >= LONGER * (right - left)
    return tall and long and line.where[0].start >= bottom - LOW * (bottom - top)


def _is_flat(piece: Piece) -> bool:
    return piece.height <= FLAT * piece.width


def _spans(line: Piece, piece: Piece) -> bool:
    """Whether a piece stands over or below a line, not beside it."""
    middle = (piece.where[1].start + piece.where[1].stop) / 2
    return bool(line.where[1].start <= middle <= line.where[1].stop)


def _within(inner: Piece, outer: Piece) -> bool:
    return inner is not outer and all(
        o.start <= i.start and i.stop <= o.stop for i, o in zip(inner.where, outer.where, strict=True)
    )
