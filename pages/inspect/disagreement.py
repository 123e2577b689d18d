"""Two models on the same images: whether one is better, where they disagree, and what differs in their settings."""

import numpy as np
import streamlit as st

from core import formatting
from core.insight.difference import PairedDifference, judge, paired
from core.insight.image_answers import ImageAnswers
from core.insight.image_names import image_number
from core.insight.predictions import Predictions
from core.insight.shared_images import newest_first, shared_images, versions_differ
from core.locale import _, ngettext
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.naming import data_title
from core.runs.store import Run
from pages.components import frame
from pages.components.image_grid import Cell, image_buttons
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown
from pages.components.paging import page_of
from pages.components.run_picker import run_names, run_titles
from pages.components.scrolling import follow
from pages.components.settings_table import settings_table
from pages.inspect.doubts import show_data_doubts
from pages.inspect.image_list import close_image, open_image, opened_image, opened_place
from pages.inspect.inspected import Inspected
from pages.inspect.kept_answers import answers_or_controls, scores_of

FIRST, SECOND, BOTH_WRONG = "first", "second", "neither"  # which of two models is right
IMAGES_PER_PAGE = 50
PAGE = "disagreement_page"


def disagreement_section(inspected: Inspected) -> None:
    if len(inspected.runs) < 2:
        st.info(_("Choose a second model above, to see where the two disagree."), icon=":material/compare:")
        return
    first, *others = inspected.runs
    names = run_names(inspected.runs)
    second = others[0]
    if len(others) > 1:
        chosen = linked_select(
            _("{first:name} beside", first=names[first.id]),
            [run.id for run in others],
            "beside",
            title=lambda one: names.get(one, one),
        )
        second = next(run for run in others if run.id == chosen)
    sets = {run.id: inspected.of(run).prepared for run in (first, second)}  # or a run has no such images
    found = answers_or_controls(inspected, [first, second])
    if not found:
        return
    show_data_doubts(inspected, found)
    answers, judge_by = {run: one.answers for run, one in found.items()}, first
    if versions_differ(sets):
        truth = choose_truth((first, second), inspected.lab)
        judge_by = second if truth == second.id else first
        shared = shared_images(answers, sets, truth)
        answers = shared.answers
        st.caption(escape_markdown(shared.words))
        accuracies_before_and_after((first, second), answers)
    disagreement_view(inspected.of(judge_by), (first, second), answers, found[judge_by.id])


def choose_truth(runs: tuple[Run, Run], lab: Lab) -> str:
    """The run whose version of the data set has the labels by which both are judged: the newer one's at first."""
    names = {run.id: title_of(run) for run in newest_first(runs, lab.workspace)}
    return linked_select(_("Judge by the labels of"), list(names), "labels_of", title=lambda one: names.get(one, one))


def title_of(run: Run) -> str:
    return _("{data}, of {run}", data=data_title(run.config), run=run.name)


def accuracies_before_and_after(runs: tuple[Run, Run], answers: dict[str, ImageAnswers]) -> None:
    with st.container(horizontal=True, gap="medium"):
        for run in runs:
            right = answers[run.id].right
            count = formatting.of(int(right.sum()), len(right))
            st.metric(
                escape_markdown(title_of(run)), formatting.percent(right.mean()), count, delta_color="off",
                delta_arrow="off", width="content",
            )  # fmt: skip


