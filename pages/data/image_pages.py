"""The images of a data set, a hundred at a time: by split and class, in file order, shuffled, or ten of each class."""

import numpy as np
import streamlit as st

from core import formatting
from core.prepared.arrays import Prepared
from pages.components import frame
from pages.components.image_grid import MAX_TINY_SIDE_PX, Cell, image_grid
from pages.components.linked_select import linked_select

IMAGES_PER_PAGE = 100
SPLITS = {"Training": "train", "Validation": "val", "Test": "test"}
ORDERS = ("In file order", "Shuffled", "Ten of each class")
IMAGES_PER_CLASS = 10


@st.fragment
@frame.show_problems()
def images_tab(prepared: Prepared) -> None:
    """Controls and grid; leafing redraws this part of the page alone."""
    meta = prepared.meta
    with st.container(horizontal=True, vertical_alignment="bottom"):
        have = [title for title, name in SPLITS.items() if name in meta.splits]
        split = linked_select("Split", have, "split", on_change=go_to_first_page)
        order = st.selectbox("Order", ORDERS, key="order", bind="query-params", on_change=go_to_first_page, width=190)
        seed = 0
        if order != ORDERS[0]:
            seed = st.number_input(
                "Shuffle no.",
                0,
                9999,
                key="shuffle",
                bind="query-params",
                width=140,
                help="Each number is another order, and the same number always the same one.",
            )
        classes = st.multiselect(
            "Classes",
            meta.classes,
            key="class",
            bind="query-params",
            placeholder="All classes",
            on_change=go_to_first_page,
            width=320,
        )
    found = selected_indices(prepared, SPLITS[split], classes, order, seed)
    if not len(found):
        st.info("No image of this class in this split. Choose another class or split.")
        return
    pages = -(-len(found) // IMAGES_PER_PAGE)
    page = st.pagination(pages, key="image_page", bind="query-params") if pages > 1 else 1
    shown = found[(page - 1) * IMAGES_PER_PAGE : page * IMAGES_PER_PAGE]
    width = 80 if meta.size and max(meta.size) <= MAX_TINY_SIDE_PX else 110
    image_grid(
        [image_cell(prepared, int(index)) for index in shown], width, label=f"{meta.title}, page {page} of {pages}"
    )
    first = (page - 1) * IMAGES_PER_PAGE + 1
    st.caption(f"Images {formatting.count(first)} to {formatting.of(first + len(shown) - 1, len(found))}")


def go_to_first_page() -> None:
    st.session_state["image_page"] = 1


def image_cell(prepared: Prepared, index: int) -> Cell:
    meta, name = prepared.meta, prepared.meta.classes[prepared.labels[index]]
    return Cell(prepared.image(index), name, f"{name}, image {index} of {meta.title}")


def selected_indices(prepared: Prepared, split: str, classes: list[str], order: str, seed: int) -> np.ndarray:
    """Indices of the images of a split and of some classes (none: all), in the order asked for."""
    indices, labels = prepared.indices(split), prepared.labels
    if classes:
        wanted = [number for number, name in enumerate(prepared.meta.classes) if name in classes]
        indices = indices[np.isin(labels[indices], wanted)]
    if order == ORDERS[0]:
        return indices
    indices = np.random.default_rng(seed).permutation(indices)
    if order == ORDERS[1]:
        return indices
    groups = [indices[labels[indices] == number][:IMAGES_PER_CLASS] for number in range(len(prepared.meta.classes))]
    return np.concatenate(groups)
