"""Predict: draw, upload, or take images of the data set, and let the trained models answer."""

import streamlit as st

from pages.components import frame, run_picker, starting
from pages.components.page_list import PREDICT
from pages.predict.drawing import draw_tab
from pages.predict.images import data_set_tab
from pages.predict.upload import upload_tab

DRAW, UPLOAD, IMAGES = "Draw", "Upload", "Data set images"


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(PREDICT)
    runs = run_picker.trained_runs(lab)
    if not runs:
        st.markdown("Here trained models answer what you draw or upload. There is none yet.")
        starting.first_run_button(lab)
        return
    chosen = run_picker.select_runs(runs)
    if not chosen:
        st.info("Choose a trained model to hear its answer.", icon=":material/smart_toy:")
        return
    ways = st.tabs([DRAW, UPLOAD, IMAGES], key="way", bind="query-params")
    for way, show in zip(ways, (draw_tab, upload_tab, data_set_tab), strict=True):
        if way.open:
            with way, frame.show_problems():
                show(lab, chosen)


main()
