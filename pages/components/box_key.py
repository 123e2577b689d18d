"""A key that leads to a box in which something is typed and chosen. Streamlit has keys for buttons alone."""

from pathlib import Path

import streamlit as st

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

mount = st.components.v2.component("epochlab_box_key", js=SCRIPT, isolate_styles=False)


def lead_to(box: str, key: str) -> None:
    """Let a small letter lead to the box whose key in the session is `box`. A browser and Streamlit keep c and r."""
    with st.container(key=f"box-key-{box}"):  # hidden by frame.css
        mount(key=f"box_key_{box}", data={"box": f".st-key-{box}", "key": key}, height="content")
