"""An image of a data set with a model's answer."""

from core import formatting
from core.insight.image_names import image_number
from core.locale import _
from core.prepared.arrays import Prepared
from pages.components.image_grid import Cell


def answered_image(prepared: Prepared, index: int, answer: int, probability: float) -> Cell:
    """The image at an index, taken for the class `answer` with a probability; a wrong one also says what it is."""
    classes, true = prepared.meta.classes, int(prepared.labels[index])
    sure = formatting.percent(probability, 0)
    good = true == answer
    values = {"image": image_number(prepared, index), "true": classes[true], "answer": classes[answer], "sure": sure}
    if good:
        caption = f"{classes[answer]}, {sure}"
        alt = _("{image}, which is {true:name}, classified correctly as {answer:name}", **values)
    else:
        caption = _("{answer}, {sure}; is {true}", **values)
        alt = _("{image}, which is {true:name}, classified incorrectly as {answer:name}", **values)
    return Cell(prepared.image(index), caption, alt, good, prepared.file(index))
