"""The images of a data set, a hundred at a time: by split and class, in file order, shuffled, or ten of each class. Of
a set as it came they can be selected and edited."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.datasets.edits import SPLITS
from core.datasets.source import DataSource
from core.insight.image_names import image_number, own_split_title
from core.locale import _, ngettext
from core.prepared.arrays import Prepared
from core.prepared.edited import OUT
from core.runs.lab import Lab
from core.sanitize import one_line
from pages.components import frame
from pages.components.data_picker import title_of
from pages.components.editing import Editing, edit_row, open_edits, relabel_each, show_done, split_words
from pages.components.image_grid import MAX_TINY_SIDE_PX, Cell, image_choices, image_grid
from pages.components.linked_select import linked_select, linked_selectbox
from pages.components.paging import page_of
from pages.data.selection import marked, select, selection

IMAGES_PER_PAGE = 100
FILE_ORDER, SHUFFLED, EACH_CLASS = "file", "shuffled", "each"  # orders of the images
ANY, EDITED, LEFT_OUT = "any", "edited", "left-out"  # which of them, by their edits
IMAGES_PER_CLASS = 10
MAX_NOTE_SHOWN_CHARS = 40  # of a note, below its image


@st.fragment
@frame.show_problems()
def images_tab(prepared: Prepared, lab: Lab) -> None:
    """Controls and grid; a change of page redraws this part alone."""
    source = DataSource.of(prepared.meta)
    editing = None if source.version else open_edits(source, prepared, lab.workspace)
    found = found_images(prepared, editing)
    if editing is None:
        st.caption(_("A saved version stays as it is. To edit images, choose the data set as it came."))
        selecting = False
    else:
        about = _("A click marks an image, Shift and a click all up to it. Off, a click shows an image large.")
        selecting = st.toggle(_("Select and edit"), key="selecting", bind="query-params", help=about)
        if not selecting:
            show_done(editing.draft, "images")
    if not len(found):
        st.info(_("No image is of this kind. Choose another class, split or filter."))
    else:
        shown, page, pages = page_of(found, IMAGES_PER_PAGE, "image_page")
        label = _("{title}, page {page} of {pages}", title=title_of(prepared.meta), page=page, pages=pages)
        width = 80 if prepared.meta.size and max(prepared.meta.size) <= MAX_TINY_SIDE_PX else 110
        places = [int(place) for place in shown]
        cells = [image_cell(prepared, place, editing) for place in places]
        if editing and selecting:
            selectable_grid(editing, places, cells, width, label)
        else:
            below = partial(edit_opened, editing, places) if editing else None
            image_grid(cells, width, label=label, below=below)
        first = (page - 1) * IMAGES_PER_PAGE + 1
        last = first + len(shown) - 1
        st.caption(_("Images {first:count} to {last:count} of {total:count}", first=first, last=last, total=len(found)))
    if editing and selecting:
        edit_bar(editing, [] if not len(found) else places)


def found_images(prepared: Prepared, editing: Editing | None) -> np.ndarray:
    """The controls above the grid, and the indices of the images that they ask for."""
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
            editing.overlay.classes if editing else meta.classes,
            key="class",
            bind="query-params",
            placeholder=_("All classes"),
            on_change=go_to_first_page,
            width=320,
        )
        which = ANY
        if editing and editing.edits:
            kinds = [ANY, EDITED, LEFT_OUT]
            which = linked_selectbox(
                _("Edits"), kinds, "edits", title=kind_title, on_change=go_to_first_page, width=190
            )  # fmt: skip
    return selected_indices(prepared, editing, split, classes, order, seed, which)


def selectable_grid(editing: Editing, places: list[int], cells: Sequence[Cell], width: int, label: str) -> None:
    of = editing.draft.source.key
    kept = selection(of)
    chosen = set(kept["places"])
    image_choices(
        cells,
        [at for at, place in enumerate(places) if place in chosen],
        f"{kept['at']}-{editing.state}-{hash(tuple(places))}",
        "selectable",
        partial(marked, of, places),
        width,
        label,
    )


def edit_bar(editing: Editing, places: list[int], suggested: Mapping[int, str] | None = None) -> None:
    """What can be done with the selected images; it stays in sight below the grid. `suggested` are likelier classes of
    selected images, by their places."""
    of = editing.draft.source.key
    chosen = selection(of)["places"]
    elsewhere = len(set(chosen) - set(places))
    with st.container(key="edit-bar"):
        show_done(editing.draft, "bar")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(selection_text(len(chosen), elsewhere), width="content")
            st.button(_("This page"), icon=":material/select_all:", key="select-page", on_click=select,
                      args=(of, {*chosen, *places}))  # fmt: skip
            st.button(_("None"), icon=":material/deselect:", key="select-none", on_click=select,
                      args=(of, ()), disabled=not chosen)  # fmt: skip
            if suggested is not None:

                def follow() -> None:
                    relabel_each(editing.draft, suggested)
                    select(of, ())

                st.button(_("Each as suggested"), icon=":material/label:", key="bar-each", type="primary", shortcut="s",
                          disabled=not suggested, on_click=follow)  # fmt: skip
        edit_row(editing, chosen, "bar", after=partial(select, of, ()))


def selection_text(selected: int, elsewhere: int) -> str:
    if not selected:
        return _("Click images to select them.")
    words = ngettext("**{n:count}** selected", "**{n:count}** selected", selected)
    return words if not elsewhere else _("{selected}, {n:count} on other pages", selected=words, n=elsewhere)


def edit_opened(editing: Editing, places: Sequence[int], at: int) -> None:
    """The controls for the one image that is shown large; once something is done, the page shows it in the grid."""
    key = f"opened-{places[at]}"
    if st.session_state.pop(key, False):
        st.rerun()
    edit_row(editing, [places[at]], "opened", after=lambda: st.session_state.update({key: True}))


def order_title(order: str) -> str:
    titles = {FILE_ORDER: _("In file order"), SHUFFLED: _("Shuffled"), EACH_CLASS: _("Ten of each class")}
    return titles.get(order, order)


def kind_title(which: str) -> str:
    titles = {ANY: _("With and without"), EDITED: _("Edited only"), LEFT_OUT: _("Left out")}
    return titles.get(which, which)


def go_to_first_page() -> None:
    st.session_state["image_page"] = 1


def image_cell(prepared: Prepared, index: int, editing: Editing | None = None) -> Cell:
    """An image with its class, and what was edited of it: `3 → 8`, left out, its new split, the note."""
    meta, name = prepared.meta, prepared.meta.classes[prepared.labels[index]]
    image, file = prepared.image(index), prepared.file(index)
    alt = _("{name}: {image}, of {title}", name=name, image=image_number(prepared, index), title=title_of(meta))
    if editing is None:
        return Cell(image, name, alt, file=file)
    found = editing.overlay
    now = found.classes[found.labels[index]]
    words = []
    gone = found.splits[index] == OUT
    if gone:
        words.append(_("left out"))
    elif SPLITS[found.splits[index]] != editing.prepared.address(index)[0]:
        words.append(_("in {split}", split=split_words(SPLITS[found.splits[index]], meta.splits)))
    if found.kept[index]:
        words.append(_("looked at"))
    if index in found.notes:
        words.append(f"“{one_line(found.notes[index], MAX_NOTE_SHOWN_CHARS)}”")
    relabelled = now != name
    caption = " · ".join([f"→ {now}" if relabelled else name, *words])
    was = name if relabelled else ""
    if relabelled or words:
        alt = _("{image}. Edited: {edits}", image=alt, edits=", ".join([now] * relabelled + words))
    return Cell(image, caption, alt, file=file, was=was, gone=gone)


def selected_indices(
    prepared: Prepared, editing: Editing | None, split: str, classes: list[str], order: str, seed: int, which: str
) -> np.ndarray:
    """Indices of the images of a split and of some classes (none: all), in the order asked for. An edited image is
    found where it was and where it is now."""
    indices, labels = prepared.indices(split), prepared.labels
    names = editing.overlay.classes if editing else prepared.meta.classes
    wanted = [number for number, name in enumerate(names) if name in classes]
    if editing is None:
        if classes:
            indices = indices[np.isin(labels[indices], wanted)]
    else:
        found = editing.overlay
        here = found.splits == SPLITS.index(split)
        here[indices] = True
        if classes:
            here &= np.isin(labels, wanted) | np.isin(found.labels, wanted)
        if which == LEFT_OUT:
            here &= found.splits == OUT
        elif which == EDITED:
            here &= edited_images(prepared, editing)
        indices = np.flatnonzero(here)
    if order == FILE_ORDER:
        return indices
    indices = np.random.default_rng(seed).permutation(indices)
    if order == SHUFFLED:
        return indices
    groups = [indices[labels[indices] == number][:IMAGES_PER_CLASS] for number in range(len(prepared.meta.classes))]
    return np.concatenate(groups)


def edited_images(prepared: Prepared, editing: Editing) -> np.ndarray:
    """(N,) bool: whether anything was edited, noted or looked at."""
    found = editing.overlay
    own = np.repeat([SPLITS.index(name) for name in prepared.meta.splits], list(prepared.meta.splits.values()))
    edited: np.ndarray = found.kept | (found.labels != prepared.labels) | (found.splits != own)
    edited[list(found.notes)] = True
    return edited
