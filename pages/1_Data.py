"""Data: choose a data set, prepare it, and look at it before anything is trained."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from core import formatting
from core.charts.bars import class_count_bars
from core.datasets import catalog
from core.datasets.source import DataSource
from core.insight.image_names import own_split_title
from core.loading.split import role, val_is_test
from core.locale import _, translate
from core.prepared import before_a_run, imports, job
from core.prepared.arrays import Meta, Prepared
from core.prepared.drawable import is_drawable, say_drawable
from core.runs.lab import Lab
from core.runs.store import UNREADABLE, Run
from core.sanitize import one_line
from pages.components import csv, data_picker, frame, metric_column
from pages.components.import_notice import import_notice
from pages.components.linked_select import linked_tabs
from pages.components.markdown import escape_markdown
from pages.components.page_list import DATA, TRAIN
from pages.components.preparing import prepared_or_controls
from pages.components.run_card import again_params
from pages.components.set_preview import preview
from pages.data.batch_view import batch_tab
from pages.data.data_export import export_panel
from pages.data.edits_tab import edits_tab
from pages.data.image_pages import images_tab
from pages.data.own_images import own_images_panel
from pages.data.removal import removal_button
from pages.data.saved_version import version_description
from pages.data.suspects_tab import suspects_tab

SPLIT_COLUMNS = {"train": "Training", "val": "Validation", "test": "Test"}  # of the file
Show = Callable[[Prepared], None]


def tab_title(tab: str) -> str:
    titles = {
        "images": _("Images"),
        "suspects": _("Suspects"),
        "edits": _("Edits"),
        "classes": _("Class counts"),
        "batch": _("As the model sees it"),
        "details": _("Details"),
    }
    return titles.get(tab, tab)


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(DATA, titled=False)
    # The title and the choice share a row, so that the images are near.
    row = st.container(horizontal=True, vertical_alignment="center", key="data-tools")
    with row:
        frame.page_title(DATA, width="content")
    choice = data_picker.select_data_set(lab.workspace, row)
    added = own_images_panel(lab.workspace)
    if added:
        start_preparing(added, lab)
    data_set_description(choice, lab)
    prepared = prepared_or_controls(
        choice.source, lab.workspace, _("Prepare {title}", title=escape_markdown(choice.title))
    )
    if prepared is None:
        what_it_holds(choice.source, lab)
        return
    meta = prepared.meta
    changed = st.container()  # filled at the end: to look at a folder of many files takes a while
    summary_metrics(meta)
    split_note(meta)
    if meta.warning:
        st.warning(escape_markdown(meta.warning), icon=":material/tonality:")
    if meta.animations:
        st.info(escape_markdown(meta.animations), icon=":material/animated_images:")
    copies_warnings(meta)
    before = newest_before(choice.source, lab)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.page_link(
            TRAIN.file,
            label=_("Train with {title}", title=escape_markdown(data_picker.title_of(meta))),
            icon=":material/model_training:",
            query_params=choice.link | (again_params(before) if before else {}),
        )
        if before:
            st.caption(_("with the settings of {run:name}", run=escape_markdown(before.name)))
        with st.popover(_("Export the images"), icon=":material/folder_zip:"):
            export_panel(prepared, lab.workspace)
    shows: dict[str, Show] = {
        "images": partial(images_tab, lab=lab),
        "suspects": partial(suspects_tab, lab=lab),
        "edits": partial(edits_tab, lab=lab),
        "classes": class_counts_tab,
        "batch": partial(batch_tab, lab=lab),
        "details": partial(details_tab, lab=lab),
    }
    for name, tab in linked_tabs(list(shows), "view", title=tab_title):
        if tab.open:
            with tab, frame.show_problems():
                shows[name](prepared)
    with changed:
        import_notice(prepared, lab)


def newest_before(source: DataSource, lab: Lab) -> Run | None:
    """Of a version: the newest run on the set or on a version of it, so that the next one differs from it in the data
    alone."""
    runs = lab.runs_on(source.base) if source.version else []
    return next((run for run in runs if run.state == "finished" and run.code != UNREADABLE), None)


def start_preparing(added: DataSource, lab: Lab) -> None:
    """Begin to prepare what was just added, and turn the page to it."""
    with frame.show_problems():
        job.start(added, lab.workspace)
        data_picker.show_data_set(added)
        st.rerun()


def data_set_description(choice: data_picker.Choice, lab: Lab) -> None:
    if choice.source.version:
        version_description(choice.source, lab)
        return
    if choice.source.is_folder:
        with st.container(horizontal=True, vertical_alignment="center"):
            place = imports.place_of(choice.source, lab.workspace)
            st.caption(_("Your own images: {place}", place=escape_markdown(place)))
            removal_button(choice.source, lab)
        return
    spec = catalog.spec(choice.source.name)
    st.markdown(_("{about} [Where it comes from]({address})", about=translate(spec.about), address=spec.homepage))


def what_it_holds(source: DataSource, lab: Lab) -> None:
    """What can be told of a built-in set before it is prepared; of own images that is nothing."""
    if source.is_folder or source.version:
        return
    spec = catalog.spec(source.name)
    st.caption(
        _(
            "{classes:count} classes · {effort}",
            classes=len(spec.classes),
            effort=before_a_run.effort(source, lab.workspace),
        )
    )
    st.html(preview(spec))


def summary_metrics(meta: Meta) -> None:
    """The most important numbers."""
    sizes = f"{meta.size[1]} × {meta.size[0]}" if meta.size else _("various")
    with st.container(horizontal=True, gap="medium", key="numbers-data"):
        st.metric(_("Images"), formatting.count(meta.count), width="content")
        st.metric(_("Classes"), formatting.count(len(meta.classes)), width="content")
        st.metric(_("Size in pixels"), sizes, width="content")
        st.metric(_("Channels"), _("1, grey") if meta.channels == 1 else _("3, colour"), width="content")
        if meta.left_out:
            left_out = formatting.count(meta.left_out)
            st.metric(_("Files not used"), left_out, width="content", help=_("The Details tab says which, and why."))
        if meta.copies and meta.copies.repeated:
            copies = formatting.count(meta.copies.repeated)
            about = _("Images with the same pixels as an earlier one. A split that is made here keeps them together.")
            st.metric(_("Copies"), copies, width="content", help=about)


def split_note(meta: Meta) -> None:
    """What becomes of a set's validation images where nothing else can be tested on, and classes without any image to
    test on."""
    if words := val_is_test(meta.splits):
        st.caption(words)
    if words := meta.untested:
        st.warning(escape_markdown(words), icon=":material/rule:")


def copies_warnings(meta: Meta) -> None:
    """What copies do to a score, where they can."""
    if meta.copies and (words := [*filter(None, [meta.copies.across_words, meta.copies.class_words])]):
        st.warning("  \n".join(words), icon=":material/content_copy:")


def class_counts_tab(prepared: Prepared) -> None:
    """How many images each class has, by split."""
    meta = prepared.meta
    st.plotly_chart(
        class_count_bars(meta.classes, meta.class_counts),
        width="stretch",
        alt=one_line(
            _(
                "Bar chart: images of each of the {classes} classes of {title:name}, by split",
                classes=len(meta.classes),
                title=data_picker.title_of(meta),
            )
        ),
        key="class_counts",
    )
    st.caption(_("A class with few images is learnt worse, and a model may do well by never naming it."))
    rows = pd.DataFrame(
        {split_column(name, meta): counts for name, counts in meta.class_counts.items()}, index=list(meta.classes)
    )
    rows.index.name = "Class"  # as the file has it; the page shows the words of its reader
    titles = {split_column(name, meta): own_split_title(name, meta.splits) for name in meta.class_counts}
    titles["_index"] = _("Class")
    count = metric_column.cell_format(formatting.count)
    st.dataframe(
        rows.style.format(count), width="stretch", column_config=titles, alt=_("Images of each class by split")
    )
    csv.download_button(lambda: rows, "images-by-class.csv", key="csv-classes")


def split_column(name: str, meta: Meta) -> str:
    """The heading of a split in the file."""
    return SPLIT_COLUMNS[role(name, meta.splits)]


def drawable_toggle(source: DataSource, lab: Lab) -> None:
    """Whether Predict offers the canvas to models of these images; found from the images, changed by a person."""
    key = f"drawable-{source.key}"
    st.toggle(
        _("A pen can draw what these images show"),
        value=is_drawable(source, lab.workspace),
        key=key,
        on_change=lambda: say_drawable(source, lab.workspace, st.session_state[key]),
        help=_(
            "On: a model of these images is asked by drawing, and an upload is brought to the form of the training "
            "images. It is found from the images: strokes of one tone on an even ground."
        ),
    )


def details_tab(prepared: Prepared, lab: Lab) -> None:
    """Everything else that is known: splits, pixel statistics, where it came from, what was left out."""
    meta = prepared.meta
    names = [_("Grey")] if meta.channels == 1 else [_("Red"), _("Green"), _("Blue")]
    st.markdown(_("**Pixel values**, on a scale from 0 (black) to 1 (white), over the training images"))
    st.dataframe(
        {"channel": names, "mean": meta.mean, "std": meta.std},
        hide_index=True,
        width="stretch",
        column_config={
            "channel": _("Channel"),
            "mean": st.column_config.NumberColumn(_("Mean"), format="%.4f"),
            "std": st.column_config.NumberColumn(_("Spread (std)"), format="%.4f"),
        },
        alt=_("Mean and standard deviation of each channel"),
    )
    st.markdown(_("**Images**"))
    lines = [f"{own_split_title(name, meta.splits)}: {formatting.count(n)}" for name, n in meta.splits.items()]
    if not prepared.uniform:
        (low_h, low_w), (high_h, high_w) = prepared.shapes.min(axis=0), prepared.shapes.max(axis=0)
        smallest, largest = f"{low_w} × {low_h}", f"{high_w} × {high_h}"
        lines.append(_("From {smallest} to {largest} pixels", smallest=smallest, largest=largest))
        if meta.ground is None:
            lines.append(_("Brought to a model's size by their middle: what sticks out at two sides is cut off"))
        else:
            lines.append(_("Brought to a model's size whole: the ground of the drawings fills the rest"))
    for span in (meta.levels.whole, meta.levels.decimal) if meta.levels else ():
        if span:
            lines.append(_("Levels of grey in the files: {black:g} is black and {white:g} is white", black=span[0],
                           white=span[1]))  # fmt: skip
    source = DataSource.of(meta)
    origin = imports.place_of(source, lab.workspace) if source.is_folder else meta.source
    lines.append(_("Source: {source}", source=escape_markdown(origin)))
    fingerprint = meta.fingerprint[:16]
    lines.append(_("Fingerprint: `{fingerprint}`. The same images have the same one.", fingerprint=fingerprint))
    st.markdown("\n".join(f"- {line}" for line in lines))
    if source.is_folder:
        drawable_toggle(source, lab)
    if meta.left_out:
        st.markdown(_("**Files not used**: {files:count}", files=meta.left_out))
    else:
        st.markdown(_("**Files not used**: none"))
    if meta.skipped:
        files, reasons = zip(*meta.skipped, strict=True)
        st.dataframe(
            {"File": files, "Why": [translate(reason) for reason in reasons]},
            column_config={"File": _("File"), "Why": _("Why")},
            hide_index=True,
            width="stretch",
            alt=_("Files not used, with reasons"),
        )
        if meta.unlisted:
            st.caption(_("The first {files:count} are listed.", files=len(meta.skipped)))
        left_out = pd.DataFrame(meta.skipped, columns=["File", "Why"])
        csv.download_button(lambda: left_out, "left-out.csv", key="csv-left-out", index=False)


main()
