"""The preparation of a drawing as a teacher writes it: a third of the lines of `core.script.drawn`, and nearly as good
where a pen drew one sign on plain paper."""

from core.datasets.drawing_style import DrawingStyle
from core.script.drawn import FAINTEST, levels

SOFT = 0.21  # of the usual width of a stroke: a hair that is blurred by this deviation is half as wide as that
STRONGEST = 8  # per cent of the pixels: what a blur has dimmed is brightened until so many have the strength of ink


def brief_drawing_code(style: DrawingStyle) -> str:
    """A function `drawn` of a Pillow image without transparency, which gives one of mode L. ValueError in it where
    there is no ink."""
    cut = "ink.crop(ink.getbbox())"
    size = tuple(round(min(style.extent, side)) for side in (style.width, style.height))
    boxed = style.margin is None and style.centred == "box"
    sized = f"ImageOps.pad({cut}, {size})" if boxed else f"ImageOps.contain({cut}, {size})"
    blurred = f"ink.filter(ImageFilter.GaussianBlur({SOFT * style.stroke:.1g}))"
    return (
        "def drawn(picture):\n"
        '    """A drawing of one sign, by any pen and of any size, with the look of the training images."""\n'
        '    grey = np.asarray(picture.convert("L"), float)  # (height, width), from 0 to 255\n'
        "    paper = np.median([*grey[0], *grey[-1], *grey[:, 0], *grey[:, -1]])  # the level of the border\n"
        "    away = abs(grey - paper)  # how far each pixel differs from it\n"
        f"    if away.max() < {FAINTEST}:  # levels of grey: that is paper\n"
        '        raise ValueError("there is no ink on this picture")\n'
        "    ink = Image.fromarray(np.uint8(255 * (away > away.max() / 2)))  # ink is white, all else black\n"
        f"    ink = {sized}  # cut to it, sized as in training\n"
        f"    # Blurred, then brightened until {STRONGEST}% are white: a thin line gets about the width of those.\n"
        f"    ink = ImageOps.autocontrast({blurred}, cutoff=(0, {STRONGEST}))\n"
        f"{placed(style, size)}"
    )


def placed(style: DrawingStyle, size: tuple[int, ...]) -> str:
    """Lines that give back the image of `ink`, where the drawings of the training images are in theirs: the box of all
    of it, if that is what is put into the middle, is of this size, (width, height)."""
    (height, width), (row, column) = style.size, style.centre
    if style.margin is not None:
        return f"    return ImageOps.expand(ink, {round(style.margin)}){levels(style)}  # paper around it\n"
    if style.centred == "box":
        left, top = round(column - size[0] / 2), round(row - size[1] / 2)
        around = (left, top, width - size[0] - left, height - size[1] - top)
        made = f"ImageOps.expand(ink, {around})" if any(around) else "ink"
        words = "  # paper around it" if any(around) else ""
        return f"    return {made}{levels(style)}{words}\n"
    return (
        "    row, column = (np.average(places, weights=ink) for places in np.indices(ink.size[::-1]))\n"
        f"    move = (1, 0, column - {column - 0.5:.3g}, 0, 1, row - {row - 0.5:.3g})  # its centre of mass to theirs\n"
        f"    return ink.transform({(width, height)}, Image.Transform.AFFINE, move){levels(style)}\n"
    )
