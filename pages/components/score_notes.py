"""What belongs beside an accuracy: how certain it is, what guessing would give, and why it says little. What the images
say of it is worked out once: a click on a page would wait for it each time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.files.atomic import file_identity
from core.insight import data_doubts
from core.insight.data_doubts import DataDoubts
from core.locale import _
from core.prepared.arrays import Prepared
from core.prepared.cache_entry import CacheEntry
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.verdict import Measured
from pages.components.markdown import escape_markdown

MAX_KEPT = 256  # parts of runs


def show_score_notes(measured: Measured) -> None:
    if measured.beside:
        st.caption(". ".join(map(escape_markdown, measured.beside)))
    for words in measured.doubts:
        st.warning(escape_markdown(words), icon=":material/warning:")


def with_data_doubts(measured: Measured, run: Run, split: str, lab: Lab) -> Measured:
    """The same counts with those of images of which the run's own data set says something against the score."""
    kept, at = kept_doubts(), images_state(run, split, lab)
    if at not in kept:
        if len(kept) >= MAX_KEPT:
            kept.clear()
        kept[at] = data_doubts.data_doubts(run, split, lab.workspace)
    return kept[at].added_to(measured)


def with_known_doubts(measured: Measured, run: Run, split: str, lab: Lab) -> Measured:
    """The same without any work: what is not counted yet is not said."""
    return kept_doubts().get(images_state(run, split, lab), DataDoubts()).added_to(measured)


def images_state(run: Run, split: str, lab: Lab) -> tuple[str, ...]:
    """A part of a run, and what changes with its images and once somebody has searched them for near copies."""
    folder = CacheEntry(DataSource.of(run.config.data), lab.workspace).folder
    files = [folder / "meta.json", *folder.glob("suspects-copies-*.npy")]
    return (str(lab.workspace.home), run.id, split, *map(file_identity, files))


@st.cache_resource(show_spinner=False)
def kept_doubts() -> dict[tuple[str, ...], DataDoubts]:
    """What was counted, by `images_state`. Streamlit's own caches do not tell whether they have a value."""
    return {}


def said_of_runs(doubts: Mapping[str, Sequence[str]]) -> list[str]:
    """Name of a run → sentences about it: one that holds for all of the runs once, others with the names."""
    runs_of: dict[str, list[str]] = {}
    for name, sentences in doubts.items():
        for words in sentences:
            runs_of.setdefault(words, []).append(name)
    return [
        words if len(names) == len(doubts) else _("{runs}: {words}", runs=", ".join(names), words=words)
        for words, names in runs_of.items()
    ]


def with_other_copies(measured: Measured, run: Run, other: Prepared, images: np.ndarray, lab: Lab) -> Measured:
    """The same for images of another set: how many of them the run learned from."""
    state = images_state(run, "", lab)
    copies = cached_copies(run, lab, other, images, state, other.meta.fingerprint)
    return replace(measured, copies=copies or 0)


@st.cache_resource(max_entries=64, show_spinner=False)
def cached_copies(
    _run: Run, _lab: Lab, _other: Prepared, _images: np.ndarray, state: tuple[str, ...], fingerprint: str
) -> int | None:
    return data_doubts.copies_in_training(_run, _other, _images, _lab.workspace)
