"""What it looks at: which pixels of one image the answers of the chosen models rest on."""

import streamlit as st

from pages.components import frame
from pages.components.heat_maps import Looked, heat_maps
from pages.inspect.inspected import Inspected
from pages.inspect.one_image import choose_picture


@st.fragment
@frame.show_problems()
def attribution_section(inspected: Inspected) -> None:
    picture = choose_picture(inspected)
    looked = [Looked(run, image, inspected.which) for run in inspected.runs if (image := picture(run)) is not None]
    if looked:
        heat_maps(inspected.lab, looked, "looks")
