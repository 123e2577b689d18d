"""What it looks at: which pixels of one image the answers of the chosen models rest on."""

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.errors import Problem
from core.locale import _
from core.prepared import prepare
from core.prepared.drawable import is_drawable
from core.runs.store import Run
from pages.components import frame
from pages.components.heat_maps import Looked, heat_maps
from pages.components.kept_drawing import kept_drawing
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown
from pages.components.page_list import PREDICT
from pages.inspect.inspected import Inspected
from pages.inspect.one_image import choose_image

SPLIT, DRAWING = "split", "drawing"  # where the image is from


@st.fragment
@frame.show_problems()
def attribution_section(inspected: Inspected) -> None:
    drawing = kept_drawing()
    able = [run for run in inspected.runs if is_drawable(DataSource.of(run.config.data), inspected.lab.workspace)]
    offered = [SPLIT, DRAWING] if drawing is not None and able else [SPLIT]
    source = SPLIT
    if len(offered) > 1:
        source = linked_select(_("Image from"), offered, "image_from", title=source_title)
    if drawing is not None and source == DRAWING:
        looked = [one for run in able if (one := drawn(inspected, run, drawing))]
    else:
        index = choose_image(inspected)
        looked = [Looked(run, inspected.prepared.image(index), inspected.which) for run in inspected.runs]
        if able and drawing is None:
            st.page_link(PREDICT.file, label=_("Draw one yourself"), icon=PREDICT.icon)
    if looked:
        heat_maps(inspected.lab, looked, "looks")


def source_title(source: str) -> str:
    return _("Your drawing") if source == DRAWING else _("The split")


def drawn(inspected: Inspected, run: Run, picture: np.ndarray) -> Looked | None:
    """The drawing in the form of a run's training images; None, with a sentence, where there is none in it."""
    from core.inference.drawing_style import drawing_style_of
    from core.inference.predictor import from_drawing

    try:
        prepared = prepare.require(DataSource.of(run.config.data), inspected.lab.workspace)
        image, _found = from_drawing(picture, drawing_style_of(prepared), one_sign=True)
    except Problem as problem:
        st.warning(f"{escape_markdown(run.name)}: {escape_markdown(str(problem))}")
        return None
    return Looked(run, image, inspected.which)
