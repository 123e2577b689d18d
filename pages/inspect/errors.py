"""Where a model errs."""

import streamlit as st

from core.locale import _
from pages.inspect.inspected import Inspected


def errors_section(inspected: Inspected) -> None:
    st.caption(_("Every image of the part is shown to the model, and the answers are kept with the run."))
