"""The lines that bring a drawing to the style of the training images: a short part of what the app itself does, in
numpy and Pillow alone."""

from core.datasets.drawing_style import SEVERAL, DrawingStyle

FINE = 224  # pixels along the image's longer side in which a drawing is measured
FAINTEST = 24  # grey levels: what differs less from its paper is no ink
GAP = 12  # signs stand apart by more than the longer side of all of the ink over this


def drawing_code(style: DrawingStyle) -> str:
    """A function `drawn` of a Pillow image of any mode, which gives one of mode L. ValueError in it where there is no
    ink, and where there are several signs."""
    height, width = style.size
    fine = max(2, round(FINE / max(style.size)))
    long, tall = (round(fine * min(style.extent, side)) for side in (width, height))
    thin, thick = round(fine * style.stroke), round(fine * style.thickest)
    own = ""
    if style.margin is None:
        ground = f"{'<' if style.light_on_dark else '>'} {style.paper + style.ink / 2:.0f}"
        own = (
            f"    if picture.size == ({width}, {height}) and grey.mean() {ground}:  # it is one of them\n"
            '        return picture.convert("L")\n'
        )
    apart = (
        "    inked = np.flatnonzero(solid.any(0))  # columns with ink\n"
        f"    gap = max(len(inked), solid.any(1).sum()) / {GAP}\n"
        "    pieces = np.split(inked, np.flatnonzero(np.diff(inked) > gap) + 1)\n"
        "    high = sorted(solid[:, piece].any(1).sum() for piece in pieces)\n"
        "    if len(high) > 1 and high[-2] > high[-1] / 2:\n"
        '        raise ValueError("there are several signs, and the model answers one: cut the picture to it")\n'
    )
    return (
        "def drawn(picture):\n"
        '    """A drawing of any size, by any pen on plain paper, as the training images are drawn."""\n'
        '    sheet = Image.new("RGBA", picture.size, "white")  # seen where a picture is transparent\n'
        '    grey = np.asarray(Image.alpha_composite(sheet, picture.convert("RGBA")).convert("L"), float)\n'
        f"{own}"
        "    away = abs(grey - np.median(grey))  # most of a picture is paper; ink lies away from its level\n"
        "    solid = away > away.max() / 2\n"
        f"    if away.max() < {FAINTEST}:\n"
        '        raise ValueError("there is no ink on this picture")\n'
        f"{'' if SEVERAL in style.own else apart}"
        f"    # In steps of 1/{fine} pixel: cut to the ink, enlarged, with room for a wider pen.\n"
        "    ink = Image.fromarray(np.uint8(255 * solid))\n"
        f"    ink = ImageOps.contain(ink.crop(ink.getbbox()), ({long}, {tall}))\n"
        f"    ink = ImageOps.expand(ink, {2 * thick}).point(lambda level: 255 * (level > 127))\n"
        "    area, inner = np.mean(ink), np.mean(ink.filter(ImageFilter.MinFilter(3)))\n"
        "    pen = 2 * area / (area - inner)  # its width, from the area and the length of the edges\n"
        f"    wider = round((np.clip(pen, {thin}, {thick}) - pen) / 2)  # a pen as theirs\n"
        "    for _ in range(abs(wider)):\n"
        "        ink = ink.filter(ImageFilter.MaxFilter(3) if wider > 0 else ImageFilter.MinFilter(3))\n"
        f"    ink = ImageOps.contain(ink.crop(ink.getbbox()), ({long}, {tall}))  # as large as theirs\n"
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
