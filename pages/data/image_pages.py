"""The images of a data set, a hundred at a time: by split and class, in file order, shuffled, or ten of each class."""

from functools import partial

import numpy as np
import streamlit as st

from core.locale import _
from core.prepared.arrays import Prepared
from pages.components import frame
from pages.components.data_picker import title_of
from pages.components.image_grid import MAX_TINY_SIDE_PX, Cell, image_grid
from pages.components.linked_select import linked_select, linked_selectbox
from pages.components.paging import page_of
from pages.components.spec_words import own_split_title

IMAGES_PER_PAGE = 100
SPLITS = ("train", "val", "test")
FILE_ORDER, SHUFFLED, EACH_CLASS = "file", "shuffled", "each"  # orders of the images
IMAGES_PER_CLASS = 10


@st.fragment
@frame.show_problems()
def images_tab(prepared: Prepared) -> None:
    """Controls and grid; a change of page redraws this part alone."""
    meta = prepared.meta
    with st.container(horizontal=True, vertical_alignment="bottom"):
        have = [name for name in SPLITS if name in meta.splits]
        title = partial(own_split_title, splits=meta.splits)
        split = linked_select(_("Split"), have, "split", title=title, on_change=go_to_first_page)
        orders = [FILE_ORDER, SHUFFLED, EACH_CLASS]
        order = linked_selectbox(_("Order"), orders, "order", title=order_title, on_change=go_to_first_page, width=190)
        seed = 0
        if order != FILE_ORDER:
            seed = st.number_input(
                _("Shuffle no."),
                0,
                9999,
                key="shuffle",
                bind="query-params",
                width=140,
                help=_("Each number is another order, and the same number always the same one."),
            )
        classes = st.multiselect(
            _("Classes"),
            meta.classes,
            key="class",
            bind="query-params",
            placeholder=_("All classes"),
            on_change=go_to_first_page,
            width=320,
        )
    found = selected_indices(prepared, split, classes, order, seed)
    if not len(found):
        st.info(_("No image of this class in this split. Choose another class or split."))
        return
    shown, page, pages = page_of(found, IMAGES_PER_PAGE, "image_page")
    label = _("{title}, page {page} of {pages}", title=title_of(meta), page=page, pages=pages)
    width = 80 if meta.size and max(meta.size) <= MAX_TINY_SIDE_PX else 110
    image_grid([image_cell(prepared, int(index)) for index in shown], width, label=label)
    first = (page - 1) * IMAGES_PER_PAGE + 1
    last = first + len(shown) - 1
    st.caption(_("Images {first:count} to {last:count} of {total:count}", first=first, last=last, total=len(found)))


def order_title(order: str) -> str:
    titles = {FILE_ORDER: _("In file order"), SHUFFLED: _("Shuffled"), EACH_CLASS: _("Ten of each class")}
    return titles.get(order, order)


def go_to_first_page() -> None:
    st.session_state["image_page"] = 1


def image_cell(prepared: Prepared, index: int) -> Cell:
    meta, name = prepared.meta, prepared.meta.classes[prepared.labels[index]]
    alt = _("{name}, image {index} of {title}", name=name, index=index, title=title_of(meta))
    return Cell(prepared.image(index), name, alt, file=prepared.file(index))


def selected_indices(prepared: Prepared, split: str, classes: list[str], order: str, seed: int) -> np.ndarray:
    """Indices of the images of a split and of some classes (none: all), in the order asked for."""
    indices, labels = prepared.indices(split), prepared.labels
    if classes:
        wanted = [number for number, name in enumerate(prepared.meta.classes) if name in classes]
        indices = indices[np.isin(labels[indices], wanted)]
    if order == FILE_ORDER:
        return indices
    indices = np.random.default_rng(seed).permutation(indices)
    if order == SHUFFLED:
        return indices
    groups = [indices[labels[indices] == number][:IMAGES_PER_CLASS] for number in range(len(prepared.meta.classes))]
    return np.concatenate(groups)
