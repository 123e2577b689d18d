"""Pictures that the next runs answer after every epoch: one is added here, and they are listed and removed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.locale import _
from core.runs import watched_images
from core.runs.lab import Lab
from core.runs.naming import data_title
from core.runs.store import Run
from pages.components import frame
from pages.components.image_grid import Cell, one_picture
from pages.components.markdown import escape_markdown

PICTURE_WIDTH_PX = 96


def watch_button(lab: Lab, images: dict[DataSource, np.ndarray], key: str) -> None:
    """Keep what was answered, (H, W, C) uint8 as the models of each data set were shown it."""
    if st.button(
        _("Watch it in the next runs"), icon=":material/visibility:", type="tertiary", key=f"watch-{key}",
        help=_("A run on this data set that begins from now on answers it after every epoch: Images over the epochs."),
    ):  # fmt: skip
        with frame.show_problems():
            for source, image in images.items():
                watched_images.keep(image, source, lab.workspace)
            st.rerun()  # the whole page, which lists it


def watched_panel(lab: Lab, runs: Sequence[Run]) -> None:
    """Those of the data sets of these runs, each with a button that removes it; nothing where there are none."""
    sets = {DataSource.of(run.config.data): data_title(run.config) for run in runs}
    kept = {source: watched_images.kept(source, lab.workspace) for source in sets}
    count = sum(map(len, kept.values()))
    if not count:
        return
    with st.expander(_("Watched in the next runs ({count})", count=count), icon=":material/visibility:", key="watched"):
        for source, files in kept.items():
            if not files:
                continue
            st.caption(_("By runs on {data}, after every epoch.", data=escape_markdown(sets[source])))
            images = watched_images.read(files)
            with st.container(horizontal=True):
                for path in files:
                    with st.container(width=PICTURE_WIDTH_PX):
                        watched_picture(lab, path, images.get(path.name))


def watched_picture(lab: Lab, path: Path, image: np.ndarray | None) -> None:
    if image is not None:
        one_picture(Cell(image, "", _("A picture that is watched")), PICTURE_WIDTH_PX, key=path.name)
    if st.button(_("Remove"), icon=":material/close:", type="tertiary", key=f"unwatch-{path.parent.name}-{path.stem}"):
        watched_images.remove(path, lab.workspace)
        st.rerun()
