"""Where a model errs: what it takes for what, class by class, and image by image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import formatting
from core.charts.confusion import CELLS, MAX_CLASSES_IN_MATRIX, confusion_chart
from core.insight.answers import counted_by_run, looked_at
from core.insight.class_figures import ClassFigures, class_figures, confused_pairs
from core.insight.image_scores import TOP, ImageScores
from core.insight.predictions import Predictions
from core.locale import _, ngettext
from core.sanitize import one_line
from core.training.verdict import Measured
from pages.components import csv, frame
from pages.components.chart import live_chart
from pages.components.linked_select import linked_select
from pages.components.metric_column import PERCENT, with_counts
from pages.components.score_notes import show_score_notes
from pages.components.scrolling import follow
from pages.components.theme import page_background
from pages.inspect.doubts import with_doubts
from pages.inspect.image_list import ANSWER, TRUE, chosen_class, image_list, look_at
from pages.inspect.inspected import Inspected, choose_one
from pages.inspect.kept_answers import answers_or_controls, scores_of

PAIRS = 12  # most confused pairs that are listed
PAIR_NAME_PX, PAIR_NUMBER_PX = 96, 72  # pixels of width, so that the numbers are in sight beside long names
MAX_CLASSES_IN_FIRST_SIGHT = 30  # from more on the pairs come before the matrix, whose cells are small


def errors_section(inspected: Inspected) -> None:
    one = choose_one(inspected)
    found = answers_or_controls(one, one.runs)
    if found:
        errors_view(one, found[one.run.id])


@st.fragment
@frame.show_problems()
def errors_view(inspected: Inspected, found: Predictions) -> None:
    """A click on a cell draws this alone."""
    scores = scores_of(inspected, inspected.run, found, inspected.split)
    classes = inspected.prepared.meta.classes
    confusion = found.answers.confusion(len(classes))
    headline(scores, named=int((confusion.sum(0) > 0).sum()), inspected=inspected, found=found)
    pairs_first = len(classes) > MAX_CLASSES_IN_FIRST_SIGHT
    shown = [confused_pairs_table, confusion_map] if pairs_first else [confusion_map, confused_pairs_table]
    for show, column in zip(shown, st.columns([2, 3] if pairs_first else [3, 2]), strict=True):
        with column:
            show(confusion, classes)
    image_list(inspected, found, scores)
    class_table(class_figures(confusion, classes), scores)
    follow()


def headline(scores: ImageScores, named: int, inspected: Inspected, found: Predictions) -> None:
    right, total = int(scores.right.sum()), len(scores.labels)
    words = [
        _("**{accuracy:percent}** classified correctly, {correct}", accuracy=right / total,
          correct=formatting.of(right, total)),
        _("loss {loss:loss}", loss=float(scores.loss.mean())),
    ]  # fmt: skip
    st.markdown(", ".join(words))
    if inspected.split == "test":
        own_split, _number = inspected.prepared.address(int(found.indices[0]))
        if said := looked_at(inspected.run, own_split):
            st.caption(" ".join(said))
    if told := counted_by_run(inspected.run, inspected.split, inspected.which, right, total):
        st.caption(told)
    largest = int(np.bincount(scores.labels).max(initial=0))
    measured = Measured(right, total, largest, named, len(inspected.prepared.meta.classes))
    show_score_notes(with_doubts(measured, inspected, found))


def confusion_map(confusion: np.ndarray, classes: Sequence[str]) -> None:
    if len(classes) > MAX_CLASSES_IN_MATRIX:
        st.caption(_("{n:count} classes are too many for a picture of all pairs.", n=len(classes)))
        return
    cells = linked_select(_("Cells"), CELLS, "share", title=cells_title)
    chosen = chosen_class(TRUE, classes), chosen_class(ANSWER, classes)
    figure = confusion_chart(confusion.tolist(), classes, cells, background=page_background(), chosen=chosen)

    def pressed(point: dict[str, Any]) -> None:
        place = point.get("place")
        if isinstance(place, list) and len(place) == 2 and all(one in range(len(classes)) for one in place):
            look_at(classes[place[0]], classes[place[1]])

    wrong = int(confusion.sum() - np.trace(confusion))
    label = ngettext("Confusion matrix with {n:count} mistake", "Confusion matrix with {n:count} mistakes", wrong)
    live_chart(figure, label, key="confusion-map", on_click=pressed)
    st.caption(_("Rows are true classes, columns answers. A click on a cell shows its images below."))


def cells_title(cells: str) -> str:
    titles = {"counts": _("Counts"), "row": _("Share of the row"), "column": _("Share of the column")}
    return titles.get(cells, cells)


def confused_pairs_table(confusion: np.ndarray, classes: Sequence[str]) -> None:
    """The mistakes by how often they occur; a chosen row shows its images."""
    st.markdown(_("**Most confused pairs**"))
    pairs = confused_pairs(confusion, PAIRS)
    if not pairs:
        st.success(_("Every image is classified correctly."), icon=":material/check_circle:")
        return
    table = pd.DataFrame(
        {
            "true": [one_line(classes[one.true]) for one in pairs],
            "answer": [one_line(classes[one.answered]) for one in pairs],
            "images": [one.count for one in pairs],
            "share": [100 * one.share for one in pairs],
        }
    )

    def chosen() -> None:
        if rows := st.session_state["confused-pairs"].selection.rows:
            look_at(classes[pairs[rows[0]].true], classes[pairs[rows[0]].answered])

    st.dataframe(
        with_counts(table, "images"),
        hide_index=True,
        width="stretch",
        key="confused-pairs",
        on_select=chosen,
        selection_mode="single-row",
        column_config={
            "true": st.column_config.TextColumn(_("True class"), width=PAIR_NAME_PX),
            "answer": st.column_config.TextColumn(_("Answer"), width=PAIR_NAME_PX),
            "images": st.column_config.NumberColumn(_("Images"), width=PAIR_NUMBER_PX),
            "share": st.column_config.NumberColumn(
                _("Share"), format=PERCENT, help=_("Of the images of the true class."), width=PAIR_NUMBER_PX
            ),
        },
        alt=_("The classes that are mixed up most often"),
    )


def class_table(figures: Sequence[ClassFigures], scores: ImageScores) -> None:
    """Precision, recall, F1, support and top-k of every class; a chosen row shows the images of the class."""
    st.markdown(_("**Class by class**"))
    table = class_frame(figures, scores)

    def chosen() -> None:
        if rows := st.session_state["class-table"].selection.rows:
            look_at(figures[rows[0]].name, "")

    percent = {
        "precision": (_("Precision"), _("Of the images answered so, the share that is.")),
        "recall": (_("Recall"), _("Of the images that are so, the share that is found.")),
        "f1": ("F1", _("The harmonic mean of precision and recall.")),
        "top5": (_("Top 5"), _("Of the images that are so, the share whose class is among the five likeliest.")),
    }
    shown = table.copy()
    for name in percent:
        if name in shown:
            shown[name] *= 100
    numbers = {
        name: st.column_config.NumberColumn(title, format=PERCENT, help=about)
        for name, (title, about) in percent.items()
    }
    st.dataframe(
        with_counts(shown.assign(**{"class": [one_line(name) for name in table["class"]]}), "support"),
        hide_index=True,
        width="stretch",
        key="class-table",
        on_select=chosen,
        selection_mode="single-row",
        column_config={"class": _("Class"), "support": st.column_config.NumberColumn(_("Images")), **numbers},
        placeholder="–",
        alt=_("Precision, recall and F1 of every class"),
    )
    csv.download_button(lambda: table, "classes.csv", key="csv-inspected-classes", index=False)


def class_frame(figures: Sequence[ClassFigures], scores: ImageScores) -> pd.DataFrame:
    """One row a class, shares of 1; NaN is what cannot be measured."""
    columns = {name: [getattr(one, name) for one in figures] for name in ("precision", "recall", "f1")}
    table = pd.DataFrame({"class": [one.name for one in figures], **columns}).astype(dict.fromkeys(columns, float))
    if len(figures) > TOP:
        table["top5"] = pd.Series(scores.classes_found_among(TOP, len(figures)), dtype=float)
    table["support"] = [one.count for one in figures]
    return table
