"""Predict: draw, upload, or take images of the data set, and let the trained models answer."""

import streamlit as st

from pages.components import frame, run_picker, starting
from pages.components.page_list import PREDICT
from pages.predict.drawing import from_canvas
from pages.predict.images import from_data_set
from pages.predict.upload import from_upload

DRAW, UPLOAD, IMAGES = "Draw", "Upload", "Data set images"


@frame.problem()
def main() -> None:
    lab = frame.begin(PREDICT)
    runs = run_picker.trained(lab)
    if not runs:
        st.markdown("Here trained models answer what you draw or upload. There is none yet.")
        starting.first_run(lab)
        return
    chosen = run_picker.pick(runs)
    if not chosen:
        st.info("Choose a trained model to hear its answer.", icon=":material/smart_toy:")
        return
    ways = st.tabs([DRAW, UPLOAD, IMAGES], key="way", bind="query-params")
    for way, show in zip(ways, (from_canvas, from_upload, from_data_set), strict=True):
        if way.open:
            with way, frame.problem():
                show(lab, chosen)


main()
