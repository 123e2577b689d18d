"""Draw a digit, or whatever the data set has, and see every chosen model's answer after each stroke."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.locale import _
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import frame
from pages.components.image_grid import Cell, one_picture
from pages.components.own_images import teach
from pages.components.page_list import TRAIN
from pages.predict import canvas
from pages.predict.answer import Answer, bar_order_select, brief_answers, show_answers
from pages.predict.looked_at import looked_at
from pages.predict.reading import (
    answers_to_plain_resize,
    drawable,
    drawing_forms,
    drawings_on,
    run_models,
    unlike_drawings,
    with_forms,
)
from pages.predict.watched import watch_button

if TYPE_CHECKING:
    from core.inference.ink import Drawing

LEFT_OUT_WIDTH_PX = 200  # pixels


def draw_tab(lab: Lab, runs: Sequence[Run]) -> None:
    able = [run for run in runs if drawable(lab, run)]
    if not able:
        st.info(
            _(
                "These models know photographs or clothes, which a pen cannot draw well enough to be recognised. "
                "Upload a picture, or try images of the data set."
            ),
            icon=":material/image_search:",
        )
        return
    if len(able) < len(runs):
        st.caption(_("Models of photographs or clothes are left out here: a pen cannot draw what they know."))
    canvas_and_answers(lab, able)
    if any(run.config.data.name == "digits" for run in able):
        st.caption(_("Eight by eight pixels hold little of a drawing; a model that learns MNIST reads it far better."))
        st.page_link(
            TRAIN.file,
            label=_("Train on MNIST"),
            icon=":material/model_training:",
            query_params={"recipe": "mnist-fast"},
        )


@st.fragment
@frame.show_problems()
def canvas_and_answers(lab: Lab, runs: Sequence[Run]) -> None:
    """A stroke reruns this part of the page alone."""
    paper, words = st.columns([1, 2], gap="large")
    with paper:
        above = st.empty()
        picture = canvas.drawing_canvas()
        below = st.container()
    with above:
        brief_answers([(run.name, "") for run in runs])
    with words:
        if picture is None:
            st.markdown(
                _(
                    "**The sheet is empty.** Draw with a mouse, a pen or a finger. Size, place and pen do not matter: "
                    "the drawing is brought to the form that the training images have. Without a pointer, upload a "
                    "picture instead."
                )
            )
            return
        said = st.container()  # the answer stands above its settings
        order, plain_resize = bar_order_select(), plain_resize_toggle()
        with said:
            answers = show_drawing_answers(lab, runs, picture, order, plain_resize, below)
    if answers:
        with above:
            brief_answers([(answer.model, answer.words) for answer in answers])


def plain_resize_toggle() -> bool:
    shown = st.toggle(_("Show a plain resize as well"), key="plainly", bind="query-params")
    st.caption(
        _(
            "A drawing is first given the size, place and stroke of the training images. A plain resize only shrinks "
            "it: its strokes may be too thin or off the middle, unlike anything the model was trained on."
        )
    )
    return shown


def show_drawing_answers(
    lab: Lab, runs: Sequence[Run], picture: np.ndarray, order: str, plain_resize: bool, below: DeltaGenerator,
    original: tuple[bytes, str] | None = None,
) -> list[Answer]:  # fmt: skip
    """The answers to a drawing in the data set's form and, if asked for, to the same merely shrunk; `below` the picture
    stands what was left out of it. `original` is the file that it came in, and its ending. Returns the first; none
    where nothing could be answered."""
    drawings = drawings_on(lab, runs, picture)
    signs = max(drawing.signs for drawing in drawings.values())
    if not signs:
        st.info(_("There is no ink in this picture. Draw or upload something darker or larger."))
        return []
    if signs > 1 and not one_sign_toggle(signs):
        return []
    if plain_resize:
        st.markdown(_("**In the form of the training images**"))
    for words in unlike_drawings(lab, drawings):
        st.warning(words, icon=":material/gesture:")
    forms = drawing_forms(lab, drawings)
    answers = run_models(lab, with_forms(runs, forms))
    show_answers(answers, order, "drawing")
    images = {source: form[..., None] for source, form in forms.items() if form is not None}
    with st.container(horizontal=True, vertical_alignment="center"):
        teach(lab, images, "drawing", original)
        watch_button(lab, images, "drawing")
    with below:
        show_left_out(picture, list(drawings.values()))
    if plain_resize:
        st.markdown(_("**After a plain resize**"))
        show_answers(answers_to_plain_resize(lab, runs, picture), order, "drawing_plain")
    looked_at(lab, with_forms(runs, forms), "drawing")
    return answers


def one_sign_toggle(signs: int) -> bool:
    """Say that there are several signs; whether a person says that they are one."""
    said = st.container()
    one = st.toggle(_("They are parts of one sign"), key="one_sign")
    if not one:
        said.info(
            _(
                "Here are {signs:count} signs, and a model answers one at a time. Draw or cut out one of them.",
                signs=signs,
            ),
            icon=":material/filter_2:",
        )
    return one


def show_left_out(picture: np.ndarray, drawings: "Sequence[Drawing]") -> None:
    """The lines that were not taken for the drawing, in colour on the picture."""
    from core.inference.drawing import with_left_out

    drawing = max(drawings, key=lambda drawing: len(drawing.left_out))
    if drawing.left_out:
        words = _("Left out, in orange: {what}.", what=drawing.left_out_in_words())
        one_picture(Cell(with_left_out(picture, drawing), words, words), width=LEFT_OUT_WIDTH_PX)
