"""The picture of a few answers."""

import numpy as np
from PIL import ImageColor

from core.exporters.answer_sheet import EDGE, RIGHT, SIDE, UNTOLD, WRONG, answer_sheet, cut, table_of
from core.exporters.measured import Answer, Answers

GREY = np.full((8, 8, 1), 100, np.uint8)
WIDE = np.full((300, 600, 3), 200, np.uint8)
ANSWERS = Answers(0, 0.0, [Answer(GREY, "7", 0.98, "7"), Answer(WIDE, "cat", 0.5, "dog"), Answer(GREY, "猫|", 1.0)] * 2)


def test_each_image_stands_in_its_place_with_the_edge_of_its_answer():
    sheet = answer_sheet(ANSWERS)
    cell = SIDE + 2 * EDGE
    assert sheet.shape[1] == 3 * cell and sheet.dtype == np.uint8
    for place, colour in enumerate((RIGHT, WRONG, UNTOLD)):
        assert tuple(sheet[0, place * cell]) == ImageColor.getrgb(colour)
    middle = cell // 2
    assert (sheet[middle, middle] == 100).all() and (sheet[middle, cell + middle] == 200).all()
    assert tuple(sheet[EDGE + 1, cell + middle]) == ImageColor.getrgb(WRONG), "a wide one is not stretched"
    below = sheet[cell + 2 : cell + 20, :cell]
    assert (below == 0).any(), "words"


def test_the_table_has_the_letters_of_all_languages():
    lines = table_of(ANSWERS).splitlines()
    assert lines[2:5] == ["| 1 | 7, 98\u00a0% |", "| 2 | cat, 50\u00a0%, not dog |", "| 3 | 猫¦, 100\u00a0% |"]


def test_long_words_are_cut_and_others_are_told_by_a_sign():
    assert cut("猫, 98\u00a0%") == "?, 98 %"
    short = cut("m" * 100)
    assert short.endswith("m…") and 10 < len(short) < 20
