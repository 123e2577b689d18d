"""How the images lie: a map of them, coloured, from which a lasso takes a selection."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core import formatting
from core.charts.image_map import map_chart
from core.errors import Problem
from core.insight.evaluation_job import MapJob
from core.insight.image_map import (
    BY,
    MAX_POINTS,
    METHODS,
    By,
    ImageMap,
    find_map,
    map_values,
    pca_map,
)
from core.insight.image_scores import ImageScores
from core.insight.part_features import MAX_IMAGES, PartFeatures
from core.insight.predictions import Predictions
from core.locale import _, ngettext
from core.sanitize import one_line
from pages.components import csv, frame
from pages.components.chart import live_chart
from pages.components.image_route import images_url
from pages.components.job_controls import job_controls
from pages.components.linked_select import linked_select
from pages.components.metric_column import with_counts
from pages.components.scrolling import follow
from pages.inspect.image_list import answered_images, opened_image, opened_place
from pages.inspect.inspected import Inspected, choose_one
from pages.inspect.kept_answers import answers_or_controls, features_or_controls, scores_of
from pages.inspect.mend import mend_selection

COLOURS = ("class", "answer", "right")
ANY = -1  # in place of a class, or of right and wrong
SELECTED = "map_selection"  # in the session: of which map, and the images' places in the data set
REVISION = "map_revision"  # in the session: how many selections were made without drawing
PAGE = "map_page"


def map_section(inspected: Inspected) -> None:
    one = choose_one(inspected)
    found = answers_or_controls(one, one.runs)
    if found:
        map_view(one, found[one.run.id])


@st.fragment
@frame.show_problems()
def map_view(inspected: Inspected, found: Predictions) -> None:
    """What is chosen and selected draws this alone."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by: By = linked_select(_("Alike by"), BY, "by", title=by_title)  # type: ignore[assignment]
        method = linked_select(_("Method"), METHODS, "method", title=method_title)
        colour = linked_select(_("Colour"), COLOURS, "colour", title=colour_title)
    shown = pca_or_controls(inspected, found, by) if method == "pca" else tsne_or_controls(inspected, by)
    if shown is None:
        return
    scores = scores_of(inspected, inspected.run, found, inspected.split)
    places = np.searchsorted(found.indices, shown.indices) if ascending(found.indices) else places_of(found, shown)
    draw_map(inspected, shown, found, scores, places, colour)
    choose_without_drawing(inspected, shown, scores, places)
    opened = opened_place(inspected, found)
    picked = selection(inspected, found)
    if opened is not None:
        opened_image(inspected, found, scores, opened, picked if len(picked) else places)
    if len(picked):
        show_selection(inspected, found, scores, shown, picked, opened)
    follow()


def by_title(by: str) -> str:
    titles = {"features": _("What the last layer sees"), "pixels": _("Their pixels")}
    return titles.get(by, by)


def method_title(method: str) -> str:
    titles = {"pca": _("Principal components"), "tsne": "t-SNE"}
    return titles.get(method, method)


def colour_title(colour: str) -> str:
    titles = {"class": _("True class"), "answer": _("Answer"), "right": _("Right or wrong")}
    return titles.get(colour, colour)


def ascending(indices: np.ndarray) -> bool:
    return bool((np.diff(indices) > 0).all())


def places_of(found: Predictions, shown: ImageMap) -> np.ndarray:
    """Where the images of the map are in the part."""
    order = np.argsort(found.indices, kind="stable")
    return np.asarray(order[np.searchsorted(found.indices[order], shown.indices)])


def pca_or_controls(inspected: Inspected, found: Predictions, by: By) -> ImageMap | None:
    features = None
    if by == "features":
        if len(found) > MAX_IMAGES:
            raise Problem(
                "{images:count} images are too many for their features to be kept; at most {most:count} can be. Choose "
                "a smaller part, or compare the images by their pixels.",
                images=len(found),
                most=MAX_IMAGES,
            )
        features = features_or_controls(inspected, inspected.run, inspected.asked)
        if features is None:
            return None
    run, home = inspected.run, str(inspected.lab.workspace.home)
    version = inspected.version(run)
    return cached_pca(inspected, found, features, by, home, run.id, inspected.which, inspected.split, version)


