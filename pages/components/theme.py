"""The theme that the reader sees, for what is drawn on the server. It is known as of the last message from the browser:
a theme that was changed since then counts from the next one on."""

import streamlit as st


def page_background() -> str:
    """`#RRGGBB`"""
    colour: str = st.get_option(f"theme.{st.context.theme.type or 'light'}.backgroundColor")
    return colour
