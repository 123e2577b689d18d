"""The numbers of a run that are looked at first, in boxes."""

import streamlit as st

from core import formatting
from core.locale import _
from core.runs.store import EpochRow, Run, StepRow
from core.runs.time_spent import preparation
from core.training.metrics import DECISIVE, METRICS
from pages.components.spec_words import best_on, last_on


def key_numbers(run: Run, epochs: list[EpochRow], steps: list[StepRow]) -> None:
    """The best and the last values, with words that say which, and with the counts behind them."""
    trained = [row for row in epochs if row.epoch]
    shown = trained or epochs
    best = max(shown, key=lambda row: row[f"val_{DECISIVE}"] or 0, default=None)
    last = shown[-1] if shown else None
    decisive, measured_on = METRICS[DECISIVE], run.config.data.measured_on
    boxes = [
        score_metric(best_on(measured_on, decisive), best, "val"),
        score_metric(last_on(measured_on, decisive), last, "val"),
        score_metric(last_on("train", decisive), trained[-1] if trained else None, "train"),
    ]
    spent = formatting.duration(run.seconds or None)
    rate = (run.summary or {}).get("images_per_second") or (steps[-1]["images_per_second"] if steps else None)
    words = [formatting.speed(rate)] if rate else []
    boxes.append((_("Time trained"), spent, ", ".join([*words, *preparation(run)])))
    with st.container(horizontal=True, key=f"numbers-{run.id}"):
        for label, value, below in boxes:
            st.metric(label, value, below or None, delta_color="off", delta_arrow="off", border=True)


def score_metric(label: str, row: EpochRow | None, part: str) -> tuple[str, str, str]:
    if row is None:
        return label, formatting.NONE, ""
    counts = formatting.of(row.count(f"{part}_correct"), row.count(f"{part}_total"))
    value = METRICS[DECISIVE].write(row[f"{part}_{DECISIVE}"])
    if row.epoch:
        return label, value, _("{counts}, epoch {epoch}", counts=counts, epoch=row.epoch)
    return label, value, _("{counts}, untrained", counts=counts)
