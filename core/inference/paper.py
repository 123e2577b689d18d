"""The paper under a drawing: its colour everywhere, under uneven light too, found without knowing pen or paper."""

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

from core.inference.strokes import Floats, Mask, grown

COARSE = 48  # pixels along the longer side of the copy on which the paper is looked for
FAR = 48.0  # grey levels: what differs more from the border's median is not taken for paper at first
STEADY = 6.0  # grey levels: what differs less from the fitted surface is paper, at last
NEAR = 24.0  # grey levels: what differs less from the surface bends it locally
SPOT = 2.5  # coarse pixels: standard deviation of the neighbourhood in which it does
PLAIN = 2.0  # grey levels: paper that was never photographed or scanned varies by less
PLAIN_SHARE = 0.45  # of a picture and of its border: as much of it is such paper
EVEN = 2.0  # grey levels: paper that varies less is taken for one colour
RIDGE = 1e-3  # keeps the fit stable where ink hides most of the paper
GRAIN = 0.3  # grey levels: paper whose cells typically vary by more has been photographed or scanned
SHADOW = (0.07, 0.75)  # the part of such a picture's border that lies in the shadow if there is one
PATCH = 11  # coarse pixels: of a square this large more than half is paper
EVEN_SHARE = 0.9  # of the pixels of a tone as many lie near it
UNEVEN = 0.15  # of the distance between two tones: what varies more is uneven light, or more than two tones
OUTSIDE = 0.3  # of the distance between two tones: what lies farther outside them is a third tone
SCRAP = 0.001  # of the pixels: fewer of a third tone are dust
MAIN_TONE_SHARE = 0.6  # a tone that fills this part of a picture is its paper, even if the border is another


def paper(planes: Floats) -> Floats:
    """The paper's grey level in each of `planes` (C, H, W), 0 to 255: (C, 1, 1) where it is even, else (C, H, W).

    Where the border has one tone that is the paper, unless another one fills most of the picture; of two even tones
    that both reach the border, as in a drawing cut to its ink, the one that lies around the other. A quadratic
    surface is fitted to it, robustly, so that ink does not count, and bent to the paper seen nearby.
    """
    alone = _of_two_tones(planes)
    if alone is not None:
        return alone[:, None, None]
    channels, height, width = planes.shape
    step = -(-max(height, width) // COARSE)
    coarse = planes[:, step // 2 :: step, step // 2 :: step]
    if min(coarse.shape[1:]) < 3:
        coarse, step = planes, 1
    elif step > 1:  # thin strokes and dust vanish
        coarse = ndimage.median_filter(coarse, size=(1, 3, 3))
    rows, columns = coarse.shape[1:]
    ring = np.ones((rows, columns), bool)
    ring[1:-1, 1:-1] = False
    samples = coarse.reshape(channels, -1).T  # (cells, C)
    first = _first_guess(samples, ring.ravel())
    same = np.abs(samples - first).max(1) <= PLAIN
    if same.mean() > PLAIN_SHARE and same[ring.ravel()].mean() > PLAIN_SHARE:
        return first[:, None, None]  # no camera has seen it
    surface = _fit(samples - first, _terms(rows, columns))
    rest = samples - first - surface
    near = (np.abs(rest).max(1) < NEAR)[:, None]
    off = 1 - near[ring.ravel()].mean()
    if SHADOW[0] < off < SHADOW[1] and np.median(np.abs(rest[near[:, 0]])) > GRAIN:
        # A shadow with an edge is no quadratic surface. Strokes are narrow beside it: a wide median leaves it alone.
        field = ndimage.median_filter(coarse, size=(1, PATCH, PATCH), mode="nearest")
        return _enlarged(field, height, width, step)
    # Where no paper is in sight, the small constant lets the surface be as it was fitted.
    seen = _blurred(near.astype(np.float32), rows, columns)
    surface = surface + _blurred(rest * near, rows, columns) / (seen + 0.02)
    if np.abs(surface[near[:, 0]]).max(initial=0) < EVEN:
        return first[:, None, None]
    return _enlarged((first + surface).T.reshape(channels, rows, columns), height, width, step)


def _of_two_tones(planes: Floats) -> Floats | None:
    """The paper's tone (C,) where a picture of two even tones, a drawing cut to its ink, has both of them along its
    border; None for other pictures."""
    grey = planes.mean(0)
    low, high = float(grey.min()), float(grey.max())
    if high - low < FAR:
        return None
    dark = grey <= _threshold(grey)
    border = float(_edges(dark).mean())
    # Without the soft edges of strokes, where a pixel holds a mixture of both.
    inner = [~grown(mask) for mask in (~dark, dark)]
    if not all(mask.any() for mask in inner):
        return None
    tones = [np.stack([plane[mask] for plane in planes]) for mask in inner]
    middles = [np.median(tone, 1) for tone in tones]
    apart = float(np.abs(middles[0] - middles[1]).max())
    if apart < FAR:
        return None
    for tone, middle in zip(tones, middles, strict=True):
        if np.quantile(np.abs(tone - middle[:, None]).max(0), EVEN_SHARE) > UNEVEN * apart:
            return None
    # Tones outside the two are ink on paper that lies half in a shadow, or a light on it.
    beyond = (grey < middles[0].mean() - OUTSIDE * apart) | (grey > middles[1].mean() + OUTSIDE * apart)
    if beyond.mean() > SCRAP:
        return None
    # Ink hangs together, while what is left of its paper lies in scraps; it leaves corners and border free, covers
    # less and is darker.
    pieces = [ndimage.label(mask)[1] for mask in (dark, ~dark)]
    corners = np.mean([dark[:2, :2].mean(), dark[:2, -2:].mean(), dark[-2:, :2].mean(), dark[-2:, -2:].mean()])
    share = float(corners) + border + 2 * float(dark.mean())
    for_dark_ink = np.sign(pieces[1] - pieces[0]) + 4 - 2 * share + 1
    return np.asarray(middles[1] if for_dark_ink >= 0 else middles[0], np.float32)


def _threshold(grey: Floats) -> float:
    """Otsu's (1979) level between the dark and the light of `grey` (H, W), 0 to 255."""
    whole = grey.astype(np.uint8)
    if not (whole == grey).all():
        return float(threshold_otsu(grey))  # type: ignore[no-untyped-call]
    counts = np.bincount(whole.ravel())  # the same histogram, made of 256 values and not of each pixel
    levels = np.flatnonzero(counts)
    shares, edges = np.histogram(levels.astype(np.float32), 256, weights=counts[levels])
    return float(threshold_otsu(hist=(shares, (edges[:-1] + edges[1:]) / 2)))  # type: ignore[no-untyped-call]


def _edges(mask: Mask) -> Mask:
    return np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])


