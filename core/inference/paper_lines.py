"""The printed lines of paper, rules and squares. They are told from strokes by what no sign has: they run from side to
side of the picture, straight and thin. A stroke that crosses one of them stays whole."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.inference.pieces import EIGHT, labelled, longest
from core.inference.straight_lines import StraightLine, cover, dashed_lines, pixels, straight_lines
from core.inference.strokes import Floats, Mask, grown

UNLIKE = 0.25  # of the pen's distance from the paper: a pen that is farther from the line's mixtures has another colour
# A line's colour is that of the columns between these shares by strength: weaker ones are its soft places, stronger
# ones strokes that run along it.
STRONG = (0.7, 0.85)
FRINGE = 3.0  # pixels beside a line in which its own soft or rough rim lies
EDGE = 0.05  # of a side: a line nearer to it may be the outermost stroke of a drawing that fills the picture
DRAWN = 0.12  # of the shorter side: what is left beside the lines is a drawing if its longest piece is longer


def rules(away: Floats, ink: Mask) -> Mask:
    """Which pixels of `ink` (H, W) are lines from side to side of the paper: (H, W).

    `away` (C, H, W) is how far each pixel lies from the paper. No pixel is, where nothing else is drawn: then the
    lines are the drawing.
    """
    none = np.zeros(ink.shape, bool)
    lines = straight_lines(ink)
    lines += dashed_lines(ink & ~cover(lines, ink.shape, rim=FRINGE))
    if not lines or _is_cut_to_its_ink(ink, lines):
        return none
    covered = cover(lines, ink.shape)
    rest = apart(ink & ~covered, cover(lines, ink.shape, rim=FRINGE))
    if not rest.any():
        return none
    drawn = _crossing(away, rest, lines, covered)
    if longest(rest | drawn) < DRAWN * min(ink.shape):
        return none
    return ink & ~rest & ~drawn


def _is_cut_to_its_ink(ink: Mask, lines: list[StraightLine]) -> bool:
    """Whether the picture ends where the ink does, so that its straight strokes run from side to side as well."""
    filled = ink[0].any() and ink[-1].any() and ink[:, 0].any() and ink[:, -1].any()
    inner = 0
    for line in lines:
        room = ink.shape[0 if line.across else 1]
        inner += EDGE * room < line.middle < (1 - EDGE) * room
    return bool(filled) and inner < 2


def apart(rest: Mask, near: Mask) -> Mask:
    """The pieces of `rest` that reach out of the neighbourhood of the lines; the others are what a line's rim left."""
    labels, count = labelled(rest)
    reaching = np.bincount(labels[~near], minlength=count + 1) > 0
    reaching[0] = False
    return np.asarray(reaching[labels])


def _crossing(away: Floats, rest: Mask, lines: list[StraightLine], covered: Mask) -> Mask:
    """Which `covered` pixels the pen has drawn: by its colour where that is unlike the lines', and where a stroke
    goes on at both sides of a line."""
    drawn = bridged(rest, covered, max(line.thickness for line in lines))
    pen = _colour(away, rest)
    near = grown(drawn | rest, 2)
    for line in lines:
        zone = pixels(line, rest.shape)
        there: Floats = away[:, *zone]  # (C, K, L)
        own = np.where(near[zone], 0, np.abs(there).max(0))  # (K, L): the line's own strength, strokes left out
        tone = _tone(there, own)
        unlike = float(_off_segment(pen[:, None], tone)[0])
        if unlike >= UNLIKE * float(np.linalg.norm(pen)):
            # A soft edge mixes its colour with the paper's: nearer to the pen's mixtures than to the line's.
            flat = there.reshape(len(there), -1)
            off = _off_segment(flat, tone) - _off_segment(flat, pen)
            drawn[zone] |= off.reshape(own.shape) > unlike / 2
    # What lies on a line and hangs on no stroke is a dark place of the line.
    labels, count = labelled(rest | drawn)
    hanging = np.bincount(labels[rest], minlength=count + 1) > 0
    return np.asarray(drawn & covered & hanging[labels])


def _tone(there: Floats, own: Floats) -> Floats:
    """A line's own colour where it is strongest, as its distance from the paper (C,): a thin line that lies between
    two rows of pixels is weaker there."""
    strongest, columns = own.argmax(0), np.arange(own.shape[1])
    strength = own[strongest, columns]
    seen = strength > 0
    if not seen.any():
        return np.asarray(there.reshape(len(there), -1).mean(1), np.float32)
    low, high = np.quantile(strength[seen], STRONG)
    strong = seen & (strength >= low) & (strength <= high)
    return np.asarray(np.median(there[:, strongest[strong], columns[strong]], 1), np.float32)


def _off_segment(colours: Floats, end: Floats) -> Floats:
    """How far each of `colours` (C, K) lies from the mixtures of paper, which is 0, and `end` (C,): (K,)."""
    along = np.clip(end @ colours / max(float(end @ end), 1e-6), 0, 1)
    return np.asarray(np.linalg.norm(colours - along * end[:, None], axis=0), np.float32)


def bridged(rest: Mask, gap: Mask, thickness: float) -> Mask:
    """The pixels of `gap` (H, W) between strokes of `rest` that go on at its other side."""
    radius = int(np.ceil(thickness / 2)) + 2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = x * x + y * y <= (radius + 0.3) ** 2
    closed = ndimage.binary_closing(np.pad(rest, radius), disc)[radius:-radius, radius:-radius]
    return np.asarray(closed & gap)


def _colour(away: Floats, ink: Mask) -> NDArray[np.float32]:
    """The pen's colour, as its distance from the paper (C,): of the middle of its strokes."""
    inner = ndimage.binary_erosion(ink, EIGHT)
    chosen = away[:, inner if inner.any() else ink]
    strength = np.abs(chosen).max(0)
    return np.asarray(np.median(chosen[:, strength >= np.median(strength)], 1), np.float32)
