"""Inspect: one trained run in depth, or several side by side."""

import streamlit as st

from core.locale import N_, _, translate
from core.script.looks import LOOKS_OF_SECTIONS
from pages.components import frame, run_picker, starting
from pages.components.code_panel import lines_of_section
from pages.components.linked_select import linked_select, linked_selectbox
from pages.components.page_list import INSPECT
from pages.components.screen import is_narrow
from pages.inspect.attribution import attribution_section
from pages.inspect.belief import belief_section
from pages.inspect.disagreement import disagreement_section
from pages.inspect.errors import errors_section
from pages.inspect.image_map import map_section
from pages.inspect.inspected import Section, choose
from pages.inspect.layers import layers_section

SECTIONS = (
    Section("errors", N_("Where it errs"), errors_section),
    Section("looks", N_("What it looks at"), attribution_section),
    Section("layers", N_("What it has learned"), layers_section),
    Section("map", N_("How the data lie"), map_section),
    Section("belief", N_("Whether it can be believed"), belief_section),
    Section("two", N_("Two models"), disagreement_section),
)  # fmt: skip


def section_title(name: str) -> str:
    return next((translate(section.title) for section in SECTIONS if section.name == name), name)


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(INSPECT, titled=False)
    # The title and the choices share a row where there is room for it, so that what is looked at is near.
    tools = st.container(horizontal=True, vertical_alignment="center", key="inspect-tools")
    with tools:
        frame.page_title(INSPECT, width="content")
    runs = run_picker.trained_runs(lab)
    if not runs:
        st.markdown(_("Here a trained model is looked into: which images it gets wrong, and why. There is none yet."))
        starting.first_run_button(lab)
        return
    with tools:
        chosen = run_picker.select_runs(runs, label_visibility="collapsed")
    if not chosen:
        st.info(_("Choose a trained model to look into it."), icon=":material/troubleshoot:")
        return
    narrow = is_narrow()
    inspected = choose(lab, chosen, tools, narrow=narrow)
    if inspected is None:
        return
    choice = linked_selectbox if narrow else linked_select
    name = choice(
        _("Look at"), [section.name for section in SECTIONS], "section", title=section_title,
        label_visibility="collapsed",
    )  # fmt: skip
    with frame.show_problems():
        next(section for section in SECTIONS if section.name == name).show(inspected)
    lines_of_section(LOOKS_OF_SECTIONS[name])


main()