@st.cache_resource(max_entries=8, show_spinner=False)
def cached_pca(
    _inspected: Inspected, _found: Predictions, _features: PartFeatures | None, by: By, home: str, run: str,
    which: str, split: str, version: str,
) -> ImageMap:  # fmt: skip
    places, values = map_values(by, _inspected.prepared, _found.answers, _features)
    return pca_map(values, _found.indices[places])


def tsne_or_controls(inspected: Inspected, by: By) -> ImageMap | None:
    run = inspected.run
    checkpoint = inspected.lab.files.checkpoint(run.id, inspected.which)
    kept = find_map(checkpoint, inspected.split, by, inspected.version(run))
    if kept and kept[1] == inspected.prepared.meta.fingerprint:
        return kept[0]
    words = _("The map is worked out beside the page, in about a minute for 10,000 images, and kept with the run.")
    job = MapJob(run, inspected.asked, inspected.which, by, inspected.lab.workspace)
    job_controls([job], _("Work the map out"), words)
    return None


def draw_map(
    inspected: Inspected, shown: ImageMap, found: Predictions, scores: ImageScores, places: np.ndarray, colour: str
) -> None:
    classes = inspected.prepared.meta.classes
    labels, answers, right = scores.labels[places], scores.predicted[places], scores.right[places]
    names: Sequence[str] = classes
    if colour == "right":
        groups, names = (~right).astype(np.int64), [_("right"), _("wrong")]
    else:
        groups = answers if colour == "answer" else labels
    words = [
        classes[label]
        if label == answer
        else _("{true}, answered {answer}", true=classes[label], answer=classes[answer])
        for label, answer in zip(labels, answers, strict=True)
    ]
    opened = opened_place(inspected, found)
    marked = None if opened is None else int(found.indices[opened])
    figure = map_chart(
        shown, groups, names, words, marked=marked, selected=found.indices[selection(inspected, found)],
        revision=st.session_state.get(REVISION, 0),
    )  # fmt: skip
    told = ngettext("Map of {n:count} image", "Map of {n:count} images", len(places))

    def selected(ids: list[object]) -> None:
        select(inspected, [one for one in ids if isinstance(one, int)])

    live_chart(figure, told, key="image-map", on_select=selected, pictures=images_url(inspected.prepared))
    if len(places) < len(found):
        st.caption(
            _("{shown:count} of the {total:count} images, drawn at random.", shown=len(places), total=len(found))
        )
    st.caption(
        _(
            "Images that are alike lie near one another. Draw around some with the lasso or the box to see them below, "
            "or choose them by class and place; a double click takes the selection away."
        )
    )


def choose_without_drawing(inspected: Inspected, shown: ImageMap, scores: ImageScores, places: np.ndarray) -> None:
    """The same for the keyboard and for fingers: by class, by answer, and by a part of the map."""
    classes = inspected.prepared.meta.classes
    with st.expander(_("Select without drawing"), icon=":material/keyboard:"):
        with st.container(horizontal=True):
            for label, key in ((_("True class"), "map-true"), (_("Answer"), "map-answer")):
                st.selectbox(label, [ANY, *range(len(classes))], format_func=partial(class_title, classes), key=key,
                             width=220)  # fmt: skip
            st.selectbox(_("Right or wrong"), [ANY, 1, 0], format_func=right_title, key="map-right", width=220)
        with st.container(horizontal=True):
            for label, key in ((_("From left to right"), "map-across"), (_("From bottom to top"), "map-up")):
                st.slider(label, 0, 100, (0, 100), format="%d %%", key=key, width=340)

        def chosen() -> None:
            fits = np.ones(len(places), bool)
            by = {"map-true": scores.labels, "map-answer": scores.predicted, "map-right": scores.right}
            for key, values in by.items():
                if (asked := st.session_state[key]) != ANY:
                    fits &= values[places] == asked
            low, high = shown.points.min(0), shown.points.max(0)
            percent = 100 * (shown.points - low) / np.maximum(high - low, 1e-12)
            for axis, key in enumerate(("map-across", "map-up")):
                first, last = st.session_state[key]
                fits &= (percent[:, axis] >= first) & (percent[:, axis] <= last)
            select(inspected, shown.indices[fits].tolist())
            st.session_state[REVISION] = st.session_state.get(REVISION, 0) + 1

        with st.container(horizontal=True):
            st.button(_("Select"), icon=":material/check:", key="map-select", on_click=chosen)
            st.button(_("Select none"), icon=":material/close:", key="map-none", on_click=select_none,
                      args=(inspected,))  # fmt: skip


