"""The preparation of a drawing as a teacher writes it: a third of the lines of `core.script.drawn`, and nearly as good
where a pen drew one sign on plain paper."""

from core.datasets.drawing_style import SEVERAL, DrawingStyle
from core.sandbox.image_files import PALE_LEVEL
from core.script.drawn import FAINTEST, levels

SOFT = 0.21  # of the usual width of a stroke: a hair that is blurred by this deviation is half as wide as that
GAP = 0.1  # of the width of all of the ink: a wider gap lies between two signs
STRONGEST = 8  # per cent of the pixels: what a blur has dimmed is brightened until so many have the strength of ink


def brief_drawing_code(style: DrawingStyle) -> str:
    """A function `drawn` of a Pillow image of any mode, which gives one of mode L. ValueError in it where there is no
    ink, and where signs stand side by side, unless the training images are such."""
    cut = "ink.crop(ink.getbbox())"
    size = tuple(round(min(style.extent, side)) for side in (style.width, style.height))
    boxed = style.margin is None and style.centred == "box"
    sized = f"ImageOps.pad({cut}, {size})" if boxed else f"ImageOps.contain({cut}, {size})"
    blurred = f"ink.filter(ImageFilter.GaussianBlur({SOFT * style.stroke:.1g}))"
    apart = (
        "    columns = np.flatnonzero((away > away.max() / 2).any(0))  # the columns that hold ink\n"
        f"    if np.diff(columns).max(initial=0) > 1 + {GAP} * np.ptp(columns):  # a wide gap between two\n"
        '        raise ValueError("there are several signs on this picture: cut it to one")\n'
    )
    return (
        "def drawn(picture):  # gives a drawing of one sign, by any pen, in any size, the look of the training images\n"
        '    solid = np.asarray(picture.convert("RGBA"))[..., 3] > 127  # the pixels that are not transparent\n'
        '    grey = np.asarray(picture.convert("F"))  # (height, width), from 0 to 255; more where it has 16 bits\n'
        f"    grey = np.where(solid, grey, 255 * (grey[solid].min(initial=255) <= {PALE_LEVEL}))  # the others: paper\n"
        "    away = abs(grey - np.median([*grey[0], *grey[-1], *grey[:, 0], *grey[:, -1]]))  # from paper\n"
        f"    if away.max() < {FAINTEST / 255:.2g} * max(grey.max(), 255):  # all is nearly as light: no ink\n"
        '        raise ValueError("there is no ink on this picture")\n'
        f"{'' if SEVERAL in style.own else apart}"
        "    ink = Image.fromarray(np.uint8(255 * (away > away.max() / 2)))  # white ink, black paper\n"
        f"    ink = {sized}  # cut to the ink, and made as large as in training\n"
        f"{placed(style, size, f'ImageOps.autocontrast({blurred}, cutoff=(0, {STRONGEST}))')}"
    )


def placed(style: DrawingStyle, size: tuple[int, ...], ink: str) -> str:
    """Lines that give back the image `ink`, an expression, where the drawings of the training images are in theirs:
    the box of all of it, if that is what is put into the middle, is of this size, (width, height)."""
    (height, width), (row, column) = style.size, style.centre
    begun = f"    ink = {ink}  # soft, thicker lines\n"
    if style.margin is not None:
        return f"{begun}    return ImageOps.expand(ink, {round(style.margin)}){levels(style)}  # paper around it\n"
    if style.centred == "box":
        left, top = round(column - size[0] / 2), round(row - size[1] / 2)
        around = (left, top, width - size[0] - left, height - size[1] - top)
        if not any(around):
            return f"    return {ink}{levels(style)}  # soft, thicker lines\n"
        return f"{begun}    return ImageOps.expand(ink, {around}){levels(style)}  # paper around it\n"
    move = f"(1, 0, column - {column - 0.5:.3g}, 0, 1, row - {row - 0.5:.3g})"
    return (
        f"{begun}"
        "    row, column = (np.average(places, weights=ink) for places in np.indices(ink.size[::-1]))\n"
        f"    return ink.transform({(width, height)}, Image.Transform.AFFINE, {move}){levels(style)}  # centred\n"
    )
