"""The training images that are nearest to an image by what the last layer sees."""

import numpy as np
import streamlit as st

from core.insight.image_names import image_number
from core.insight.nearest import nearest
from core.locale import _
from pages.components.image_grid import Cell, image_grid
from pages.inspect.inspected import Inspected
from pages.inspect.kept_answers import features_or_controls

TRAINING = "train"
NEAREST = 8  # images
NO_IMAGE = -1  # of the training images
SHOWN = "nearest_shown"  # in the link


def nearest_images(inspected: Inspected, place: int, index: int) -> None:
    """Below an opened image, which is at a place in its part and at an index in the data set; worked out when asked."""
    on = st.toggle(_("The nearest training images"), key=SHOWN, bind="query-params",
                   help=_("By what the last layer sees of them: why the model answers as it does, and whether a label "
                          "is wrong."))  # fmt: skip
    if not on:
        return
    own = features_or_controls(inspected, inspected.run, inspected.asked)
    training = own and (
        own if inspected.split == TRAINING else features_or_controls(inspected, inspected.run, TRAINING)
    )
    if not own or not training:
        return
    prepared = inspected.prepared_of(inspected.run)
    itself = NO_IMAGE if inspected.other else index
    found = nearest(own.rows["features"][place].astype(np.float32), itself, training, NEAREST)
    classes = prepared.meta.classes
    cells = []
    for near, distance in zip(found.indices.tolist(), found.distances.tolist(), strict=True):
        name = classes[int(prepared.labels[near])]
        alt = _("{image}, which is {true:name}, at a distance of {distance:.2f}",
                image=image_number(prepared, near), true=name, distance=distance)  # fmt: skip
        caption = _("{true}, at {distance:.2f}", true=name, distance=distance)
        cells.append(Cell(prepared.image(near), caption, alt, None, prepared.file(near)))
    image_grid(cells, width=84, label=_("The nearest training images"), key="nearest")
    same = int(np.sum(prepared.labels[found.indices] == inspected.prepared.labels[index]))
    st.caption(
        _(
            "{same} of {many} are of its class. The smaller the distance, the more alike the model finds the two "
            "images.",
            same=same,
            many=len(cells),
        )
    )
