import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.errors import BadInput, Problem
from core.inference import predictor
from core.inference.drawing import plain_resize
from core.inference.drawing_style import drawing_style_of


def test_answers_as_the_evaluation_counted(trained, workspace, digits):
    answerer = predictor.load(trained, workspace)
    test = digits.indices("test")
    answers = answerer.predict([digits.image(i) for i in test])
    assert answers.shape == (360, 10) and np.allclose(answers.sum(1), 1, atol=1e-5)
    correct = int((answers.argmax(1) == digits.labels[test]).sum())
    assert abs(correct - trained.summary["test_correct"]) <= 2, "bfloat16 may have tipped one or two"


def test_any_size_and_colour_is_brought_to_the_models(trained, workspace, digits):
    answerer = predictor.load(trained, workspace)
    image = digits.image(0)
    large = np.repeat(np.repeat(np.repeat(image, 9, 0), 9, 1), 3, 2)
    assert answerer.seen(large).shape == (8, 8, 1)
    assert np.abs(answerer.seen(large).astype(int) - image).mean() < 30  # antialiasing blends neighbours
    assert answerer.predict([large]).argmax() == answerer.predict([image]).argmax()
    assert np.array_equal(answerer.seen(image), image)


def test_nothing_to_answer(trained, workspace):
    assert predictor.load(trained, workspace).predict([]).shape == (0, 10)


def drawn_seven() -> np.ndarray:
    sheet = Image.new("L", (400, 300), 255)
    ImageDraw.Draw(sheet).line([(250, 60), (330, 60), (280, 180)], fill=0, width=12, joint="curve")
    return np.array(sheet)


def test_a_drawing_takes_the_look_of_the_data_set(trained, workspace, digits):
    look = drawing_style_of(digits)
    image, drawing = predictor.from_drawing(drawn_seven(), look)
    assert drawing.signs == 1 and not drawing.left_out
    assert image.shape == (8, 8, 1) and image.max() > 150 and image[0].max() > 0
    assert predictor.load(trained, workspace).predict([image]).argmax() == 7
    plain = plain_resize(drawn_seven(), look.size)[:, :, None]
    assert plain.shape == (8, 8, 1) and not np.array_equal(plain, image)


def test_an_empty_sheet_is_a_sentence(digits):
    with pytest.raises(Problem, match="There is no ink"):
        predictor.from_drawing(np.full((50, 50), 255, np.uint8), drawing_style_of(digits))


def test_several_signs_are_not_guessed_at(digits):
    style, both = drawing_style_of(digits), np.hstack([drawn_seven()] * 2)
    with pytest.raises(BadInput, match=r"There are 2 signs on this picture.*--one-sign"):
        predictor.from_drawing(both, style)
    assert predictor.from_drawing(both, style, one_sign=True)[0].shape == (8, 8, 1)


def test_without_a_checkpoint_it_says_so(lab, trained):
    run = lab.store.add(trained.config, state="paused")
    with pytest.raises(Problem, match="no checkpoint"):
        predictor.load(run, lab.workspace)


def test_an_answer_that_is_no_number_is_a_sentence_that_names_the_run(trained, workspace, digits):
    answerer = predictor.load(trained, workspace)
    for parameter in answerer.model.parameters():
        parameter.data.fill_(3e38)
    with pytest.raises(Problem, match=r"no answer from “trained”: .*lower learning rate"):
        answerer.predict([digits.image(0)])
