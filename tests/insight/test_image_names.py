"""One image is told in the same words wherever it stands: as the list of edits has it."""

from core.insight.image_names import image_name, image_number
from core.prepared.arrays import Prepared


def test_a_number_is_that_of_its_own_split_and_a_file_stands_beside_it(digits):
    first = digits.meta.splits["train"]
    assert image_name(digits, first + 14) == "Test, image 14"
    named = Prepared(digits.folder)
    named.files = [f"train/{place}.png" for place in range(digits.meta.count)]
    assert image_name(named, 3) == "Training, image 3, train/3.png"
    assert image_number(named, 3) == "Training, image 3"


def test_validation_images_of_a_set_without_test_images_are_the_test_images(digits):
    other = Prepared(digits.folder)
    other.meta = digits.meta.model_copy(update={"splits": {"train": 1000, "val": 797}})
    assert image_name(other, 1002) == "Test, image 2"