def class_title(classes: Sequence[str], place: int) -> str:
    return _("any") if place == ANY else classes[place]


def right_title(right: int) -> str:
    return _("any") if right == ANY else _("right") if right else _("wrong")


def select(inspected: Inspected, ids: list[int]) -> None:
    st.session_state[SELECTED] = [token(inspected), ids[:MAX_POINTS]]
    st.session_state[PAGE] = 1


def select_none(inspected: Inspected) -> None:
    select(inspected, [])
    st.session_state[REVISION] = st.session_state.get(REVISION, 0) + 1


def token(inspected: Inspected) -> str:
    """Of which images a selection is."""
    return f"{inspected.prepared.meta.fingerprint} {inspected.split}"


def selection(inspected: Inspected, found: Predictions) -> np.ndarray:
    """The places in the part of the images that the lasso holds."""
    of, ids = st.session_state.get(SELECTED, ["", []])
    return np.flatnonzero(np.isin(found.indices, ids)) if of == token(inspected) else np.arange(0)


def show_selection(
    inspected: Inspected, found: Predictions, scores: ImageScores, shown: ImageMap, picked: np.ndarray,
    opened: int | None,
) -> None:  # fmt: skip
    """The images, how many there are of each class, and a table to take away."""
    wrong = ~scores.right[picked]
    words = ngettext("**{n:count} image selected**", "**{n:count} images selected**", len(picked))
    st.markdown(f"{words}, {_('{wrong} wrong', wrong=formatting.of(int(wrong.sum()), len(picked)))}")
    pictures, table = st.columns([3, 1], gap="medium")
    with pictures:
        label = _("Selected images with their answers")
        answered_images(inspected, found, scores, picked, opened, PAGE, "selected-images", label)
        mend_selection(inspected, found.indices[picked].tolist(), keys=opened is None)
    with table:
        classes = inspected.prepared.meta.classes
        counts, misses = (np.bincount(one, minlength=len(classes)) for one in
                          (scores.labels[picked], scores.labels[picked[wrong]]))  # fmt: skip
        order = [place for place in np.argsort(-counts, kind="stable") if counts[place]]
        frame_ = pd.DataFrame(
            {"class": [one_line(classes[i]) for i in order], "images": counts[order], "wrong": misses[order]}
        )
        st.dataframe(
            with_counts(frame_, "images", "wrong"), hide_index=True, width="stretch",
            alt=_("Selected images of each class"),
            column_config={"class": _("Class"), "images": st.column_config.NumberColumn(_("Images")),
                           "wrong": st.column_config.NumberColumn(_("Wrong"))},
        )  # fmt: skip
        csv.download_button(
            lambda: selection_table(inspected, found, scores, shown, picked), "selection.csv", key="csv-selection",
            index=False,
        )  # fmt: skip


def selection_table(
    inspected: Inspected, found: Predictions, scores: ImageScores, shown: ImageMap, picked: np.ndarray
) -> pd.DataFrame:
    """One row an image: which, what it is, what was answered, and where it lies on the map."""
    classes, prepared = inspected.prepared.meta.classes, inspected.prepared
    indices = found.indices[picked]
    points = pd.DataFrame(shown.points, index=shown.indices, columns=["x", "y"]).reindex(indices)
    return pd.DataFrame(
        {
            "index": indices,
            "file": [prepared.file(int(index)) for index in indices],
            "class": [classes[i] for i in scores.labels[picked]],
            "answer": [classes[i] for i in scores.predicted[picked]],
            "probability": scores.confidence[picked],
            "x": points["x"].to_numpy(),
            "y": points["y"].to_numpy(),
        }
    )
