"""Drawings made for the tests: a few strokes, by any pen, on any sheet."""

import numpy as np
from PIL import Image, ImageDraw

# Strokes in a unit square: x to the right, y down.
TWO = [[(0.1, 0.25), (0.3, 0.03), (0.6, 0.05), (0.75, 0.3), (0.5, 0.6), (0.1, 0.97), (0.85, 0.95)]]
FIVE = [[(0.2, 0.05), (0.15, 0.45), (0.55, 0.4), (0.75, 0.65), (0.6, 0.9), (0.1, 0.97)], [(0.3, 0.03), (0.8, 0.0)]]
CROSS = [[(0.5, 0.0), (0.5, 1.0)], [(0.0, 0.5), (1.0, 0.5)]]


def sheet(
    strokes: list[list[tuple[float, float]]],
    *,
    pen: float = 12,
    size: float = 160,
    at: tuple[float, float] = (60, 60),
    shape: tuple[int, int] = (280, 280),
) -> np.ndarray:
    """(H, W) uint8: 255 where the pen, round and `pen` pixels wide, has been; smooth edges; `at` is x, y."""
    fine = 4
    image = Image.new("L", (shape[1] * fine, shape[0] * fine))
    draw = ImageDraw.Draw(image)
    radius = pen * fine / 2
    for stroke in strokes:
        points = [((at[0] + x * size) * fine, (at[1] + y * size) * fine) for x, y in stroke]
        draw.line(points, fill=255, width=round(pen * fine))
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BOX))


def data_set(stroke: float, *, side: int = 28, extent: float = 20, count: int = 40) -> np.ndarray:
    """(N, side, side) uint8, light on dark: drawings of one stroke width and longer side, centred by mass."""
    random = np.random.default_rng(0)
    images = []
    for _ in range(count):
        line = extent - stroke
        angles = np.linspace(0, random.uniform(3, 5), 30) + random.uniform(0, 6)
        curve = np.stack([np.cos(angles), np.sin(angles)], 1)
        curve = (curve - curve.min(0)) / np.ptp(curve, axis=0).max() * line
        fine = sheet([[(x, y) for x, y in curve]], pen=stroke * 8, size=8, at=(8 * stroke, 8 * stroke),
                     shape=(side * 16, side * 16)).astype(np.float32)  # fmt: skip
        rows, columns = np.arange(side * 16) + 0.5, np.arange(side * 16) + 0.5
        row = round(float((fine.sum(1) @ rows) / fine.sum() - side * 4))
        column = round(float((fine.sum(0) @ columns) / fine.sum() - side * 4))
        placed = np.roll(fine, (-row, -column), (0, 1))[: side * 8, : side * 8]
        images.append(placed.reshape(side, 8, side, 8).mean((1, 3)))
    return np.rint(np.array(images)).astype(np.uint8)


def boot() -> np.ndarray:
    """A filled shape on a white ground, such as a thing photographed for a shop."""
    picture = np.full((280, 280), 250.0)
    picture[40:240, 60:150] = 90
    picture[170:240, 60:250] = 70
    return (picture + np.random.default_rng(0).normal(0, 4, picture.shape)).clip(0, 255).astype(np.uint8)
