"""A collection as a ZIP of class folders."""

import tempfile

import streamlit as st

from core.importing.collection import Collection
from core.locale import _


def zip_button(collection: Collection) -> None:
    """A button that makes the file when it is pressed."""
    st.download_button(
        _("Download as ZIP"), lambda: zip_of(collection), file_name=f"{collection.name}.zip", mime="application/zip",
        icon=":material/download:", on_click="ignore", key=f"zip-{collection.name}",
    )  # fmt: skip


def zip_of(collection: Collection) -> bytes:
    with tempfile.TemporaryFile() as file:
        collection.write_zip(file)
        file.seek(0)
        return file.read()
