"""The learning rate of the run on the form, drawn over its epochs before it begins."""

import streamlit as st

from core.charts.rates import schedule_chart
from core.locale import _
from core.run_config import RunConfig
from core.training.schedules import SCHEDULES
from pages.components import background
from pages.components.chart import live_chart

STEPS_PER_EPOCH = 50  # of the drawn run: a schedule goes by shares of the run, or by whole epochs


def draw_schedule(config: RunConfig) -> None:
    """Nothing where the rate stays as it is, or where PyTorch, which moves it, is not loaded yet."""
    moves = SCHEDULES[config.schedule.name].moves
    if moves == "never":
        return
    if moves == "loss":
        st.caption(_("When the rate falls is decided by the validation loss, so it cannot be drawn before."))
        return
    if not background.torch_loaded():
        return
    epochs, rates = rates_of(config.to_json())
    live_chart(
        schedule_chart(epochs, rates, config.training.epochs), _("Learning rate over the epochs."), key="schedule-chart"
    )


@st.cache_data(max_entries=32, show_spinner=False)
def rates_of(config: str) -> tuple[list[float], list[float]]:
    from core.training.schedule_preview import rates

    return rates(RunConfig.from_json(config), STEPS_PER_EPOCH)
