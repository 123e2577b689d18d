"""A few images and what a run answered to each, as one picture."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core import formatting
from core.exporters.measured import Answer, Answers
from core.locale import _

COLUMNS, SIDE, EDGE, LINE = 3, 144, 4, 22  # images in a row; pixels of an image, its edge, and the words below it
RIGHT, WRONG, UNTOLD = "#2e7d32", "#c62828", "#9e9e9e"


def answer_sheet(answers: Answers) -> np.ndarray:
    """(H, W, 3) uint8. The edge says whether an answer is right; a wrong one has the true class beside it."""
    wide, high = SIDE + 2 * EDGE, SIDE + 2 * EDGE + LINE
    sheet = Image.new("RGB", (COLUMNS * wide, -(-len(answers.images) // COLUMNS) * high), "white")
    draw = ImageDraw.Draw(sheet)
    for place, one in enumerate(answers.images):
        left, top = place % COLUMNS * wide, place // COLUMNS * high
        picture = Image.fromarray(one.image[..., 0] if one.image.shape[2] == 1 else one.image)
        small = max(picture.size) <= SIDE
        scale = SIDE / max(picture.size)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.NEAREST if small else Image.Resampling.BILINEAR)
        colour = UNTOLD if not one.truth else RIGHT if one.answer == one.truth else WRONG
        draw.rectangle((left, top, left + wide - 1, top + high - LINE - 1), colour)
        sheet.paste(picture, (left + (wide - picture.width) // 2, top + (high - LINE - picture.height) // 2))
        below = (left + EDGE, top + high - LINE + 3)
        draw.text(below, cut(f"{place + 1}. {words(one)}"), "black", ImageFont.load_default(12))
    return np.asarray(sheet)


def table_of(answers: Answers) -> str:
    """The same in Markdown, in the letters of all languages."""
    rows = [f"| | {_('answer')} |", "|---|---|"]
    rows += [f"| {place} | {words(one).replace('|', '¦')} |" for place, one in enumerate(answers.images, start=1)]
    return "\n".join(rows)


def words(one: Answer) -> str:
    share = formatting.percent(one.probability, 0)
    if one.truth in ("", one.answer):
        return _("{answer}, {share}", answer=one.answer, share=share)
    return _("{answer}, {share}, not {truth}", answer=one.answer, share=share, truth=one.truth)


def cut(text: str) -> str:
    """As much of it as lies below an image. Pillow's own font has Latin letters and plain spaces alone: others become
    `?` here, and stand in the table."""
    text = " ".join(text.split()).encode("latin-1", "replace").decode("latin-1")
    font = ImageFont.load_default(12)
    while font.getlength(text) > SIDE:
        text = text.rstrip("…")[:-1] + "…"
    return text
