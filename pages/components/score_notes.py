"""What belongs beside an accuracy: how certain it is, what guessing would give, and why it says little. What the images
say of it is worked out once: a click on a page would wait for it each time."""

from dataclasses import replace

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.files.atomic import file_identity
from core.insight import data_doubts
from core.insight.data_doubts import DataDoubts
from core.prepared.arrays import Prepared
from core.prepared.cache_entry import CacheEntry
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.verdict import Measured
from pages.components.markdown import escape_markdown


def show_score_notes(measured: Measured) -> None:
    if measured.beside:
        st.caption(". ".join(map(escape_markdown, measured.beside)))
    for words in measured.doubts:
        st.warning(escape_markdown(words), icon=":material/warning:")


def with_data_doubts(measured: Measured, run: Run, split: str, lab: Lab) -> Measured:
    """The same counts with those of images of which the run's own data set says something against the score."""
    state = images_state(run, lab)
    return cached_doubts(run, lab, str(lab.workspace.home), run.id, split, state).added_to(measured)


def images_state(run: Run, lab: Lab) -> str:
    """Changes with a run's images, and once somebody has searched them for near copies."""
    folder = CacheEntry(DataSource.of(run.config.data), lab.workspace).folder
    return " ".join(map(file_identity, [folder / "meta.json", *folder.glob("suspects-copies-*.npy")]))


@st.cache_resource(max_entries=256, show_spinner=False)
def cached_doubts(_run: Run, _lab: Lab, home: str, run: str, split: str, state: str) -> DataDoubts:
    return data_doubts.data_doubts(_run, split, _lab.workspace)


def with_other_copies(measured: Measured, run: Run, other: Prepared, images: np.ndarray, lab: Lab) -> Measured:
    """The same for images of another set: how many of them the run learned from."""
    home, state = str(lab.workspace.home), images_state(run, lab)
    copies = cached_copies(run, lab, other, images, home, run.id, state, other.meta.fingerprint)
    return replace(measured, copies=copies or 0)


@st.cache_resource(max_entries=64, show_spinner=False)
def cached_copies(
    _run: Run, _lab: Lab, _other: Prepared, _images: np.ndarray, home: str, run: str, state: str, fingerprint: str
) -> int | None:
    return data_doubts.copies_in_training(_run, _other, _images, _lab.workspace)
