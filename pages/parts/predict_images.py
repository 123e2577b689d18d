"""Images of the data set, a page at once, with the true class and each model's answer."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import wording
from core.data import prepare
from core.data.prepared import Prepared
from core.insight.comparison import data_title
from core.runs.launch import Lab
from core.runs.store import Run
from pages.parts.image_grid import Cell, image_grid
from pages.parts.models import answers
from pages.parts.plain import plain
from pages.parts.run_picker import short_titles

PAGE = 50
SPLITS = {"Test": "test", "Validation": "val", "Training": "train"}


@st.fragment
def from_data_set(lab: Lab, runs: Sequence[Run]) -> None:
    data = runs[0].config.data
    prepared = prepare.require(data.name, data.path, lab.places)
    fitting = [run for run in runs if (run.config.data.name, run.config.data.path) == (data.name, data.path)]
    if len(fitting) < len(runs):
        st.caption(
            f"Only models of {plain(data_title(runs[0].config))} answer here, as the first one chosen."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        have = [title for title, name in SPLITS.items() if prepared.meta.splits.get(name)]
        split = st.segmented_control(
            "Images of", have, default=have[0], required=True, key="answer_split", bind="query-params",
            on_change=first_page,
        )  # fmt: skip
        only_wrong = st.toggle("Only wrong ones", key="wrong", bind="query-params", on_change=first_page)
    indices, true = prepared.indices(SPLITS[split]), prepared.labels
    said = {run.id: answers(lab, run, prepared, SPLITS[split]) for run in fitting}
    places = places_of(said, np.asarray(true[indices]), only_wrong)
    if not len(places):
        st.success("Every image is answered rightly.", icon=":material/check_circle:")
        return
    pages = -(-len(places) // PAGE)
    page = st.pagination(pages, key="answer_page", bind="query-params") if pages > 1 else 1
    shown = places[(page - 1) * PAGE : page * PAGE]
    names = short_titles(fitting)
    for column, run in zip(st.columns(len(fitting)), fitting, strict=True):
        with column:
            right = float((said[run.id].argmax(1) == true[indices]).mean())
            st.markdown(
                f"**{plain(names[run.id])}**: {wording.percent(right)} right of {wording.count(len(indices))}"
            )
            cells = [cell(prepared, int(indices[place]), said[run.id][place]) for place in shown]
            image_grid(cells, width=96, label=f"Images with the answers of {names[run.id]}")
    first = (page - 1) * PAGE + 1
    st.caption(f"Images {wording.count(first)} to {wording.of(first + len(shown) - 1, len(places))}")


def first_page() -> None:
    st.session_state.pop("answer_page", None)


def places_of(said: dict[str, np.ndarray], true: np.ndarray, only_wrong: bool) -> np.ndarray:
    """Places within the split: all, or those where any model is wrong."""
    if not only_wrong:
        return np.arange(len(true))
    return np.flatnonzero(np.any([given.argmax(1) != true for given in said.values()], axis=0))


def cell(prepared: Prepared, index: int, probabilities: np.ndarray) -> Cell:
    """One image with the answer; a wrong one also says what it is."""
    classes, true, top = prepared.meta.classes, int(prepared.labels[index]), int(probabilities.argmax())
    sure = wording.percent(float(probabilities[top]), 0)
    right = true == top
    caption = f"{classes[top]}, {sure}" if right else f"{classes[top]}, {sure}; is {classes[true]}"
    alt = f"Image {index}, which is {classes[true]}, answered {'rightly' if right else 'wrongly'} {classes[top]}"
    return Cell(prepared.image(index), caption, alt, right)
