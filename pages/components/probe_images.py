"""A few fixed images and what runs answered on them after every epoch, replayed with one slider."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from core import formatting
from core.datasets.source import DataSource
from core.locale import _
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.runs import probe_images, watched_images
from core.runs.lab import Lab
from core.runs.probe_images import ProbeAnswers
from core.runs.store import Run
from core.sanitize import one_line
from pages.components.image_grid import Cell, image_grid
from pages.components.markdown import escape_markdown

CELL_PX = 84  # pixels of width of an image


def replayed_images(lab: Lab, runs: Sequence[Run], key: str) -> None:
    """One slider over the epochs; of each run that has answers, the images with its answer at that epoch or, where it
    has fewer, at its last."""
    kept = {run.id: probe_images.read(lab.files.probe_images(run.id)) for run in runs}
    able = [run for run in runs if kept[run.id]]
    if not able:
        st.caption(_("A run that trains from now on answers nine images after every epoch; there are no answers yet."))
        return
    last = max(kept[run.id][-1].epoch for run in able)
    epoch = (
        last if last == 0 else st.slider(_("After epoch"), 0, last, last, key=key, help=_("0 is the untrained model."))
    )
    for run in able:
        prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
        if prepared is None:
            continue
        answers = [one for one in kept[run.id] if one.epoch <= epoch][-1:] or kept[run.id][:1]
        if len(able) > 1:
            words = "" if answers[0].epoch == epoch else " " + _("(after epoch {epoch})", epoch=answers[0].epoch)
            st.markdown(f"**{escape_markdown(run.name)}**{words}")
        draw(answers[0], prepared, run, lab.files.watched_images(run.id))
    st.caption(
        _(
            "Nine images of the part that is measured after every epoch, and pictures of your own that were watched "
            "when the run began (choose them on Predict). Each shows the answer and how sure it is."
        )
    )


def draw(answers: ProbeAnswers, prepared: Prepared, run: Run, files: Sequence[Path]) -> None:
    """The images of the data set, and of `files` a person's own."""
    names, total = prepared.meta.classes, prepared.meta.count
    cells = [
        answer_cell(prepared, image, names[pairs[0][0]], pairs[0][1])
        for image, pairs in zip(answers.images, answers.answers, strict=True)
        if image < total and pairs[0][0] < len(names)
    ]
    own = watched_images.read(files)
    cells += [
        own_cell(own[file], names[pairs[0][0]], pairs[0][1])
        for file, pairs in answers.own.items()
        if file in own and pairs[0][0] < len(names)
    ]
    label = _("Answers of {run:name} after epoch {epoch}", run=one_line(run.name), epoch=answers.epoch)
    image_grid(cells, CELL_PX, label=label, key=f"probe-{run.id}")


def answer_cell(prepared: Prepared, image: int, answer: str, share: float) -> Cell:
    truth = prepared.meta.classes[prepared.labels[image]]
    words = _("{answer}, {share}", answer=answer, share=formatting.percent(share, 0))
    alt = _("{truth}, taken for {answer}", truth=truth, answer=answer)
    return Cell(prepared.image(image), words, alt, answer == truth, prepared.file(image))


def own_cell(image: np.ndarray, answer: str, share: float) -> Cell:
    """A picture of a person's own, of which nobody has said what it is."""
    words = _("{answer}, {share}", answer=answer, share=formatting.percent(share, 0))
    return Cell(image, words, _("Your picture, taken for {answer}", answer=answer))
