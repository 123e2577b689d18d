"""From a picture to the answers of the chosen models. What reads drawings is imported when there is one: it brings
scipy and scikit-image along, and the empty sheet should not wait for them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.charts.style import run_marks
from core.datasets.source import DataSource
from core.locale import _
from core.prepared import prepare
from core.prepared.arrays import Meta, Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components.model_cache import predictor
from pages.predict.answer import Answer

if TYPE_CHECKING:
    from core.inference.drawing_style import DrawingStyle


def drawable(lab: Lab, run: Run) -> bool:
    """Whether a drawing makes sense to this model."""
    return prepare.is_drawable(DataSource.of(run.config.data), lab.workspace)


def training_meta(lab: Lab, run: Run) -> Meta | None:
    """What is known of a model's training images, if they are prepared."""
    prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
    return None if prepared is None else prepared.meta


def taken_for_drawing(lab: Lab, run: Run, image: np.ndarray) -> bool:
    """Whether a picture (H, W, C) is read as a drawing by this model unless a person says otherwise."""
    from core.inference.predictor import is_drawing

    meta = training_meta(lab, run)
    return meta is None or is_drawing(image, meta)


def white_level(lab: Lab, run: Run) -> int | None:
    """The level that is white in this model's training images, where these have more than 8 bits."""
    meta = training_meta(lab, run)
    return None if meta is None else meta.white


def answers_to_image(lab: Lab, runs: Sequence[Run], image: np.ndarray) -> list[Answer]:
    """Each model's answer to a picture (H, W, C) uint8, merely scaled and cropped."""
    return run_models(lab, [(run, image) for run in runs])


def answers_to_drawing(lab: Lab, runs: Sequence[Run], picture: np.ndarray, plain_resize: bool = False) -> list[Answer]:
    """Each model's answer to a drawing, brought to its data set's form, or merely shrunk; none without any ink."""
    sets = [DataSource.of(run.config.data) for run in runs]
    forms = {
        one: to_training_style(lab, one, picture, plain_resize) for one in dict.fromkeys(sets)
    }  # models of one set share it
    asked = [(run, forms[one]) for run, one in zip(runs, sets, strict=True)]
    return run_models(lab, [(run, image) for run, image in asked if image is not None])


def to_training_style(lab: Lab, source: DataSource, picture: np.ndarray, plain_resize: bool) -> np.ndarray | None:
    """The drawing as an image (H, W, 1) of a data set."""
    from core.inference import drawing

    prepared = prepare.require(source, lab.workspace)
    small: np.ndarray | None
    with st.spinner(_("Measuring how the training images were drawn")):
        style = cached_drawing_style(str(prepared.folder), prepared.meta.fingerprint)
    if plain_resize:
        small = drawing.plain_resize(picture, style.size, light_on_dark=style.light_on_dark)
    else:
        small = drawing.to_input(drawing.read_drawing(picture), style)
    return None if small is None else small[..., None]


@st.cache_resource(max_entries=32, show_spinner=False)
def cached_drawing_style(folder: str, fingerprint: str) -> "DrawingStyle":
    from core.inference import drawing_style

    return drawing_style.drawing_style_of(Prepared(Path(folder)))


def run_models(lab: Lab, asked: Sequence[tuple[Run, np.ndarray]]) -> list[Answer]:
    """The answer of each run to the image (H, W, C) uint8 that it is given."""
    marks = run_marks([run.id for run, _image in asked], lab.store.ids())
    found = []
    for run, image in asked:
        model = predictor(lab, run)
        shares = model.predict([image])[0].tolist()
        found.append(Answer(run.name, marks[run.id].colour, model.classes, shares, model.seen(image)))
    return found
