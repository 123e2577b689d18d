"""Trained models in the server's memory, loaded once and shared by all sessions; never changed."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.files.atomic import file_identity
from core.locale import _, ngettext
from core.prepared.arrays import Prepared
from core.runs.confidence import confidence_file
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components.markdown import escape_markdown

if TYPE_CHECKING:
    from core.inference.predictor import Predictor

IMAGES_AT_ONCE = 500  # images between two movements of the progress bar


def loading_text() -> str:
    """What a spinner says: the first computation in a server waits for PyTorch."""
    if "torch" in sys.modules:
        return _("One moment")
    return _("Warming up: PyTorch is being loaded, which takes a few seconds")


def predictor(lab: Lab, run: Run, which: str = "last") -> "Predictor":
    """The run's newest weights, or those of its best epoch. `Problem` if they cannot be read, or the run was deleted
    meanwhile."""
    if not (version := lab.files.checkpoint_version(run.id, which)):
        lab.store.get(run.id)
    confidence = confidence_version(lab, run, which)
    with st.spinner(loading_text()):
        return cached_predictor(lab, run, run.id, which, str(lab.workspace.home), version, confidence)


def confidence_version(lab: Lab, run: Run, which: str = "last") -> str:
    """Changes with how the run's probabilities are given."""
    return file_identity(confidence_file(lab.files.checkpoint(run.id, which)))


@st.cache_resource(max_entries=8, show_spinner=False)
def cached_predictor(
    _lab: Lab, _run: Run, run: str, which: str, home: str, version: str, confidence: str
) -> "Predictor":  # fmt: skip
    from core.inference.predictor import load

    return load(_run, _lab.workspace, which)


def predict_images(lab: Lab, run: Run, prepared: Prepared, indices: Sequence[int]) -> np.ndarray:
    """(len(indices), classes) probabilities for images of a data set; each image is answered once per checkpoint."""
    version = lab.files.checkpoint_version(run.id) + confidence_version(lab, run)
    known = prediction_cache(run.id, version, prepared.meta.fingerprint)
    missing = [index for index in indices if index not in known]
    if missing:
        model = predictor(lab, run)
        text = ngettext(
            "{run:name} looks at {n:count} image",
            "{run:name} looks at {n:count} images",
            len(missing),
            run=escape_markdown(run.name),
        )
        bar = st.progress(0.0, text=text)
        for start in range(0, len(missing), IMAGES_AT_ONCE):
            part = missing[start : start + IMAGES_AT_ONCE]
            known.update(zip(part, model.predict([prepared.image(index) for index in part]), strict=True))
            bar.progress((start + len(part)) / len(missing))
        bar.empty()
    return np.stack([known[index] for index in indices])


@st.cache_resource(max_entries=16, show_spinner=False)
def prediction_cache(run: str, version: str, fingerprint: str) -> dict[int, np.ndarray]:
    """Image → probabilities, as far as `predict_images` has computed them."""
    return {}
