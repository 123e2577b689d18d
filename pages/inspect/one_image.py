"""One image of the split, by its number in the data set's own split, or a drawing; the link holds its place in the data
set, as for all sections."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.errors import Problem
from core.insight.image_names import image_name
from core.loading.split import by_name, parts
from core.locale import _
from core.prepared.drawable import is_drawable
from core.runs.store import Run
from pages.components.kept_drawing import kept_drawing
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown
from pages.components.page_list import PREDICT
from pages.inspect.image_list import OPENED, asked_image
from pages.inspect.inspected import Inspected

NUMBER = "image-number"  # in the session: the number in the box
SPLIT, DRAWING = "split", "drawing"  # where the image is from


def images_of(inspected: Inspected) -> np.ndarray:
    """Places in the data set of the images of the chosen split, as the first run divides it."""
    if inspected.other:
        return np.flatnonzero(np.asarray(inspected.prepared.labels) >= 0)
    data, prepared = inspected.run.config.data, inspected.prepared
    divided = parts(prepared, data.validation, data.limit, inspected.run.config.training.seed)
    return by_name(prepared, divided)[inspected.split]


def choose_image(inspected: Inspected) -> int:
    """A number and two buttons; returns the image's place in the data set."""
    prepared, images = inspected.prepared, images_of(inspected)
    asked = asked_image(prepared)
    found = np.flatnonzero(images == (-1 if asked is None else asked))
    place = int(found[0]) if len(found) else 0
    index = int(images[place])
    # Numbers are told as everywhere: within a split of the set. Images of several splits are reached by the buttons.
    start = index - prepared.address(index)[1]
    here = images[np.isin(images, prepared.indices(prepared.address(index)[0]))] - start
    st.session_state[NUMBER] = index - start  # the link is the truth: another section may have opened an image

    def typed() -> None:
        nearest = np.abs(here - st.session_state[NUMBER]).argmin()  # not every image of the split is in the part
        st.query_params[OPENED] = str(here[nearest] + start)

    def go(to: int) -> None:
        st.query_params[OPENED] = str(images[to])

    with st.container(horizontal=True, vertical_alignment="bottom", key="image-choice"):
        low, high = int(here[0]), int(here[-1])
        st.number_input(
            _("Image no."), low, high, key=NUMBER, on_change=typed, width=120,
            help=_("From {first:count} to {last:count}, as the lists of edits count them.", first=low, last=high),
        )  # fmt: skip
        st.button(_("Previous"), icon=":material/arrow_back:", key="image-before", disabled=place == 0, on_click=go,
                  args=(place - 1,))  # fmt: skip
        st.button(_("Next"), icon=":material/arrow_forward:", key="image-after", disabled=place == len(images) - 1,
                  on_click=go, args=(place + 1,))  # fmt: skip
        true = prepared.meta.classes[prepared.labels[index]]
        name = image_name(prepared, index)
        st.caption(escape_markdown(_("{image}. It is {true:name}.", image=name, true=true)), width="content")
    return index


def choose_picture(inspected: Inspected) -> Callable[[Run], np.ndarray | None]:
    """An image of the split or, for models that can be asked by drawing, the drawing of this session. Returns what
    gives it to a run, (H, W, 1 or 3) uint8; None to one that the drawing is not for."""
    drawing = kept_drawing()
    able = {
        run.id for run in inspected.runs if is_drawable(DataSource.of(run.config.data), inspected.lab.workspace)
    }  # fmt: skip
    if drawing is not None and able:
        source = linked_select(_("Image from"), [SPLIT, DRAWING], "image_from", title=source_title)
        if source == DRAWING:
            return lambda run: drawn(inspected, run, drawing) if run.id in able else None
    index = choose_image(inspected)
    if able and drawing is None:
        st.page_link(PREDICT.file, label=_("Draw one yourself"), icon=PREDICT.icon)
    return lambda run: inspected.prepared.image(index)


def source_title(source: str) -> str:
    return _("Your drawing") if source == DRAWING else _("The split")


def drawn(inspected: Inspected, run: Run, picture: np.ndarray) -> np.ndarray | None:
    """The drawing in the form of a run's training images; None, with a sentence, where there is none in it."""
    from core.inference.drawing_style import drawing_style_of
    from core.inference.predictor import from_drawing

    try:
        image, _found = from_drawing(picture, drawing_style_of(inspected.prepared_of(run)), one_sign=True)
    except Problem as problem:
        st.warning(f"{escape_markdown(run.name)}: {escape_markdown(str(problem))}")
        return None
    return image
