"""“The code” below a page: the few lines of plain PyTorch that do what the page shows."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.locale import _, translate
from core.runs.lab import Lab
from core.runs.naming import model_file_name
from core.runs.store import Run
from core.script.text import Part
from pages.components import background, frame
from pages.components.listing import PAGE, show_code
from pages.components.model_cache import confidence_version

WHICH = "last"  # the checkpoint whose weights the lines load


def code_box(key: str) -> DeltaGenerator | None:
    """A fold whose lines are made while it is open; None while it is closed."""
    box = st.expander(_("The code"), icon=":material/code:", on_change="rerun", key=key)
    return box if box.open else None


def lines_of_section(part: Part) -> None:
    """What a section of Inspect does."""
    if box := code_box(f"code-{part.name}"):
        with box:
            st.caption(translate(part.about))
            st.caption(
                _(
                    "Put these lines at the end of the script of the run (Train, “The code”). It trains first, which "
                    "may take as long as the run took; once it has written model.pt, `python SCRIPT.py PICTURE` "
                    "only loads that file."
                )
            )
            show_code(part.code, PAGE)


def lines_that_answer(run: Run, lab: Lab) -> None:
    """What loads the weights of a run and answers a picture."""
    if not (box := code_box("code-predict")):
        return
    with box, frame.show_problems():
        if background.lacks_torch():
            return
        file = f"{model_file_name(run.name, run.id, WHICH)}.pt"  # as the export calls it
        st.caption(_("The weights come from Train, “Export the model”. Here the file is called {file}.", file=file))
        version = lab.files.checkpoint_version(run.id, WHICH) + confidence_version(lab, run, WHICH)
        model, data, prediction = cached_loading_parts(run, lab, run.id, WHICH, file, version)
        show_code(prediction.code, PAGE)
        st.caption(_("In a file, the model and the function that reads a picture stand above these lines."))
        for tab, part in zip(st.tabs([translate(data.title), translate(model.title)]), (data, model), strict=True):
            with tab:
                show_code(part.code, PAGE)


def cached_loading_code(run: Run, lab: Lab, run_id: str, which: str, filename: str, version: str) -> str:
    return "".join(part.code for part in cached_loading_parts(run, lab, run_id, which, filename, version))


@st.cache_data(max_entries=64, show_spinner=False)
def cached_loading_parts(
    _run: Run, _lab: Lab, run_id: str, which: str, filename: str, version: str
) -> tuple[Part, Part, Part]:
    from core.exporters.export import loading_parts  # brings torch

    return loading_parts(_run, _lab.workspace, filename, which)
