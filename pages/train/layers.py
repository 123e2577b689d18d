"""The layer table of the model on the form: what each layer puts out, and how many numbers it learns."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core import formatting
from core.errors import Problem
from core.locale import _
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs import starting_weights
from core.runs.lab import Lab
from core.runs.starting_weights import start_text
from pages.components import background
from pages.components.markdown import escape_markdown
from pages.components.metric_column import cell_format
from pages.train.draft import Checked, error_text
from pages.train.forms import current_draft

if TYPE_CHECKING:
    from core.models.summary import Summary

MAX_ROWS_WITHOUT_SCROLLING = 20  # layers up to which the table is shown whole, the last layer included
KIND_PX, NUMBERS_PX = 120, 105  # pixels of width of columns


def layers_fold(
    checked: Checked, prepared: Prepared | None, misfits: Sequence[str], lab: Lab, *, starts: bool
) -> list[str]:
    """Draw the table, while its fold is open; returns what prevents a start: that this model cannot be built for these
    images, or not with its weights. `misfits` are told elsewhere, and so are weights that are not there (`starts`)."""
    fold = st.expander(_("Layers"), icon=":material/layers:", on_change="rerun", key="fold-layers")
    with fold:
        if checked.config is None:
            st.caption(_("The layers are counted once the settings are right."))
        elif prepared is None:
            st.caption(_("The layers are counted once the data set is prepared."))
        elif misfits:
            st.caption(_("The layers are counted once they fit."))
        elif not background.lacks_torch():
            try:
                summary = count_layers(checked.config.to_json(), prepared.meta.fingerprint, prepared)
                start = layers_taken(checked.config, prepared, lab) if starts else {}
            except Problem as error:
                words = error_text(error, current_draft())
                st.error(escape_markdown(words), icon=":material/error:")
                return [words]
            if fold.open:
                layer_table(summary, start)
    return []


def layer_table(summary: "Summary", start: Mapping[str, Any]) -> None:
    """The layers, their counts, and what is taken of another run."""
    table = pd.DataFrame(
        {
            "kind": [row.kind for row in summary.rows],
            "output": [shape_text(row.output_shape) for row in summary.rows],
            "parameters": [row.parameters for row in summary.rows],
            "weights": [weights_text(row.weights) for row in summary.rows],
            "layer": [row.name for row in summary.rows],
        }
    )
    st.dataframe(
        table.style.format({"parameters": cell_format(formatting.count)}),  # it still sorts by the number
        hide_index=True,
        height="content" if len(table) <= MAX_ROWS_WITHOUT_SCROLLING else "auto",
        column_config={
            # What a column of the form has room for comes first.
            "kind": st.column_config.TextColumn(_("Kind"), width=KIND_PX),
            "output": st.column_config.TextColumn(_("Output shape"), width=NUMBERS_PX),
            "parameters": st.column_config.Column(_("Parameters"), width=NUMBERS_PX),
            "weights": _("Weights"),
            "layer": _("Layer"),
        },
        alt=_("Layers of the model with output shapes, weight shapes and parameter counts."),
    )
    st.caption(totals_text(summary))
    if start:
        st.caption(escape_markdown(start_text(start)))


def layers_taken(config: RunConfig, prepared: Prepared, lab: Lab) -> dict[str, Any]:
    """What the run would begin with of another one; empty if it starts from none. `Problem` where nothing fits."""
    if not (run := config.model.of_run):
        return {}
    version = lab.files.checkpoint_version(run)  # a run that goes on writes others
    return compare_layers(config.to_json(), prepared.meta.fingerprint, version, prepared, lab)


@st.cache_data(max_entries=64, show_spinner=False)
def compare_layers(config: str, fingerprint: str, version: str, _prepared: Prepared, _lab: Lab) -> dict[str, Any]:
    """Cached, as the weights are read for it."""
    start = starting_weights.check(RunConfig.from_json(config), _prepared, _lab.store, _lab.files)
    return asdict(start) if start else {}


@st.cache_data(max_entries=64, show_spinner=False)
def count_layers(config: str, fingerprint: str, _prepared: Prepared) -> "Summary":
    """Cached by the settings and the fingerprint of their data."""
    from core.training.preflight import check

    return check(RunConfig.from_json(config), _prepared)


def totals_text(summary: "Summary") -> str:
    parameters = _("{parameters:count} parameters", parameters=summary.parameters)
    if summary.trainable != summary.parameters:
        learn = summary.trainable
        parameters = _("{parameters}, of which {learn:count} learn", parameters=parameters, learn=learn)
    parts = [
        _("Input {shape} (channels × height × width)", shape=shape_text(summary.input_shape)),
        parameters,
        _("{operations:count} multiply-adds an image", operations=summary.multiply_adds),
    ]
    return " · ".join(parts)


def weights_text(weights: Mapping[str, tuple[int, ...]]) -> str:
    return ",  ".join(f"{name.rsplit('.', 1)[-1]} {shape_text(size)}" for name, size in weights.items())


def shape_text(sizes: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in sizes)
