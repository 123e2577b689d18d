"""Labels mended where their mistakes are seen, of one image or of a selection: edits of the data set that they are
from."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.datasets.edits import count_of
from core.datasets.source import DataSource
from core.insight.image_names import image_name
from core.locale import _, ngettext
from core.prepared import prepare
from core.prepared.edited import OUT
from pages.components.data_picker import link_to
from pages.components.editing import Editing, edit_row, open_edits, show_done
from pages.components.markdown import escape_markdown
from pages.components.page_list import DATA
from pages.inspect.inspected import Inspected


def mend_image(inspected: Inspected, index: int, answer: str) -> None:
    """Controls for one image, with the answer of the model as a suggestion, and the way to the list of edits."""
    editing, places = opened_edits(inspected, [index])
    if editing is None or not places:
        return
    (place,) = places
    with st.expander(_("Is the label wrong?"), icon=":material/label_off:"):
        now = editing.overlay.classes[editing.overlay.labels[place]]
        st.markdown(state_in_words(editing, place, now))
        name = image_name(editing.prepared, place)
        if name != image_name(inspected.prepared, index):  # a version numbers them anew
            st.caption(escape_markdown(_("In the set as it came: {image}.", image=name)))
        if inspected.split != "train":
            st.caption(
                _(
                    "The score is measured on this image. Change its label for what you see in it, and not because the "
                    "model says so: that would raise the score and prove nothing."
                )
            )
        # What a model answers is no reason to change an image that it is measured on.
        edit_row(editing, places, "inspect", suggested=answer if answer != now else "",
                 urged=inspected.split == "train")  # fmt: skip
        show_done(editing.draft, "inspect")
        way_to_version(editing)


def mend_selection(inspected: Inspected, indices: Sequence[int], keys: bool) -> None:
    """Controls for all images of a selection; `keys` where those of no opened image stand on the page, too."""
    editing, places = opened_edits(inspected, indices)
    if editing is None:
        return
    st.markdown(_("**Edit all of them**"))
    if lacking := len(indices) - len(places):
        st.caption(
            ngettext(
                "{n:count} of them was added to the data set and is not edited here.",
                "{n:count} of them were added to the data set and are not edited here.",
                lacking,
            )
        )
    if inspected.split != "train":
        st.caption(
            _(
                "The score is measured on these images. Change them for what you see in them, and not because the "
                "model says so: that would raise the score and prove nothing."
            )
        )
    edit_row(editing, places, "selection", keys=keys)
    if keys:
        show_done(editing.draft, "selection")
    way_to_version(editing)


def opened_edits(inspected: Inspected, indices: Sequence[int]) -> tuple[Editing | None, list[int]]:
    """The edits of the set as it came, and where these images are in it; of those that were added none are. None where
    that set is gone, of which a version is left."""
    source = (inspected.other or DataSource.of(inspected.run.config.data)).base
    came = prepare.find(source, inspected.lab.workspace)
    if came is None:
        return None, []
    places = np.asarray(inspected.prepared.origin)[list(indices)]
    return open_edits(source, came, inspected.lab.workspace), places[places >= 0].tolist()


def way_to_version(editing: Editing) -> None:
    if changes := count_of(editing.edits):
        words = ngettext("{n:count} edit: save it as a version", "{n:count} edits: save them as a version", changes)
        there = link_to(editing.draft.source) | {"view": "edits"}
        st.page_link(DATA.file, label=words, icon=":material/edit:", query_params=there)


def state_in_words(editing: Editing, place: int, now: str) -> str:
    """What the list of edits says of the image."""
    came = editing.prepared.meta.classes[editing.prepared.labels[place]]
    if editing.overlay.splits[place] == OUT:
        return _("In your edits it is left out.")
    if now != came:
        return _("It came as {came:name}; in your edits it is {now:name}.", came=escape_markdown(came),
                 now=escape_markdown(now))  # fmt: skip
    if editing.overlay.kept[place]:
        return _("You have looked at it and found it right: {came:name}.", came=escape_markdown(came))
    return _("Its label is {came:name}. The set as it came stays; a version with your edits is made of it.",
             came=escape_markdown(came))  # fmt: skip
