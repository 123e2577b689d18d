"""A model's answer: in large words, with the picture that it saw and what else it considered."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

from core import formatting
from core.charts.bars import probability_bars
from core.locale import _
from core.runs.confidence import PLAIN, Confidence
from core.sanitize import one_line
from pages.components.chart import live_chart
from pages.components.image_grid import Cell, one_picture
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown

PICTURE_WIDTH_PX = 132  # pixels
MAX_CLASSES_IN_BARS = 10  # classes in the bars
MAX_ANSWER_CHARS = 120  # characters of an answer in large letters
LIKELIEST, BY_CLASS = "likeliest", "class"  # orders of the bars


@dataclass(frozen=True)
class Answer:
    """One model's answer to one picture: `seen` (H, W, C) uint8 as it saw it, one probability a class."""

    model: str  # the run's name
    colour: str
    classes: Sequence[str]
    probabilities: Sequence[float]
    seen: np.ndarray
    confidence: Confidence = PLAIN

    @property
    def words(self) -> str:
        """`3 — 98.2 %`"""
        top = int(np.argmax(self.probabilities))
        if self.refused:
            return _("None of these")
        return f"{self.classes[top]} — {formatting.percent(float(self.probabilities[top]), 1)}"

    @property
    def refused(self) -> bool:
        """Whether the likeliest class is less probable than an answer must be."""
        return max(self.probabilities) < self.confidence.threshold

    @property
    def notes(self) -> list[str]:
        """How the probabilities differ from those that the model was trained to give."""
        found = []
        if self.refused:
            least = self.confidence.threshold
            found.append(_("No class reaches {least:percent}, from which on an answer counts.", least=least))
        if self.confidence.temperature != 1:
            found.append(_("Probabilities at temperature {value:.2f}.", value=self.confidence.temperature))
        return found


def bar_order_select() -> str:
    """Whether bars stand by probability or by class."""
    return linked_select(_("Bars"), [LIKELIEST, BY_CLASS], "bars", title=order_title)


def order_title(order: str) -> str:
    return _("In class order") if order == BY_CLASS else _("Likeliest first")


def show_answers(answers: Sequence[Answer], order: str, key: str) -> None:
    """Every answer side by side, two in a row."""
    for start in range(0, len(answers), 2):
        row = answers[start : start + 2]
        for place, (column, answer) in enumerate(zip(st.columns(len(row)), row, strict=True)):
            with column, st.container(border=True):
                show_answer(answer, order, f"{key}_{start + place}")


def show_answer(answer: Answer, order: str, key: str) -> None:
    st.caption(escape_markdown(answer.model))
    # A live region, so that a screen reader says the answer when it changes.
    st.html(
        '<p role="status" style="font-size: 1.9rem; font-weight: 650; line-height: 1.2; margin: 0; '
        'overflow-wrap: anywhere">'
        f"{escape(one_line(answer.words, MAX_ANSWER_CHARS))}</p>"
    )
    if answer.notes:
        st.caption(" ".join(answer.notes))
    beside = st.container(horizontal=True)
    with beside, st.container(width=PICTURE_WIDTH_PX):
        height, width = answer.seen.shape[:2]
        alt = _("The picture that {model:name} saw", model=answer.model)
        caption = _("What the model saw: {width} × {height} pixels", width=width, height=height)
        one_picture(Cell(answer.seen, caption, alt), width=PICTURE_WIDTH_PX)
    with beside, st.container(width="stretch"):
        names, shares = top_classes(answer, order)
        alt_parts = [f"{name} {formatting.percent(share, 1)}" for name, share in zip(names, shares, strict=True)]
        bars = probability_bars(names, shares, answer.colour)
        alt = _("Probabilities: {values}", values=", ".join(alt_parts))
        live_chart(bars, one_line(alt), key=f"bars_{key}")


def top_classes(answer: Answer, order: str, most: int = MAX_CLASSES_IN_BARS) -> tuple[list[str], list[float]]:
    """The likeliest classes and their probabilities, by probability or in class order."""
    places = np.argsort(-np.asarray(answer.probabilities), kind="stable")[:most]
    if order == BY_CLASS:
        places = np.sort(places)
    return [answer.classes[i] for i in places], [float(answer.probabilities[i]) for i in places]
