"""How a person wants to see the curves of a run: the popover over the chart."""

from dataclasses import dataclass

import streamlit as st

from core.insight.comparison import Axis, chart_families
from core.locale import _, translate
from core.runs.store import Run
from core.training.metrics import logarithmic
from core.training.metrics.spec import MetricSpec
from pages.components.spec_words import AXES, axis_title
from pages.train.ghost import pin_select

FIRST_AXIS = "Epochs"  # one of AXES


@dataclass(frozen=True)
class ChartOptions:
    """How a person wants to see the curves."""

    metrics: list[str]
    x: Axis
    smoothing: float
    log: bool
    load: bool  # whether to say how busy the computer is


def chart_options(run: Run, found: list[MetricSpec], others: list[Run], *, here: bool) -> ChartOptions:
    """`here`: whether the run's process is one of this computer, whose load can be asked."""
    families = chart_families(found)
    at_once = [group for group, specs in families.items() if any(spec.drawn_at_once for spec in specs)]
    with st.popover(_("View"), icon=":material/tune:"):
        shown = st.pills(
            _("Charts"),
            list(families),
            selection_mode="multi",
            default=at_once,
            format_func=translate,
            key=f"charts-{run.id}",
        )
        x = st.segmented_control(
            _("Horizontal axis"),
            list(AXES),
            default=FIRST_AXIS,
            required=True,
            format_func=axis_title,
            key=f"x-{run.id}",
        )
        smoothing = st.slider(
            _("Smoothing"),
            0.0,
            0.99,
            0.0,
            0.01,
            key=f"smooth-{run.id}",
            help=_(
                "Averages each point with those before it. The raw curve stays, faint. "
                "Too high: the curve lags behind what happens. Too low: noise hides the trend."
            ),
        )
        log = st.toggle(_("Log scale"), key=f"log-{run.id}", help=_("For {metrics}.", metrics=logarithmic()))
        load = here and run.state == "running" and st.toggle(_("Load of this computer"), key=f"load-{run.id}")
        pin_select(run, others)
    metrics = [spec.name for group, specs in families.items() if group in shown for spec in specs]
    return ChartOptions(metrics, AXES[x or FIRST_AXIS], smoothing, log, load)  # a browser may send none of them
