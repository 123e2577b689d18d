"""One image of the split, by its number in the data set's own split; the link holds its place in the data set, as for
all sections."""

import numpy as np
import streamlit as st

from core.insight.image_names import image_name
from core.loading.split import by_name, parts
from core.locale import _
from pages.components.markdown import escape_markdown
from pages.inspect.image_list import OPENED
from pages.inspect.inspected import Inspected

NUMBER = "image-number"  # in the session: the number in the box


def images_of(inspected: Inspected) -> np.ndarray:
    """Places in the data set of the images of the chosen split, as the first run divides it."""
    if inspected.other:
        return np.flatnonzero(np.asarray(inspected.prepared.labels) >= 0)
    data, prepared = inspected.run.config.data, inspected.prepared
    divided = parts(prepared, data.validation, data.limit, inspected.run.config.training.seed)
    return by_name(prepared, divided)[inspected.split]


def choose_image(inspected: Inspected) -> int:
    """A number and two buttons; returns the image's place in the data set."""
    prepared, images = inspected.prepared, images_of(inspected)
    asked = st.query_params.get(OPENED, "")
    found = np.flatnonzero(images == (int(asked[:12]) if asked.isdecimal() else -1))
    place = int(found[0]) if len(found) else 0
    index = int(images[place])
    # Numbers are told as everywhere: within a split of the set. Images of several splits are reached by the buttons.
    start = index - prepared.address(index)[1]
    here = images[np.isin(images, prepared.indices(prepared.address(index)[0]))] - start
    st.session_state[NUMBER] = index - start  # the link is the truth: another section may have opened an image

    def typed() -> None:
        nearest = np.abs(here - st.session_state[NUMBER]).argmin()  # not every image of the split is in the part
        st.query_params[OPENED] = str(here[nearest] + start)

    def go(to: int) -> None:
        st.query_params[OPENED] = str(images[to])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        low, high = int(here[0]), int(here[-1])
        st.number_input(
            _("Image no."), low, high, key=NUMBER, on_change=typed, width=150,
            help=_("From {first:count} to {last:count}, as the lists of edits count them.", first=low, last=high),
        )  # fmt: skip
        st.button(_("Previous"), icon=":material/arrow_back:", key="image-before", disabled=place == 0, on_click=go,
                  args=(place - 1,))  # fmt: skip
        st.button(_("Next"), icon=":material/arrow_forward:", key="image-after", disabled=place == len(images) - 1,
                  on_click=go, args=(place + 1,))  # fmt: skip
    true = prepared.meta.classes[prepared.labels[index]]
    name = image_name(prepared, index)
    st.caption(escape_markdown(_("{image}. It is {true:name}.", image=name, true=true)))
    return index
