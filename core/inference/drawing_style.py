"""What the drawings of a data set look like: measured from its images, never guessed."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.drawing_style import FILE, FRAME, SEVERAL, SQUARE, UNDERLINE, DrawingStyle
from core.errors import Problem
from core.inference.ink import read_drawing
from core.inference.measured import kept, sample
from core.inference.pieces import count_signs, pieces_of
from core.inference.strokes import Floats, box, centre_line, interpolation, slant
from core.inference.surroundings import frame_round, underline
from core.locale import N_
from core.prepared.arrays import Prepared

SAMPLE = 1000  # images that are looked at
DRAWN = 200  # of these, how many have their strokes traced (the slow part)
FINE = 96  # pixels along the longer side at which strokes are traced
MAX_PIXELS = 4_000_000  # of all images that are looked at together
BLANK = N_("The images of this data set are blank, so a drawing cannot be given their style. Upload a picture instead.")
OWN = 0.03  # of the images: what more of them have belongs to the data set's drawings


# Of symbols that a person draws: as MNIST's digits are, which was measured, but of any slant and shape.
OWN_SYMBOLS = DrawingStyle(
    height=28,
    width=28,
    light_on_dark=True,
    peak=255,
    paper=0,
    stroke=2.4,
    thickest=3.7,
    extent=20,
    slant=(-9, 9),
    widest=20,
    blur=0.3,
    centred="box",
    centre=(14, 14),
    margin=None,
    own=(FRAME, UNDERLINE, SEVERAL),
)


def measure(images: NDArray[np.uint8]) -> DrawingStyle:
    """Measure the style of `images` (N, H, W), any N of at least one, on an even sample of them.

    Raises Problem where no image has any ink. Takes well under a second.
    """
    count, height, width = images.shape
    sample = np.asarray(images[np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).astype(int))])
    paper = float(np.median(_borders(sample)))
    light = paper < 127.5
    ink = np.abs(sample.astype(np.float32) - paper)
    ink[(sample < paper) if light else (sample > paper)] = 0
    peaks = ink.max((1, 2))
    drawn = peaks > 0.25 * float(np.quantile(peaks, 0.9))
    if not drawn.any() or peaks.max() < 8:
        raise Problem(BLANK)
    ink, peaks = ink[drawn], peaks[drawn]
    ink /= peaks[:, None, None]
    boxes, masses = _extents(ink)
    sides = boxes[:, 1] - boxes[:, 0]
    leaning = np.quantile(slant(ink), (0.1, 0.9))
    middles = (boxes[:, 0] + boxes[:, 1]) / 2
    by_mass = masses.std(0).sum() < middles.std(0).sum()
    centre = np.median(masses if by_mass else middles, axis=0)
    traced = ink[np.linspace(0, len(ink) - 1, min(len(ink), DRAWN)).astype(int)]
    strokes = _strokes(traced)
    stroke = float(np.median(strokes))
    # Along an edge of softness s, ink * (1 - ink) adds up to s / sqrt(pi); a stroke has two edges.
    solid = float((ink**2).sum() / ink.sum())
    return DrawingStyle(
        height=height,
        width=width,
        light_on_dark=light,
        peak=float(np.median(peaks)),
        paper=paper,
        stroke=stroke,
        thickest=float(np.quantile(strokes, 0.95)),
        extent=float(np.median(sides.max(1))),
        slant=(float(leaning[0]), float(leaning[1])),
        widest=float(np.quantile(sides[:, 1] / sides[:, 0], 0.9)),
        blur=(1 - solid) * stroke * math.sqrt(math.pi) / 2,
        centred="mass" if by_mass else "box",
        centre=(float(centre[0]), float(centre[1])),
        margin=None,
        own=_own(traced),
    )


def drawing_style_of(prepared: Prepared) -> DrawingStyle:
    """The style of a prepared data set's training images, kept as `drawing_style.json` beside them once measured."""

    def measured() -> DrawingStyle:
        if not prepared.uniform:
            return of_many_sizes([prepared.image(index) for index in sample(prepared, DRAWN)])
        height, width = prepared.array.shape[1:3]
        images = np.asarray(prepared.array[sample(prepared, max(min(SAMPLE, MAX_PIXELS // (height * width)), 1))])
        return measure(images[..., 0] if images.shape[-1] == 1 else images.mean(-1).round().astype(np.uint8))

    return kept(prepared, FILE, DrawingStyle, measured)


def of_many_sizes(images: Sequence[NDArray[np.uint8]]) -> DrawingStyle:
    """The style of images of many sizes, each (H, W, 1 or 3), in the pixels of a square of SQUARE that holds any of
    them. Problem where no image has any ink."""
    squares, margins, tones = [], [], []
    for image in images:
        ink = read_drawing(image)
        if not (mask := ink >= 0.5).any():
            continue
        rows, columns = box(mask)
        scale = SQUARE / max(ink.shape)
        margins.append(scale * min(rows.start, columns.start, len(ink) - rows.stop, ink.shape[1] - columns.stop))
        grey = image.mean(-1)[: ink.shape[0], : ink.shape[1]]
        tones.append((np.median(grey[mask]), np.median(grey[~mask]) if not mask.all() else 255 - np.median(grey[mask])))
        squares.append(_square(ink))
    if not squares:
        raise Problem(BLANK)
    style = measure(np.stack(squares))
    strength, paper = (float(tone) for tone in np.median(tones, 0))
    return style.model_copy(
        update={
            "light_on_dark": strength > paper,
            "peak": max(abs(strength - paper), 1.0),
            "paper": paper,
            "margin": float(np.median(margins)),
        }
    )


def _square(ink: Floats) -> NDArray[np.uint8]:
    """`ink` (H, W), light on dark, in the middle of a square of SQUARE pixels."""
    height, width = ink.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    padded = np.pad(ink, ((top, side - height - top), (left, side - width - left)))
    image = Image.fromarray((255 * padded).astype(np.uint8)).resize((SQUARE, SQUARE), Image.Resampling.BOX)
    return np.asarray(image)


def _borders(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels on the outer edge of `images` (N, H, W), flat."""
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return np.concatenate([edge.ravel() for edge in edges])


def _extents(ink: Floats) -> tuple[Floats, Floats]:
    """The box at half strength (N, 2, 2: start, end; row, column) and the centre of mass (N, 2) of `ink` (N, H, W)."""
    boxes, masses = [], []
    for axis in (1, 2):
        total = ink.sum(3 - axis)
        masses.append((total * (np.arange(total.shape[1]) + 0.5)).sum(1) / total.sum(1))
        profile = np.pad(ink.max(3 - axis), ((0, 0), (1, 1)))
        rows = np.arange(len(ink))
        sides = []
        for line in (profile, profile[:, ::-1]):
            first = (line >= 0.5).argmax(1)  # at least 1, thanks to the padding
            before, at = line[rows, first - 1], line[rows, first]
            sides.append(first - (at - 0.5) / np.maximum(at - before, 1e-6) - 0.5)
        boxes.append(np.stack([sides[0], profile.shape[1] - 2 - sides[1]], 1))
    return np.stack(boxes, 2).astype(np.float32), np.stack(masses, 1).astype(np.float32)


def _own(ink: Floats) -> tuple[str, ...]:
    """What would be taken off a drawing, or for several drawings, and belongs to many of `ink` (N, H, W)."""
    found = dict.fromkeys((FRAME, UNDERLINE, SEVERAL), 0)
    for image in _enlarged(ink):
        found[FRAME] += bool(frame_round(image).any())
        found[UNDERLINE] += bool(underline(image).any())
        found[SEVERAL] += count_signs(pieces_of(image)[1]) > 1
    return tuple(kind for kind, count in found.items() if count > OWN * len(ink))


def _enlarged(ink: Floats) -> NDArray[np.bool_]:
    """`ink` (N, H, W) as masks with about FINE pixels along the longer side."""
    factor = max(2.0, FINE / max(ink.shape[1:]))
    down, across = (interpolation(size, factor, pad=1) for size in ink.shape[1:])
    return np.asarray(np.matmul(np.matmul(down, ink), across.T) >= 0.5)


def _strokes(ink: Floats) -> Floats:
    """The usual width of the strokes of each of `ink` (N, H, W), traced on an enlargement: (N,)."""
    fine = _enlarged(ink)
    line = centre_line(fine.reshape(-1, fine.shape[2]))  # one tall sheet: the padding keeps the images apart
    image = line.points[:, 0] // fine.shape[1]
    widths = [np.median(line.radius[image == i]) for i in np.unique(image)]
    strokes: Floats = 2 * np.array(widths, np.float32) * (ink.shape[1] + 2) / fine.shape[1]
    return strokes
