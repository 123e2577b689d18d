"""Sheets of paper with lines on them, as exercise books, forms and hands have them: what is under or round a drawing
and is not the drawing. Each kind is made with a random spacing, tone, thickness and tilt."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage.morphology import skeletonize

SIDE = 280  # pixels of a sheet
FINE = 3  # pixels of the enlarged sheet on which lines are drawn, for one of the sheet: smooth edges

Draw = ImageDraw.ImageDraw
Random = np.random.Generator
Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]  # left, top, right, bottom of the drawing's ink, in pixels of the sheet

WHITE: Colour = (255, 255, 255)
INK: Colour = (25, 25, 30)


def parallels(draw: Draw, spacing: float, first: float, across: bool, tilt: float, colour: Colour, px: float) -> None:
    """Lines from edge to edge, `spacing` pixels apart; `across` runs from left to right; `tilt` is their slope."""
    at = first
    while at < SIDE + 40:
        ends = [(-20.0, at - 20 * tilt - tilt * SIDE / 2), (SIDE + 20.0, at + 20 * tilt + tilt * SIDE / 2)]
        line(draw, ends if across else [(y, x) for x, y in ends], colour, px)
        at += spacing


def line(draw: Draw, points: list[tuple[float, float]], colour: Colour, px: float) -> None:
    draw.line([(x * FINE, y * FINE) for x, y in points], fill=colour, width=max(1, round(px * FINE)), joint="curve")


def between(random: Random, low: Colour, high: Colour) -> Colour:
    part = float(random.uniform())
    return (
        round(low[0] + part * (high[0] - low[0])),
        round(low[1] + part * (high[1] - low[1])),
        round(low[2] + part * (high[2] - low[2])),
    )


def ruled(
    draw: Draw, random: Random, ink: Box, tones: tuple[Colour, Colour] = ((110, 150, 200), (150, 180, 220)),
    margin: float = 0.5,
) -> None:  # fmt: skip
    """Lines from left to right; where chance has it, with the red line of a margin."""
    spacing, tilt = random.uniform(34, 80), random.uniform(-0.02, 0.02)
    parallels(draw, spacing, random.uniform(0, spacing), True, tilt, between(random, *tones), random.uniform(1, 2))
    if random.uniform() < margin:
        red = between(random, (225, 120, 120), (245, 170, 170))
        parallels(draw, 10_000, random.uniform(20, 60), False, -tilt, red, random.uniform(1, 2))


def faint_rules(draw: Draw, random: Random, ink: Box) -> None:
    ruled(draw, random, ink, ((195, 210, 230), (215, 225, 240)))


def dark_rules(draw: Draw, random: Random, ink: Box) -> None:
    ruled(draw, random, ink, ((20, 20, 25), (70, 70, 80)), margin=0)


def squared(draw: Draw, random: Random, ink: Box) -> None:
    tones: list[tuple[Colour, Colour]] = [
        ((120, 160, 210), (190, 205, 230)),
        ((150, 150, 150), (200, 200, 200)),
        ((30, 30, 40), (110, 110, 120)),
    ]
    colour, px = between(random, *tones[int(random.integers(3))]), random.uniform(1, 1.6)
    spacing, tilt = random.uniform(18, 44), random.uniform(-0.02, 0.02)
    parallels(draw, spacing, random.uniform(0, spacing), True, tilt, colour, px)
    parallels(draw, spacing, random.uniform(0, spacing), False, -tilt, colour, px)


def seyes(draw: Draw, random: Random, ink: Box) -> None:
    """French exercise books: three thin lines between thick ones, and verticals."""
    colour = between(random, (20, 20, 40), (140, 140, 200))
    fine, first = random.uniform(13, 22), random.uniform(0, 40)
    parallels(draw, fine, first - 4 * fine, True, 0, colour, 1)
    parallels(draw, 4 * fine, first - 4 * fine, True, 0, colour, random.uniform(2, 3))
    if random.uniform() < 0.5:
        parallels(draw, 4 * fine, random.uniform(0, 60), False, 0, colour, 1)


def dashed(draw: Draw, random: Random, ink: Box) -> None:
    """Whole lines, and between them dashed ones, as children practise on."""
    tone, space = between(random, (90, 120, 190), (225, 170, 170)), random.uniform(50, 70)
    first, dash, gap = random.uniform(0, space), random.uniform(5, 12), random.uniform(4, 11)
    for at in np.arange(first, SIDE, space):
        line(draw, [(0, at), (SIDE, at)], tone, 1.5)
        for start in np.arange(0, SIDE, dash + gap):
            line(draw, [(start, at + space / 2), (start + dash, at + space / 2)], tone, 1.5)


def boxed(draw: Draw, random: Random, ink: Box) -> None:
    """A frame, printed or drawn by hand, round the drawing or along the sheet's edges."""
    left, top, right, bottom = ink
    room = [left, top, SIDE - right, SIDE - bottom]
    gaps = [random.uniform(min(14, 0.5 * r), max(0.95 * r, 6)) for r in room]
    if random.uniform() < 0.4:
        gaps = [max(r - random.uniform(3, 10), 4) for r in room]
    x0, y0, x1, y1 = left - gaps[0], top - gaps[1], right + gaps[2], bottom + gaps[3]
    sway = random.uniform(0, 4) if random.uniform() < 0.5 else 0  # a hand is not straight
    corners = [(x + random.uniform(-sway, sway), y + random.uniform(-sway, sway))
               for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]  # fmt: skip
    points = []
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        for part in np.linspace(0, 1, 12, endpoint=False):
            bend = sway * 0.5 * np.sin(np.pi * part)
            points.append((a[0] + part * (b[0] - a[0]) + bend, a[1] + part * (b[1] - a[1]) - bend))
    line(draw, [*points, points[0], points[1]], between(random, INK, (90, 90, 90)), random.uniform(1.5, 8))


