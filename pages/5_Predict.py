"""Predict: draw, upload, or take images of the data set, and let the trained models answer."""

import streamlit as st

from core.locale import _
from pages.components import frame, run_picker, starting
from pages.components.code_panel import lines_that_answer
from pages.components.linked_select import linked_tabs
from pages.components.own_images import own_images_panel
from pages.components.page_list import PREDICT
from pages.components.screen import is_narrow
from pages.predict.drawing import draw_tab
from pages.predict.images import data_set_tab
from pages.predict.many import many_tab
from pages.predict.reading import drawable
from pages.predict.upload import upload_tab
from pages.predict.watched import watched_panel


def tab_title(tab: str) -> str:
    titles = {"draw": _("Draw"), "upload": _("Upload"), "many": _("Many files"), "images": _("Data set images")}
    return titles.get(tab, tab)


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(PREDICT)
    is_narrow()  # code asks what it told
    runs = run_picker.trained_runs(lab)
    if not runs:
        st.markdown(_("Here trained models answer what you draw or upload. There is none yet."))
        starting.first_run_button(lab)
        return
    chosen = run_picker.select_runs(runs)
    if not chosen:
        st.info(_("Choose a trained model to see its answer."), icon=":material/smart_toy:")
        return
    shows = {"draw": draw_tab, "upload": upload_tab, "many": many_tab, "images": data_set_tab}
    first = "draw" if any(drawable(lab, run) for run in chosen) else "upload"
    for name, tab in linked_tabs(list(shows), "way", title=tab_title, default=first):
        if tab.open:
            with tab, frame.show_problems():
                shows[name](lab, chosen)
    own_images_panel(lab, chosen)
    watched_panel(lab, chosen)
    lines_that_answer(chosen[0], lab)


main()
