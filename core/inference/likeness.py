"""Whether what was found on a picture is strokes at all. A model of drawings answers a photograph as well, of whose
answer nothing can be believed."""

import numpy as np

from core.datasets.drawing_style import SEVERAL, DrawingStyle
from core.inference.ink import Drawing
from core.locale import _

SIDE = 96  # pixels of the longer side of what is looked at, about
THICK = 0.3  # of the longer side: the thickest pen of people draws thinner, most filled shapes are thicker
THICKER = 1.5  # times the thickest strokes of the training images
MANY_PIECES, SPECK_PX = 8, 4  # more pieces of so many pixels are texture …
TOGETHER = 0.5  # … where the largest has less of the ink than this


def unlike_strokes(drawing: Drawing, style: DrawingStyle) -> str:
    """In a sentence that what was found is no drawing such as those of `style`; "" if it may be one."""
    from scipy import ndimage

    ink = drawing.ink >= 0.5
    if not ink.any():
        return ""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    step = max(1, max(int(np.ptp(rows)), int(np.ptp(columns))) // SIDE)
    ink = ink[rows[0] : rows[-1] + 1 : step, columns[0] : columns[-1] + 1 : step]
    thickness = (2 * float(ndimage.distance_transform_edt(np.pad(ink, 1)).max()) - 1) / max(ink.shape)
    labels, _count = ndimage.label(ink, np.ones((3, 3)))
    pieces = np.bincount(labels.ravel())[1:]
    textured = (pieces >= SPECK_PX).sum() > MANY_PIECES and pieces.max() < TOGETHER * ink.sum()
    filled = thickness > max(THICK, THICKER * style.thickest / style.extent)
    if filled or (textured and SEVERAL not in style.own):
        return _(
            "This does not look like a drawing such as the training images: it has filled shapes or many pieces where "
            "these have strokes. The answer may mean nothing."
        )
    return ""
