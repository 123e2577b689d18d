"""The lines that bring a drawing to the style of the training images: a short part of what the app itself does, in
numpy and Pillow alone."""

from core.datasets.drawing_style import SEVERAL, DrawingStyle

FINE = 224  # pixels along the image's longer side in which a drawing is measured
FAINTEST = 24  # grey levels: what differs less from its paper is no ink
GAP = 12  # signs stand apart by more than the longer side of all of the ink over this
FLAT, SQUEEZE = 1.5, 0.5  # what is wider, over its height, has no slant; nothing is made narrower by more than this
THICK, THICKER = 0.3, 1.5  # a pen of this part of the longer side, and so many times theirs at its thickest, draws none
SIZED = """def sized(ink):
    \"\"\"Cut to the ink, as large as fits into {size}; a hair stays a pixel wide.\"\"\"
    ink = ink.crop(ink.getbbox())
    scale = min(np.divide({size}, ink.size))
    return ink.resize([max(1, round(side * scale)) for side in ink.size], Image.Resampling.BICUBIC)
"""
NO_INK = 'raise ValueError("there is no ink on this picture")'
# English, for whoever gets a model without the app. Measured with 100 test digits of MNIST, redrawn by four pens from a
# hair to 0.22 of their length, in sizes from 60 to 500 pixels.
DRAWN = """`drawn` is a short form of what Epochlab does with a drawing. On 100 handwritten digits that were drawn again
by thin and thick pens, a model of MNIST (28 × 28 pixels) gave the same answer with both to 99, and one of digits of
8 × 8 pixels to 97; the probability of the answer differed by 0.02 and 0.03 on average, and by more than 0.1 for 3 and 9
of them. Epochlab also takes off the lines of ruled paper, frames and uneven light, tells signs apart that stand above
one another, and warns of more pictures that are no drawing; `drawn` sees signs side by side and filled shapes alone."""


def drawing_code(style: DrawingStyle) -> str:
    """A function `drawn` of an opaque Pillow image, which gives one of mode L. ValueError in it where there is no
    ink, and where there are several signs; a word where it has filled shapes."""
    width, height = style.width, style.height
    fine = max(2, round(FINE / max(style.size)))
    long, tall = (round(fine * min(style.extent, side)) for side in (width, height))
    thin, thick = round(fine * style.stroke), round(fine * style.thickest)
    apart = (
        "    inked = np.flatnonzero(solid.any(0))  # columns with ink\n"
        f"    gap = max(len(inked), solid.any(1).sum()) / {GAP}\n"
        "    pieces = np.split(inked, np.flatnonzero(np.diff(inked) > gap) + 1)\n"
        "    high = sorted(solid[:, piece].any(1).sum() for piece in pieces)\n"
        "    if len(high) > 1 and high[-2] > high[-1] / 2:  # dust is lower\n"
        '        raise ValueError("there are several signs, and the model answers one: cut the picture to it")\n'
    )
    least, most = (f"{slope:.2g}" for slope in style.slant)
    widest = round(max(THICK, THICKER * style.thickest / style.extent) * max(long, tall))
    upright = (
        "    # As upright and narrow as theirs: each row moves aside by its place times a slope.\n"
        "    rows, columns = np.nonzero(np.asarray(ink) > 127)\n"
        "    leaning = np.cov(rows, columns)[0, 1] / max(rows.var(), 1)  # columns to the right a row down\n"
        f"    slope = np.clip(leaning, {least}, {most}) - leaning if np.ptp(columns) < {FLAT} * np.ptp(rows) else 0\n"
        f"    wide = np.ptp(columns + slope * rows) / np.ptp(rows).clip(1) / {style.widest:.2g}  # over their widest\n"
        f"    x, y, narrow = ink.width / 2, ink.height / 2, np.clip(wide, 1, {1 / SQUEEZE:g})\n"
        "    moved = (narrow, -slope, x - narrow * x + slope * y, 0, 1, 0)  # where (x, y) comes from\n"
        "    ink = ink.transform(ink.size, Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR)\n"
        "    ink = ImageOps.expand(sized(ink), room)\n"
    )
    filled = (
        f"    if pen > {widest}:\n"
        '        print("this may be no drawing: it has filled shapes, the answer may mean nothing", file=sys.stderr)\n'
    )
    if SEVERAL in style.own:
        apart = ""
    return (
        f"{SIZED.format(size=(long, tall))}\n\n"
        "def drawn(picture):\n"
        '    """A drawing of any size, by any pen on plain paper, as the training images are drawn."""\n'
        '    grey = np.asarray(picture.convert("L"), float)\n'
        "    away = abs(grey - np.median(grey))  # most of a picture is paper; ink lies away from its level\n"
        "    solid = away > away.max() / 2\n"
        f"    if away.max() < {FAINTEST}:  # of 255 grey levels\n"
        f"        {NO_INK}\n"
        f"{apart}"
        f"    # Lengths are in steps of 1/{fine} pixel from here on. Cut to the ink, as large as theirs, with room:\n"
        f"    room = {2 * thick}\n"
        "    ink = Image.fromarray(np.uint8(255 * solid))\n"
        "    ink = ImageOps.expand(sized(ink), room)\n"
        f"{upright}"
        "    ink = ink.point(lambda level: 255 * (level > 127))\n"
        "    # A pen's width: the ink's area over half the length of its edges. Of blurred edges,\n"
        "    # level * (1 - level) adds up to their length over the root of pi.\n"
        "    level = np.asarray(ink.filter(ImageFilter.GaussianBlur(1))) / 255\n"
        "    pen = 2 * level.sum() / (np.sqrt(np.pi) * (level * (1 - level)).sum())\n"
        f"{filled}"
        f"    steps = round((np.clip(pen, {thin}, {thick}) - pen) / 2)  # on both sides, to a pen as theirs\n"
        "    for _ in range(abs(steps)):\n"
        "        ink = ink.filter(ImageFilter.MaxFilter(3) if steps > 0 else ImageFilter.MinFilter(3))\n"
        "    ink = sized(ink)\n"
        f"{placed(style, fine)}"
    )


def placed(style: DrawingStyle, fine: int) -> str:
    """Lines that give back the image of `ink`, which is as large as it has to be, in steps of 1/`fine` pixel."""
    if style.margin is not None:
        return f"    return ImageOps.expand(ink, {round(fine * style.margin)}).reduce({fine}){levels(style)}\n"
    (height, width), (row, column) = style.size, (round(fine * place) for place in style.centre)
    middle, top, left = "", f"{row} - ink.height / 2", f"{column} - ink.width / 2"
    if style.centred == "mass":
        middle = "    rows, columns = np.nonzero(np.asarray(ink) > 127)  # its middle goes where theirs is\n"
        top, left = f"{row} - rows.mean()", f"{column} - columns.mean()"
    return (
        f"{middle}"
        f"    left = np.clip({left}, 0, {width * fine} - ink.width)  # and it stays whole\n"
        f"    top = np.clip({top}, 0, {height * fine} - ink.height)\n"
        f'    sheet = Image.new("L", ({width * fine}, {height * fine}))\n'
        "    sheet.paste(ink, (round(left), round(top)))\n"
        f"    return sheet.resize(({width}, {height}), Image.Resampling.BOX){levels(style)}\n"
    )


def levels(style: DrawingStyle) -> str:
    """What brings ink, 255 on 0, to the grey levels of the training images."""
    paper, ink = round(style.paper), round(style.ink)
    level = f"{paper} + level * {ink} / 255" if (paper, ink) != (255, -255) else "255 - level"
    return "" if (paper, ink) == (0, 255) else f".point(lambda level: {level})"
