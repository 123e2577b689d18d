"""What is typed as another class is the class that is meant."""

import pytest

from pages.components.editing import class_meant

CLASSES = ("circle", "cross", "Square", "3", "31")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("circle", "circle"),
        ("squ", "Square"),
        (" SQUARE ", "Square"),
        ("c", "c"),  # of two
        ("3", "3"),  # the name itself, though another one begins so
        ("31", "31"),
        ("star", "star"),  # a new one
    ],
)
def test_the_beginning_of_one_name_is_that_class(typed, meant):
    assert class_meant(typed, CLASSES) == meant
