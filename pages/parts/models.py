"""Trained models in the server's memory, loaded once and shared by all sessions; never changed."""

import sys
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core import wording
from core.data.prepared import Prepared
from core.runs.launch import Lab
from core.runs.store import Run

if TYPE_CHECKING:
    from core.inference.predictor import Predictor

CHUNK = 500  # images between two movements of the progress bar


def warming_up() -> str:
    """What a spinner says: the first computation in a server waits for PyTorch."""
    return (
        "One moment"
        if "torch" in sys.modules
        else "Warming up: PyTorch is being loaded, which takes a few seconds"
    )


def predictor(lab: Lab, run: Run) -> "Predictor":
    """The run's newest weights. `Problem` if they cannot be read."""
    with st.spinner(warming_up()):
        return loaded(lab, run.id, str(lab.places.home), stamp(lab, run))


def stamp(lab: Lab, run: Run) -> str:
    """Changes with every checkpoint of the run."""
    try:
        return str((lab.places.run(run.id) / "last.pt").stat().st_mtime_ns)
    except OSError:  # deleted a moment ago; loading will say so
        return ""


@st.cache_resource(max_entries=8, show_spinner=False)
def loaded(_lab: Lab, run: str, home: str, stamp: str) -> "Predictor":
    from core.inference.predictor import load

    return load(run, _lab.places)


def answers(lab: Lab, run: Run, prepared: Prepared, split: str) -> np.ndarray:
    """(N, classes) probabilities for every image of a split, worked out once per checkpoint."""
    known = held(run.id, stamp(lab, run), prepared.meta.fingerprint, split)
    if "answers" not in known:
        model, indices = predictor(lab, run), prepared.indices(split)
        bar = st.progress(0.0, text=f"{run.name} looks at {wording.count(len(indices))} images")
        parts = []
        for start in range(0, len(indices), CHUNK):
            parts.append(model.predict([prepared.image(int(i)) for i in indices[start : start + CHUNK]]))
            bar.progress(min(1.0, (start + CHUNK) / len(indices)))
        bar.empty()
        known["answers"] = np.concatenate(parts)
    return known["answers"]


@st.cache_resource(max_entries=32, show_spinner=False)
def held(run: str, stamp: str, fingerprint: str, split: str) -> dict[str, np.ndarray]:
    """A place that `answers` fills once."""
    return {}
