"""Who is right, and where anybody is wrong."""

import numpy as np

from core.insight.answers import right, wrong_places

TRUE = np.array([0, 1, 1])
ONE = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], np.float32)
OTHER = np.array([[0.4, 0.6], [0.2, 0.8], [0.1, 0.9]], np.float32)


def test_the_likeliest_class_counts() -> None:
    assert right(ONE, TRUE).tolist() == [True, True, False]


def test_an_image_that_any_model_gets_wrong_is_listed() -> None:
    assert wrong_places([ONE, OTHER], TRUE).tolist() == [0, 2]
    assert wrong_places([ONE], TRUE).tolist() == [2]
