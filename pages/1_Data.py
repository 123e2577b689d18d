"""Data: choose a data set, prepare it, and look at it before anything is trained."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from core import formatting
from core.charts.bars import class_count_bars
from core.datasets import catalog
from core.datasets.source import DataSource
from core.prepared import job
from core.prepared.arrays import Meta, Prepared
from core.runs.lab import Lab
from core.sanitize import one_line
from pages.components import csv, data_picker, frame, metric_column
from pages.components.markdown import escape_markdown
from pages.components.page_list import DATA, TRAIN
from pages.components.preparing import prepared_or_controls
from pages.data.batch_view import batch_tab
from pages.data.image_pages import images_tab

IMAGES, CLASSES, BATCH, DETAILS = "Images", "Class counts", "As the model sees it", "Details"


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(DATA)
    st.markdown("What a model learns from decides what it can know. Look before you train.")
    choice = data_picker.select_data_set(lab.workspace)
    with st.expander("Add your own images", icon=":material/add_photo_alternate:"):
        added = data_picker.add_own_images(lab.workspace)
    if added:
        start_preparing(added, lab)
    data_set_description(choice)
    prepared = prepared_or_controls(choice.source, lab.workspace, f"Prepare {escape_markdown(choice.title)}")
    if prepared is None:
        return
    meta = prepared.meta
    summary_metrics(meta)
    st.page_link(
        TRAIN.file,
        label=f"Train with {escape_markdown(meta.title)}",
        icon=":material/model_training:",
        query_params=choice.link,
    )
    views = st.tabs([IMAGES, CLASSES, BATCH, DETAILS], key="view", bind="query-params")
    shows: list[Callable[[Prepared], None]] = [images_tab, class_counts_tab, partial(batch_tab, lab=lab), details_tab]
    for view, show in zip(views, shows, strict=True):
        if view.open:
            with view, frame.show_problems():
                show(prepared)


def start_preparing(added: DataSource, lab: Lab) -> None:
    """Begin to prepare what was just added, and turn the page to it."""
    with frame.show_problems():
        job.start(added, lab.workspace)
        data_picker.show_data_set(added)
        st.rerun()


def data_set_description(choice: data_picker.Choice) -> None:
    if choice.source.is_folder:
        st.caption(escape_markdown(f"Your own images in {choice.source.path}"))
        return
    spec = catalog.spec(choice.source.name)
    st.markdown(f"{spec.about} [Where it comes from]({spec.homepage})")


def summary_metrics(meta: Meta) -> None:
    """The numbers that one wants to know first."""
    sizes = f"{meta.size[1]} × {meta.size[0]}" if meta.size else "various"
    with st.container(horizontal=True, gap="medium", key="numbers-data"):
        st.metric("Images", formatting.count(meta.count), width="content")
        st.metric("Classes", formatting.count(len(meta.classes)), width="content")
        st.metric("Size in pixels", sizes, width="content")
        st.metric("Channels", "1, grey" if meta.channels == 1 else "3, colour", width="content")
        if meta.left_out:
            st.metric(
                "Left out", formatting.count(meta.left_out), width="content", help="Details tells which, and why."
            )


def class_counts_tab(prepared: Prepared) -> None:
    """How many images each class has, by split."""
    meta = prepared.meta
    st.plotly_chart(
        class_count_bars(meta.classes, meta.class_counts),
        width="stretch",
        alt=one_line(f"Bar chart: images of each of the {len(meta.classes)} classes of {meta.title}, by split"),
        key="class_counts",
    )
    st.caption("A class with few images is learnt worse, and a model may do well by never naming it.")
    rows = pd.DataFrame({split_title(name): of for name, of in meta.class_counts.items()}, index=list(meta.classes))
    rows.index.name = "Class"
    count = metric_column.cell_format(formatting.count)
    st.dataframe(rows.style.format(count), width="stretch", alt="Images of each class by split")
    csv.download_button(lambda: rows, "images-by-class.csv", key="csv-classes")


def details_tab(prepared: Prepared) -> None:
    """Everything else that is known: splits, pixel statistics, where it came from, what was left out."""
    meta = prepared.meta
    names = ["Grey"] if meta.channels == 1 else ["Red", "Green", "Blue"]
    st.markdown("**Pixel values**, on a scale from 0 (black) to 1 (white), over the training images")
    st.dataframe(
        {"Channel": names, "Mean": meta.mean, "Spread (std)": meta.std},
        hide_index=True,
        width="stretch",
        column_config={name: st.column_config.NumberColumn(format="%.4f") for name in ("Mean", "Spread (std)")},
        alt="Mean and standard deviation of each channel",
    )
    st.markdown("**Images**")
    lines = [f"{split_title(name)}: {formatting.count(count)}" for name, count in meta.splits.items()]
    if not prepared.uniform:
        (low_h, low_w), (high_h, high_w) = prepared.shapes.min(axis=0), prepared.shapes.max(axis=0)
        lines.append(f"From {low_w} × {low_h} to {high_w} × {high_h} pixels")
    lines.append(f"Source: {escape_markdown(meta.source)}")
    lines.append(f"Fingerprint: `{meta.fingerprint[:16]}`. The same images have the same one.")
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.markdown(f"**Left out**: {formatting.count(meta.left_out) if meta.left_out else 'nothing'}")
    if meta.skipped:
        files, reasons = zip(*meta.skipped, strict=True)
        st.dataframe(
            {"File": files, "Why": reasons},
            hide_index=True,
            width="stretch",
            alt="Files left out, with reasons",
        )
        if meta.unlisted:
            st.caption(f"The first {formatting.count(len(meta.skipped))} are listed.")
        left_out = pd.DataFrame(meta.skipped, columns=["File", "Why"])
        csv.download_button(lambda: left_out, "left-out.csv", key="csv-left-out", index=False)


def split_title(name: str) -> str:
    return {"train": "Training", "val": "Validation", "test": "Test"}[name]


main()
