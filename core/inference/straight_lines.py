"""Long straight lines in a picture's ink: the rules and squares of paper, frames, underlines."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import hough_line, hough_line_peaks

from core.inference.strokes import Floats, Mask

COARSE = 400  # pixels along the longer side of the copy on which lines are looked for
TILT = 6.0  # degrees by which a sheet lies askew at most
TILT_STEP = 0.25  # degrees: at COARSE pixels a line of the angle between two steps leaves its row by less than one
LENGTH = 0.85  # a line covers this part of the picture's side
SEEN = 0.75  # of a line's columns as many have ink where it runs; strokes, glare and gaps hide the others
MAX_LINES = 200  # in one direction
DASHES = 0.06  # of the picture's side: the gaps of a dashed line are shorter
THICKEST = 0.035  # of the shorter side: a printed line is thinner, and so is a ruler's in a picture with room around
SWAY = 0.015  # of the longer side: a line leaves the straight one by less


class StraightLine(NamedTuple):
    """A line from one side of a picture to the other."""

    across: bool  # from left to right; otherwise from top to bottom
    centre: Floats  # the row of its middle in each column (W,); of a line from top to bottom the column in each row
    thickness: float  # pixels

    @property
    def middle(self) -> float:
        """Its mean place: the row, or the column, in pixels."""
        return float(self.centre.mean())


def straight_lines(ink: Mask, thickest: float = THICKEST) -> list[StraightLine]:
    """The straight lines of `ink` (H, W) that run from side to side, a few degrees askew or slightly bent; `thickest`
    is how thick they are at most, in parts of the shorter side."""
    return [*_across(ink, True, thickest), *_across(ink.T, False, thickest)]


def dashed_lines(ink: Mask) -> list[StraightLine]:
    """The same of lines that are made of dashes or dots, which lie no farther apart than DASHES says."""
    found: list[StraightLine] = []
    for across, own in ((True, ink), (False, ink.T)):
        reach = max(2, round(DASHES * own.shape[1] / 2))
        padded = np.pad(own, ((0, 0), (reach, reach)), mode="reflect")
        # A closing along the line; as two filters it takes the same time for gaps of any length.
        wide = ndimage.maximum_filter1d(padded, 2 * reach + 1, axis=1, mode="constant")
        joined = ndimage.minimum_filter1d(wide, 2 * reach + 1, axis=1)[:, reach:-reach]
        found += _across(joined, across, THICKEST)
    return found


def pixels(line: StraightLine, shape: tuple[int, ...], rim: float = 1.0) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows and columns, each (K, L), of the pixels that `line` covers in a picture of `shape` (H, W), with `rim`
    pixels of its soft edge on both sides: L along the line, K across it. Where it leaves the picture its border
    stands in."""
    half = line.thickness / 2 + rim
    first = np.round(line.centre - half + 0.5).astype(np.intp)
    across_line = first + np.arange(int(np.ceil(2 * half)), dtype=np.intp)[:, None]
    along = np.broadcast_to(np.arange(len(line.centre), dtype=np.intp), across_line.shape)
    if line.across:
        return np.clip(across_line, 0, shape[0] - 1), along
    return along, np.clip(across_line, 0, shape[1] - 1)


def cover(lines: list[StraightLine], shape: tuple[int, ...], rim: float = 1.0) -> Mask:
    """Which pixels of a picture of `shape` (H, W) the `lines` cover, as `pixels` says."""
    covered = np.zeros(shape, bool)
    for line in lines:
        covered[pixels(line, shape, rim)] = True
    return covered