def underlined(draw: Draw, random: Random, ink: Box) -> None:
    """One line below the drawing, by a ruler or a hand, from a little longer than the drawing to edge to edge."""
    left, _top, right, bottom = ink
    beyond = [random.uniform(10, max(11.0, left)), random.uniform(10, max(11.0, SIDE - right))]
    if random.uniform() < 0.4:
        beyond = [left + 2, SIDE - right + 2]
    y = bottom + random.uniform(0, 30)
    y = min(y, SIDE - 6)
    tilt, bend = random.uniform(-4, 4), random.uniform(-3, 3) * (random.uniform() < 0.5)
    ends = np.linspace(0, 1, 20)
    start, stop = left - beyond[0], right + beyond[1]
    points = [(start + e * (stop - start), y + tilt * (e - 0.5) + bend * np.sin(np.pi * e)) for e in ends]
    line(draw, points, between(random, INK, (70, 70, 80)), random.uniform(1.5, 9))


def underlined_twice(draw: Draw, random: Random, ink: Box) -> None:
    left, _top, right, bottom = ink
    y = min(bottom + random.uniform(6, 14), SIDE - 20)
    for below in (0, random.uniform(9, 13)):
        line(draw, [(left - 16, y + below), (right + 16, y + below + random.uniform(-2, 2))], INK, random.uniform(2, 4))


def plain(draw: Draw, random: Random, ink: Box) -> None:
    pass


PAPERS: dict[str, Callable[[Draw, Random, Box], None]] = {
    "plain": plain,
    "ruled": ruled,
    "faint rules": faint_rules,
    "dark rules": dark_rules,
    "squared": squared,
    "French (Seyès)": seyes,
    "boxed": boxed,
    "underlined": underlined,
    "dashed rules": dashed,
    "underlined twice": underlined_twice,
}


def on_paper(ink: np.ndarray, kind: str, random: Random) -> np.ndarray:
    """A drawing, `ink` (280, 280) from 0 to 1, on a sheet of that kind: (280, 280, 3) uint8, with a little grain."""
    rows, columns = np.nonzero(ink > 0.5)
    sheet = Image.new("RGB", (SIDE * FINE, SIDE * FINE), WHITE)
    drawn = (float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max()))
    PAPERS[kind](ImageDraw.Draw(sheet), random, drawn)
    paper = np.asarray(sheet.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)
    pen = np.array(INK if random.uniform() < 0.7 else (25, 40, 130), np.float32)
    mixed = np.minimum(paper * (1 - ink[..., None]) + pen * ink[..., None], paper)
    return np.clip(mixed + random.normal(0, random.uniform(0, 3), mixed.shape), 0, 255).astype(np.uint8)


def hand(digit: np.ndarray, random: Random, pen: float | None = None) -> np.ndarray:
    """A digit (28, 28) uint8, light on dark, redrawn by a pen somewhere on a sheet: (280, 280), 0 to 1; `pen` is its
    width in pixels, 5 to 12 by chance."""
    rows, columns = np.nonzero(digit > 100)
    cut = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = int(random.integers(90, 170))
    size = tuple(max(1, round(n * side / max(cut.shape))) for n in cut.shape[::-1])
    large = np.asarray(Image.fromarray(cut).resize((size[0], size[1]), Image.Resampling.BICUBIC)) > 110
    pen = random.uniform(5, 12) if pen is None else pen
    line_ = skeletonize(np.pad(large, 20))
    depth = ndimage.distance_transform_edt(~line_)
    stroke = np.clip(pen / 2 - depth + 0.5, 0, 1)
    rows, columns = np.nonzero(stroke)
    stroke = stroke[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    sheet = np.zeros((SIDE, SIDE), np.float32)
    top, left = (int(random.integers(24, max(25, SIDE - used - 24))) for used in stroke.shape)
    sheet[top : top + stroke.shape[0], left : left + stroke.shape[1]] = stroke
    return sheet
