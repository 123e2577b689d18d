"""From a picture to the answers of the chosen models. What reads drawings is imported when there is one: it brings
scipy and scikit-image along, and the empty sheet should not wait for them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.charts.style import run_marks
from core.datasets.source import DataSource
from core.inference.known_style import learnt_drawings
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.arrays import Meta, Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from core.sandbox.levels import Levels
from pages.components.model_cache import predictor
from pages.predict.answer import Answer

if TYPE_CHECKING:
    from core.datasets.drawing_style import DrawingStyle
    from core.inference.image_style import Fitted, ImageStyle
    from core.inference.ink import Drawing


def drawable(lab: Lab, run: Run) -> bool:
    """Whether a drawing makes sense to this model."""
    return learnt_drawings(run, lab.workspace)


def training_meta(lab: Lab, run: Run) -> Meta | None:
    """What is known of a model's training images, if they are prepared."""
    prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
    return None if prepared is None else prepared.meta


def taken_for_drawing(lab: Lab, run: Run, image: np.ndarray) -> bool:
    """Whether a picture (H, W, C) is read as a drawing by this model unless a person says otherwise."""
    from core.inference.predictor import is_drawing

    meta = training_meta(lab, run)
    return meta is None or is_drawing(image, meta)


def levels_of(lab: Lab, run: Run) -> Levels | None:
    """What is black and white in this model's training images, where these have more than 8 bits."""
    meta = training_meta(lab, run)
    return None if meta is None else meta.levels


def fitted_images(lab: Lab, runs: Sequence[Run], image: np.ndarray, turn: bool) -> "dict[str, Fitted]":
    """A picture (H, W, C) uint8 as it is shown to each model, by the run's id: on the ground that its training images
    have, if `turn` says so. It is shown as it is where the training images are not at hand."""
    from core.inference.image_style import Fitted, fitted
    from core.inference.pictures import STYLE_GONE

    found = {}
    for run in runs:
        prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
        if prepared is None:
            strokes = predictor(lab, run).meta.drawable and not drawable(lab, run)
            found[run.id] = Fitted(image, False, False, [translate(STYLE_GONE)] if strokes else [])
        else:
            style = cached_image_style(str(prepared.folder), prepared.meta.fingerprint)
            found[run.id] = fitted(image, style, prepared.meta.channels, turn)
    return found


def answers_to_images(lab: Lab, runs: Sequence[Run], images: "Mapping[str, Fitted]") -> list[Answer]:
    """Each model's answer to the picture that is shown to it, merely scaled and cropped."""
    return run_models(lab, [(run, images[run.id].image) for run in runs])


def drawings_on(lab: Lab, runs: Sequence[Run], picture: np.ndarray) -> "dict[DataSource, Drawing]":
    """What a picture (H, W, C) shows to the models of each data set; models of one set share it."""
    from core.inference.enlarged import drawing_on

    return {
        source: drawing_on(picture, training_style(lab, source))
        for source in dict.fromkeys(DataSource.of(run.config.data) for run in runs)
    }


def unlike_drawings(lab: Lab, drawings: "dict[DataSource, Drawing]") -> list[str]:
    """In sentences, that what was found is no drawing such as the models have learnt."""
    from core.inference.likeness import unlike_strokes

    told = [unlike_strokes(found, training_style(lab, source)) for source, found in drawings.items()]
    return [words for words in dict.fromkeys(told) if words]


def drawing_forms(lab: Lab, drawings: "dict[DataSource, Drawing]") -> dict[DataSource, np.ndarray | None]:
    """What was found for each data set, brought to the form of its images: (H, W) uint8; None without any ink."""
    from core.inference import drawing

    return {source: drawing.to_input(found.ink, training_style(lab, source)) for source, found in drawings.items()}


def answers_to_plain_resize(lab: Lab, runs: Sequence[Run], picture: np.ndarray) -> list[Answer]:
    """Each model's answer to a drawing that is merely shrunk."""
    from core.inference import drawing

    forms = {}
    for source in dict.fromkeys(DataSource.of(run.config.data) for run in runs):
        style = training_style(lab, source)
        forms[source] = drawing.plain_resize(picture, style.size, light_on_dark=style.light_on_dark)
    return run_models(lab, with_forms(runs, forms))


def with_forms(
    runs: Sequence[Run], forms: Mapping[DataSource, np.ndarray | None]
) -> list[tuple[Run, np.ndarray]]:  # fmt: skip
    """Each run with the image (H, W, 1) of its data set; runs without one are left out."""
    asked = [(run, forms[DataSource.of(run.config.data)]) for run in runs]
    return [(run, image[..., None]) for run, image in asked if image is not None]


def training_style(lab: Lab, source: DataSource) -> "DrawingStyle":
    """How the training images of a data set are drawn."""
    prepared = prepare.find(source, lab.workspace)
    if prepared is None:
        from core.inference.known_style import kept_style

        of_runs = (kept_style(run.id, lab.workspace) for run in lab.runs() if DataSource.of(run.config.data) == source)
        if found := next(filter(None, of_runs), None):
            return found
        prepared = prepare.require(source, lab.workspace)
    with st.spinner(_("Measuring how the training images were drawn")):
        return cached_drawing_style(str(prepared.folder), prepared.meta.fingerprint)


@st.cache_resource(max_entries=32, show_spinner=False)
def cached_drawing_style(folder: str, fingerprint: str) -> "DrawingStyle":
    from core.inference import drawing_style

    return drawing_style.drawing_style_of(Prepared(Path(folder)))


@st.cache_resource(max_entries=32, show_spinner=False)
def cached_image_style(folder: str, fingerprint: str) -> "ImageStyle":
    from core.inference import image_style

    return image_style.image_style_of(Prepared(Path(folder)))


def run_models(lab: Lab, asked: Sequence[tuple[Run, np.ndarray]]) -> list[Answer]:
    """The answer of each run to the image (H, W, C) uint8 that it is given."""
    marks = run_marks([run.id for run, _image in asked], lab.store.ids())
    found = []
    for run, image in asked:
        model = predictor(lab, run)
        shares = model.predict([image])[0].tolist()
        seen = model.seen(image)
        found.append(Answer(run.name, marks[run.id].colour, model.classes, shares, seen, model.confidence))
    return found
