"""The images behind a bar of the reliability diagram: those of which the model was as sure."""

from typing import Any

import numpy as np
import streamlit as st

from core.formatting import percent
from core.insight.calibration import BINS, bin_places
from core.insight.image_scores import ImageScores
from core.insight.predictions import Predictions
from core.locale import _, ngettext
from pages.components.linked_select import linked_selectbox
from pages.inspect.image_list import OPENED, answered_images, opened_image, opened_place
from pages.inspect.inspected import Inspected

BAR = "bar"  # in the link: the number of a bin, from 0
PAGE = "bar_page"
NONE = ""


def look_at_bar(filled: list[int], point: dict[str, Any]) -> None:
    """Let the link ask for the images of the bar that was pressed; `filled` are the bins that have one."""
    place = point.get("place")
    if isinstance(place, int) and place in range(len(filled)):
        st.query_params[BAR] = str(filled[place])
        first_page()


def first_page() -> None:
    st.query_params.pop(OPENED, None)
    st.session_state[PAGE] = 1


def choose_bar(scores: ImageScores) -> str:
    """The bars by name, for the keyboard."""
    if not np.isfinite(scores.confidence).all():
        return NONE
    options = [NONE, *(str(one) for one in np.unique(bin_places(scores.confidence)))]
    return linked_selectbox(_("Images behind a bar"), options, BAR, title=bar_title, width=260, on_change=first_page)


def sure_images(inspected: Inspected, found: Predictions, scores: ImageScores, bar: str) -> None:
    """The images of the chosen bar, the surest mistakes first."""
    if bar == NONE:
        return
    bins = bin_places(scores.confidence)
    places = np.flatnonzero(bins == int(bar))
    places = places[np.lexsort((-scores.confidence[places], scores.right[places]))]
    wrong = int((~scores.right[places]).sum())
    words = ngettext("**{n:count} image**", "**{n:count} images**", len(places))
    st.markdown(f"{words}, {_('{wrong:count} wrong', wrong=wrong)}")
    opened = opened_place(inspected, found)
    if opened is not None:
        opened_image(inspected, found, scores, opened, places)
    answered_images(inspected, found, scores, places, opened, PAGE, "bar-images", _("Images behind a bar"))


def bar_title(bar: str) -> str:
    """`sure by 60 % to 66.7 %`"""
    if not bar.isdecimal():
        return _("none") if bar == NONE else bar
    low, high = int(bar) / BINS, (int(bar) + 1) / BINS
    return _("sure by {low} to {high}", low=percent(low, 1), high=percent(high, 1))