def _first_guess(samples: Floats, ring: Mask) -> Floats:
    border, whole = np.median(samples[ring], 0), np.median(samples, 0)
    most = (np.abs(samples - whole).max(1) < FAR).mean() > MAIN_TONE_SHARE
    return np.asarray(whole if most else border, np.float32)


def _terms(rows: int, columns: int) -> Floats:
    """The terms of a quadratic surface at each cell: (rows * columns, 6)."""
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1).reshape(-1, 6).astype(np.float32)


def _fit(samples: Floats, terms: Floats) -> Floats:
    """A surface through those `samples` (cells, C) that lie near 0: reweighted least squares, Tukey's biweight."""
    surface = np.zeros_like(samples)
    scale = FAR
    ridge = RIDGE * len(samples) * np.diag(np.arange(terms.shape[1]) > 0).astype(np.float32)
    while True:
        error = np.abs(samples - surface).max(1)
        weight = np.clip(1 - (error / (2 * scale)) ** 2, 0, None)[:, None] ** 2
        if np.count_nonzero(weight) < 3 * terms.shape[1]:
            return surface
        surface = terms @ np.linalg.solve((terms * weight).T @ terms + ridge, (terms * weight).T @ samples)
        if scale == STEADY:
            return np.asarray(surface, np.float32)
        scale = max(STEADY, 0.75 * scale)


def _blurred(samples: Floats, rows: int, columns: int) -> Floats:
    field = samples.reshape(rows, columns, -1)
    return np.asarray(ndimage.gaussian_filter(field, (SPOT, SPOT, 0), mode="nearest").reshape(len(samples), -1))


def _enlarged(field: Floats, height: int, width: int, step: int) -> Floats:
    down, across = _enlarging(height, field.shape[1], step), _enlarging(width, field.shape[2], step)
    return np.asarray(np.matmul(np.matmul(down, field), across.T), np.float32)


def _enlarging(size: int, cells: int, step: int) -> Floats:
    """The matrix (size, cells) that takes one axis of the coarse copy back to the picture's size, linearly."""
    if step == 1:
        return np.eye(size, dtype=np.float32)
    at = np.clip((np.arange(size) - step // 2) / step, 0, cells - 1)
    low = np.minimum(at.astype(int), cells - 2)
    part = (at - low).astype(np.float32)
    matrix = np.zeros((size, cells), np.float32)
    matrix[np.arange(size), low] = 1 - part
    matrix[np.arange(size), low + 1] = part
    return matrix
