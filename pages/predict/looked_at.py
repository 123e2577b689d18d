"""What the models look at on a picture that was drawn or uploaded: computed once somebody opens it."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.locale import _
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import frame
from pages.components.heat_maps import Looked, heat_maps


def looked_at(lab: Lab, asked: Sequence[tuple[Run, np.ndarray]], key: str) -> None:
    """`asked`: each run with the image (H, W, 1 or 3) uint8 that it answers; at least one."""
    opened = st.expander(
        _("What the model looks at"), icon=":material/center_focus_strong:", key=f"{key}-looked-at", on_change="rerun"
    )
    if opened.open:
        with opened, frame.show_problems():
            heat_maps(lab, [Looked(run, image) for run, image in asked], key)
