"""A model's answer: in large words, with the picture that it saw and what else it considered."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

from core import figures, wording
from core.text import one_line
from pages.parts.chart import live_chart
from pages.parts.image_grid import Cell, one_picture
from pages.parts.pick import pick
from pages.parts.plain import plain

PICTURE = 132  # pixels
MOST = 10  # classes in the bars
MOST_WORDS = 120  # characters of an answer in large letters
LIKELIEST, BY_CLASS = "Likeliest first", "In class order"


@dataclass(frozen=True)
class Answer:
    """One model's answer to one picture: `seen` (H, W, C) uint8 as it saw it, one probability a class."""

    model: str  # the run's name
    colour: str
    classes: Sequence[str]
    probabilities: Sequence[float]
    seen: np.ndarray

    @property
    def words(self) -> str:
        """`3 — 98.2 %`"""
        top = int(np.argmax(self.probabilities))
        return f"{self.classes[top]} — {wording.percent(float(self.probabilities[top]), 1)}"


def bar_order() -> str:
    """Whether bars stand by probability or by class."""
    return pick("Bars", [LIKELIEST, BY_CLASS], "bars")


def show_answers(answers: Sequence[Answer], order: str, key: str) -> None:
    """Every answer side by side, two in a row."""
    for start in range(0, len(answers), 2):
        row = answers[start : start + 2]
        for place, (column, answer) in enumerate(zip(st.columns(len(row)), row, strict=True)):
            with column, st.container(border=True):
                show(answer, order, f"{key}_{start + place}")


def show(answer: Answer, order: str, key: str) -> None:
    st.caption(plain(answer.model))
    # A live region, so that a screen reader says the answer when it changes.
    st.html(
        '<p role="status" style="font-size: 1.9rem; font-weight: 650; line-height: 1.2; margin: 0; '
        'overflow-wrap: anywhere">'
        f"{escape(one_line(answer.words, MOST_WORDS))}</p>"
    )
    beside = st.container(horizontal=True)
    with beside, st.container(width=PICTURE):
        height, width = answer.seen.shape[:2]
        alt = f"The picture that {answer.model} saw"
        one_picture(Cell(answer.seen, f"What the model saw: {width} × {height} pixels", alt), width=PICTURE)
    with beside, st.container(width="stretch"):
        names, shares = ranked(answer, order)
        spoken = [f"{name} {wording.percent(share, 1)}" for name, share in zip(names, shares, strict=True)]
        bars = figures.probability_bars(names, shares, answer.colour)
        live_chart(bars, one_line(f"Probabilities: {', '.join(spoken)}"), key=f"bars_{key}")


def ranked(answer: Answer, order: str, most: int = MOST) -> tuple[list[str], list[float]]:
    """The likeliest classes and their probabilities, by probability or in class order."""
    places = np.argsort(-np.asarray(answer.probabilities), kind="stable")[:most]
    if order == BY_CLASS:
        places = np.sort(places)
    return [answer.classes[i] for i in places], [float(answer.probabilities[i]) for i in places]