def _across(ink: Mask, across: bool, share: float) -> list[StraightLine]:
    height, width = ink.shape
    factor = -(-max(height, width) // COARSE)
    coarse = _shrunk(ink, factor)
    # A line that sways by a pixel still falls into one row.
    wide = ndimage.maximum_filter1d(coarse, 3, axis=0)
    band = max(1, round((1 - LENGTH) / 2 * coarse.shape[1]))
    if not (coarse[:, :band].any() and coarse[:, -band:].any()):
        return []
    tilts = np.deg2rad(90 + np.arange(-TILT, TILT + TILT_STEP / 2, TILT_STEP))
    votes, angles, distances = hough_line(wide, tilts)  # type: ignore[no-untyped-call]
    least = LENGTH * coarse.shape[1]
    if votes.max() < least:
        return []
    _, peaks, places = hough_line_peaks(  # type: ignore[no-untyped-call]
        votes, angles, distances, min_distance=3, min_angle=8, threshold=least, num_peaks=MAX_LINES
    )
    columns = np.arange(width)
    thickest = max(3.0, share * min(height, width))
    found: list[StraightLine] = []
    for angle, distance in zip(peaks, places, strict=True):
        row = (distance - columns / factor * np.cos(angle)) / np.sin(angle) * factor + (factor - 1) / 2
        line = _followed(ink, row, thickest)
        if line is not None and not any(_same(line, other, thickest) for other in found):
            found.append(StraightLine(across, *line))
    return found


def _shrunk(ink: Mask, factor: int) -> NDArray[np.uint8]:
    """Ink in any pixel makes a cell ink: thin lines stay."""
    if factor > 1:
        height, width = (-(-side // factor) * factor for side in ink.shape)
        padded = np.pad(ink, ((0, height - ink.shape[0]), (0, width - ink.shape[1])))
        rows = np.logical_or.reduce([padded[first::factor] for first in range(factor)])
        ink = np.logical_or.reduce([rows[:, first::factor] for first in range(factor)])
    return ink.astype(np.uint8)


def _followed(ink: Mask, row: Floats, thickest: float) -> tuple[Floats, float] | None:
    """The line near `row` (W,), the middle that it should have in each column: its true middle and its thickness."""
    height, width = ink.shape
    reach = max(2, round(SWAY * max(height, width))) + round(thickest)
    offsets = np.arange(-reach, reach + 1)
    rows = np.round(row).astype(int) + offsets[:, None]  # (2 reach + 1, W)
    inside = (rows >= 0) & (rows < height)
    window: Mask = np.asarray(inside & ink[np.clip(rows, 0, height - 1), np.arange(width)])
    # In each column the run of ink that is nearest to the line's place.
    away = np.where(window, np.abs(offsets)[:, None], 10 * reach)
    nearest = away.argmin(0)
    has = window.any(0)
    above, below = _runs(window, nearest)
    run = above + below + 1
    thin = has & (run <= thickest)
    if thin.sum() < max(0.4 * width, 8):
        return None
    thickness = float(np.median(run[thin]))
    usual = thin & (run <= 1.5 * thickness + 1)
    middle = np.round(row) - row + offsets[nearest] + (below - above) / 2  # beside `row`, which is no whole number
    columns = np.flatnonzero(usual)
    if len(columns) < 8:
        return None
    # A smooth curve through what is seen of the line: strokes that cross it, and other lines, do not count.
    curve = np.polynomial.Polynomial.fit(columns, middle[columns], 3, domain=[0, width - 1])
    for _ in range(3):
        error = np.abs(middle[columns] - curve(columns))
        near = error <= max(1.5, 2.5 * float(np.median(error)))
        if near.sum() < max(0.3 * width, 8):
            return None
        curve = np.polynomial.Polynomial.fit(columns[near], middle[columns[near]], 3, domain=[0, width - 1])
    path = curve(np.arange(width))
    if np.abs(path - path.mean()).max() > reach:
        return None
    touched: Mask = np.zeros(width, bool)
    for step in (-1, 0, 1):
        at = np.clip(np.round(row + path - np.round(row)).astype(int) + step + reach, 0, 2 * reach)
        touched |= np.asarray(window[at, np.arange(width)])
    if touched.mean() < SEEN:
        return None
    return np.asarray(row + path, np.float32), thickness


def _runs(window: Mask, start: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """How many pixels of ink follow without a gap above and below the one at `start` in each column; none where that
    is no ink."""
    rows, columns = np.arange(len(window))[:, None], np.arange(window.shape[1])
    before = np.maximum.accumulate(np.where(window, -1, rows))[start, columns]  # the last gap up to there
    after = np.minimum.accumulate(np.where(window, len(window), rows)[::-1])[::-1][start, columns]
    return np.maximum(start - before - 1, 0), np.maximum(after - start - 1, 0)


def _same(line: tuple[Floats, float], other: StraightLine, thickest: float) -> bool:
    return bool(np.abs(line[0] - other.centre).mean() < max(2.0, (line[1] + other.thickness) / 2))
