"""Upload a picture, of a drawing or of a thing, and see every chosen model's answer."""

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.inference import photo
from core.locale import _
from core.runs.lab import Lab
from core.runs.store import Run
from core.sandbox.image_formats import IMAGE_ENDINGS
from pages.components import frame
from pages.components.image_grid import Cell, one_picture
from pages.components.linked_select import linked_select
from pages.components.own_images import teach
from pages.predict.answer import bar_order_select, show_answers
from pages.predict.drawing import plain_resize_toggle, show_drawing_answers
from pages.predict.looked_at import looked_at
from pages.predict.reading import answers_to_images, drawable, fitted_images, levels_of, taken_for_drawing
from pages.predict.watched import watch_button

DRAWN, PHOTO = "drawing", "photo"  # kinds of pictures
KINDS = [ending.removeprefix(".") for ending in IMAGE_ENDINGS]
DECIDED = "picture_decided"  # in the session: the upload for which the kind was chosen by its size
MAX_UPLOAD_MB = 64  # MB; no larger picture is read


@st.fragment
@frame.show_problems()
def upload_tab(lab: Lab, runs: Sequence[Run]) -> None:
    photo.get_ready()
    upload = st.file_uploader(_("Picture"), type=KINDS, max_upload_size=MAX_UPLOAD_MB)
    able = [run for run in runs if drawable(lab, run)]
    image = reading = None
    if upload is not None:
        ranges = {levels_of(lab, run) for run in runs}
        levels = ranges.pop() if len(ranges) == 1 else None  # models of sets that disagree get the picture's own range
        reading = photo.read_picture(upload.getvalue(), upload.name, levels)
        image = reading.pixels
    if able and upload is not None and image is not None and st.session_state.get(DECIDED) != upload.file_id:
        st.session_state[DECIDED] = upload.file_id
        st.session_state["picture_kind"] = DRAWN if any(taken_for_drawing(lab, run, image) for run in able) else PHOTO
    kind = PHOTO
    if able:
        kind = linked_select(
            _("It is"),
            [DRAWN, PHOTO],
            "picture_kind",
            title=kind_title,
            help=_(
                "A drawing is brought to the form of the training images: its ink is found, scaled and centred. "
                "A photograph is only scaled and cropped."
            ),
        )
    if upload is None or image is None:
        st.caption(_("Choose a picture from this device. It is answered, and kept only if you say so."))
        return
    original = upload.getvalue(), PurePath(upload.name).suffix
    shown, words = st.columns([1, 2], gap="large")
    with shown:
        one_picture(Cell(image, upload.name, _("The uploaded picture {name:name}", name=upload.name)), width=200)
        if reading and reading.words:
            st.caption(reading.words)
    with words:
        said = st.container()  # the answer stands above its settings
        order = bar_order_select()
        plain_resize = kind == DRAWN and plain_resize_toggle()
        with said:
            if kind == PHOTO:
                show_photo_answers(lab, runs, image, order, original)
                return
            if len(able) < len(runs):
                st.caption(_("Only models of drawings answer here. Say that it is a photograph to ask the others."))
            show_drawing_answers(lab, able, image, order, plain_resize, shown, original)


def show_photo_answers(
    lab: Lab, runs: Sequence[Run], image: np.ndarray, order: str, original: tuple[bytes, str]
) -> None:  # fmt: skip
    """The answers to a photograph, on the ground that the training images have, and how else it is unlike them."""
    images = fitted_images(lab, runs, image, turn=True)
    if any(one.opposite for one in images.values()):
        turn = st.toggle(_("Turn light and dark round"), value=True, key="turn_ground")
        st.caption(
            _(
                "The ground of this picture is light where that of the training images is dark, or the other way "
                "round: a model knows its own ground alone. What the model saw stands beside its answer."
            )
        )
        if not turn:
            images = fitted_images(lab, runs, image, turn=False)
    for words in dict.fromkeys(words for one in images.values() for words in one.differences):
        st.caption(words)
    show_answers(answers_to_images(lab, runs, images), order, "upload")
    shown = {DataSource.of(run.config.data): images[run.id].image for run in runs}
    with st.container(horizontal=True, vertical_alignment="center"):
        teach(lab, shown, "upload", original)
        watch_button(lab, shown, "upload")
    looked_at(lab, [(run, images[run.id].image) for run in runs], "upload")


def kind_title(kind: str) -> str:
    return _("A photograph") if kind == PHOTO else _("A drawing or a scan")