@st.fragment
@frame.show_problems()
def disagreement_view(
    inspected: Inspected, runs: tuple[Run, Run], answers: dict[str, ImageAnswers], found: Predictions
) -> None:
    """`inspected` is the run by whose labels both are judged, `found` what it answered."""
    first, second = runs
    st.markdown(escape_markdown(judge([first], [second], answers).words))
    one, other = answers[first.id], answers[second.id]
    if one.images != other.images:
        return
    of_several = len({data_title(run.config) for run in runs}) > 1
    names = run_titles(runs) if of_several else run_names(runs)
    counts = paired(one.right, other.right)
    st.caption(chance_in_words(counts))
    st.markdown(_("**Where they disagree**"))
    groups = {
        FIRST: one.right & ~other.right,
        SECOND: ~one.right & other.right,
        BOTH_WRONG: ~one.right & ~other.right & (one.predicted != other.predicted),
    }
    titles = {
        FIRST: _("Only {run} is right ({n:count})", run=names[first.id], n=counts.only_first),
        SECOND: _("Only {run} is right ({n:count})", run=names[second.id], n=counts.only_second),
        BOTH_WRONG: _("Both wrong, with different answers ({n:count})", n=int(groups[BOTH_WRONG].sum())),
    }
    group = linked_select(
        _("Images"), list(groups), "right", title=lambda name: titles.get(name, name), label_visibility="collapsed",
        on_change=first_page,
    )  # fmt: skip
    disagreement_images(inspected, np.flatnonzero(groups[group]), runs, answers, found)
    st.markdown(_("**What differs in their settings**"))
    settings_table(inspected.lab, runs)
    follow()


def chance_in_words(counts: PairedDifference) -> str:
    return _("Chance alone gives so unequal counts with a probability of {p:.3f} (McNemar's test).", p=counts.p_value)


def disagreement_images(
    inspected: Inspected, places: np.ndarray, runs: tuple[Run, Run], answers: dict[str, ImageAnswers],
    found: Predictions,
) -> None:  # fmt: skip
    if not len(places):
        st.info(_("There is no such image."), icon=":material/image_search:")
        return
    one, other = (answers[run.id] for run in runs)
    chosen = opened_among(inspected, one.indices[places], found)
    shown = page_of(places, IMAGES_PER_PAGE, PAGE).shown
    indices = one.indices[shown].tolist()
    prepared, cells = inspected.prepared, []
    for place in shown:
        index = int(one.indices[place])
        said = {
            "image": image_number(prepared, index),
            "true": class_title(prepared, one.labels[place]),
            "first": class_title(prepared, one.predicted[place]),
            "second": class_title(prepared, other.predicted[place]),
        }
        cells.append(
            Cell(
                prepared.image(index),
                _("{first} | {second}; is {true}", **said),
                _("{image}, which is {true:name}; the first says {first:name}, the second {second:name}", **said),
                file=prepared.file(index),
            )
        )
    image_buttons(
        cells,
        indices.index(chosen) if chosen in indices else None,
        "disagreement",
        lambda place: open_image(indices[place]),
        width=96,
        label=_("Images on which the models disagree"),
    )
    many = ngettext("{n:count} image.", "{n:count} images.", len(places))
    first, second = map(escape_markdown, run_names(runs).values())
    st.caption(_("{many} Below each: the answer of {first:name} | of {second:name}; and what it is.",
                 many=many, first=first, second=second))  # fmt: skip


def opened_among(inspected: Inspected, indices: np.ndarray, found: Predictions) -> int | None:
    """Shows the image that the link asks for, with the answers of the run by whose labels both are judged, where it is
    one of `indices`, places in the data set; returns it."""
    opened = opened_place(inspected, found)
    if opened is None or found.indices[opened] not in indices:
        return None
    scores = scores_of(inspected, inspected.run, found, inspected.split)
    place_of = {index: place for place, index in enumerate(found.indices.tolist())}
    walked = np.array([place_of[index] for index in indices.tolist()])
    heading = _("What {run:name} answers:", run=escape_markdown(inspected.run.name))
    opened_image(inspected, found, scores, opened, walked, heading)
    return int(found.indices[opened])


def class_title(prepared: Prepared, number: int) -> str:
    """The name of a class; −1 is one that another version of the set has, and this one has not."""
    return prepared.meta.classes[number] if number >= 0 else _("a class of another version")


def first_page() -> None:
    close_image()
    st.session_state[PAGE] = 1
