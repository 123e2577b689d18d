"""What a finished run leaves: its score on the test set, its weights as files, and where to go next."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import streamlit as st

from core import formatting
from core.datasets.source import DataSource
from core.exporters import EXPORTERS
from core.exporters.spec import card_name, settings_name
from core.exporters.trackers import TRACKERS
from core.insight.diagnosis import Verdict, measured
from core.locale import _, translate
from core.prepared.drawable import is_drawable
from core.program import COMMAND
from core.runs.lab import Lab
from core.runs.naming import BOARD, file_name, model_file_name
from core.runs.store import Run
from pages.components import background, code_panel, frame
from pages.components.listing import show_code
from pages.components.model_cache import confidence_version
from pages.components.page_list import COMPARE, INSPECT, PREDICT
from pages.components.probe_images import replayed_images
from pages.components.score_notes import show_score_notes, with_data_doubts


def score_card(run: Run, found: Sequence[Verdict], lab: Lab) -> None:
    """The result in large, with the count behind it, and the links onward. Loaded weights have links alone."""
    scores = run.summary or {}
    with st.container(border=True):
        if "test_accuracy" in scores:
            correct = formatting.of(scores.get("test_correct"), scores.get("test_total"))
            st.metric(
                _("Test accuracy"),
                formatting.percent(scores["test_accuracy"]),
                _("{correct} test images classified correctly", correct=correct),
                delta_color="off",
                delta_arrow="off",
            )
            show_score_notes(with_data_doubts(measured(run, found), run, "test", lab))
        with st.container(horizontal=True, vertical_alignment="center"):
            result_links(run, lab)


def result_links(run: Run, lab: Lab) -> None:
    """Where to go with this run."""
    source = DataSource.of(run.config.data)
    if is_drawable(source, lab.workspace):
        words = _("Draw") if source.is_folder else _("Draw a digit")
        st.page_link(PREDICT.file, label=words, icon=":material/draw:", query_params={"run": run.id})
    else:
        there = {"run": run.id, "way": "images"}
        st.page_link(PREDICT.file, label=_("Try it on images"), icon=":material/image_search:", query_params=there)
    if lab.files.has_checkpoint(run.id):
        st.page_link(INSPECT.file, label=_("Look inside this run"), icon=INSPECT.icon, query_params={"run": run.id})
    if before := run_before(run, lab):
        there = {"run": f"{before.id},{run.id}", "section": "two"}
        st.page_link(INSPECT.file, label=_("Before and after the edits"), icon=":material/compare:", query_params=there)
    st.page_link(COMPARE.file, label=_("Compare runs"), icon=COMPARE.icon)


def run_before(run: Run, lab: Lab) -> Run | None:
    """Of a run on a version of a data set the newest one before it on the set as it came, if that can be looked into
    beside it."""
    source = DataSource.of(run.config.data)
    if not source.version:
        return None
    return next(
        (
            one
            for one in lab.runs_on(source.base)
            if one.created < run.created and not one.config.data.version and lab.files.has_checkpoint(one.id)
        ),
        None,
    )


def export_model(run: Run, lab: Lab) -> None:
    """The model as files for other programs, and the few lines of plain PyTorch that load it. Made when opened."""
    if not lab.files.has_checkpoint(run.id):
        return
    box = st.expander(_("Export the model"), icon=":material/download:", on_change="rerun", key=f"take-{run.id}")
    if not box.open:
        return
    with box, frame.show_problems():
        if background.lacks_torch():
            return
        which = "last"
        if lab.files.has_checkpoint(run.id, "best"):
            last = _("Last epoch") if run.state == "finished" else _("Last saved state")  # which may be within an epoch
            words = {"last": last, "best": _("Best epoch")}
            which = st.segmented_control(
                _("Weights of the"),
                list(words),
                default="last",
                required=True,
                format_func=words.__getitem__,
                key=f"which-{run.id}",
            )
        # A run that goes on writes others; and what answers is exported as it answers now.
        version = lab.files.checkpoint_version(run.id, which) + confidence_version(lab, run, which)
        file = model_file_name(run.name, run.id, which)
        for exporter in EXPORTERS.entries.values():
            # Made when it is asked for: a program takes seconds.
            content = partial(cached_export, run, lab, run.id, which, exporter.name, version)
            offer_file(translate(exporter.title), translate(exporter.help), content, exporter.file_name(file),
                       exporter.media_type, disabled=bool(exporter.lacking()))  # fmt: skip
        board = TRACKERS["tensorboard"]
        numbers = partial(cached_board, run, lab, run.id, run.name, run.state, lab.files.checkpoint_version(run.id))
        events = f"{file_name(run.name, run.id, BOARD)}.zip"
        offer_file(_("TensorBoard (.zip)"), translate(board.help), numbers, events, "application/zip",
                   disabled=board.extra.missing())  # fmt: skip
        weights = f"{file}.pt"  # whose card and settings they are
        card = partial(cached_card, run, lab, run.id, which, weights, version)
        about = _("What the model answers, how good it is and how it is used: a README.md as model hubs read it.")
        offer_file(_("Model card (.md)"), about, card, card_name(weights), "text/markdown")
        command = f"`{COMMAND} train --config`"
        about = _("What was set: for {command}, and beside weights that are loaded again.", command=command)
        offer_file(_("Settings (.json)"), about, run.config.to_json(), settings_name(weights), "application/json")
        lacks = [exporter.lacking() for exporter in EXPORTERS.entries.values()]
        for lacking in filter(None, [*lacks, board.extra.lacking(board.title)]):
            st.caption(str(lacking))
        st.markdown(
            _("A .pt or .safetensors file holds a plain `state_dict`. Without Epochlab, it is loaded like this:")
        )
        show_code(code_panel.cached_loading_code(run, lab, run.id, which, weights, version))
        for exporter in EXPORTERS.entries.values():
            if exporter.lines:
                st.markdown(_("{title} is asked like this:", title=translate(exporter.title)))
                show_code(exporter.lines_for(exporter.file_name(file)))
        if is_drawable(DataSource.of(run.config.data), lab.workspace):
            st.caption(
                _(
                    "These two do not look for a drawing on its paper: they need pictures that look like the training "
                    "images. For any other, `picture.py` and the web page in the .zip make such a picture first."
                )
            )
        st.markdown(_("Other programs ask this model over HTTP while this runs:"))
        chosen = "" if which == "last" else f" --checkpoint {which}"
        st.code(f"{COMMAND} serve {run.id}{chosen}", language="bash")


def offer_file(
    label: str, about: str, content: bytes | str | Callable[[], bytes], file: str, kind: str, *, disabled: bool = False
) -> None:
    """A button that downloads a file, and beside it what the file is for."""
    button, words = st.columns([3, 4], gap="small", vertical_alignment="center")
    with button:
        download_file(label, content, file, kind, disabled=disabled, width="stretch")
    words.caption(about)


def download_file(
    label: str, content: bytes | str | Callable[[], bytes], file: str, kind: str, help: str | None = None, *,
    disabled: bool = False, width: Literal["content", "stretch"] = "content",
) -> None:  # fmt: skip
    st.download_button(
        label, content, file, kind, icon=":material/download:", on_click="ignore", key=f"get-{file}", help=help,
        disabled=disabled, width=width,
    )  # fmt: skip


@st.cache_data(max_entries=4, show_spinner=False)
def cached_export(_run: Run, _lab: Lab, run_id: str, which: str, kind: str, version: str) -> bytes:
    from core.exporters.export import export  # brings torch

    return export(_run, _lab.workspace, kind, which)


@st.cache_data(max_entries=4, show_spinner=False)
def cached_card(_run: Run, _lab: Lab, run_id: str, which: str, filename: str, version: str) -> bytes:
    from core.exporters.export import card_beside, loaded  # brings torch

    return card_beside(loaded(_run, _lab.workspace, which), filename)


@st.cache_data(max_entries=4, show_spinner=False)
def cached_board(_run: Run, _lab: Lab, run_id: str, *version: str) -> bytes:
    from core.exporters.track import zipped

    return zipped(_run, _lab, TRACKERS["tensorboard"])


def images_over_epochs(run: Run, lab: Lab) -> None:
    """Nine images and their answers after every epoch. Read when it is opened."""
    box = st.expander(_("Images over the epochs"), icon=":material/animated_images:", on_change="rerun",
                      key=f"probe-{run.id}")  # fmt: skip
    if box.open:
        with box, frame.show_problems():
            replayed_images(lab, [run], f"probe-epoch-{run.id}")


def run_log(run: Run, lab: Lab) -> None:
    """What the worker wrote. Read only when it is opened."""
    box = st.expander(_("Log"), icon=":material/article:", on_change="rerun", key=f"log-open-{run.id}")
    if box.open:
        box.code(lab.files.log(run.id, 200) or _("Nothing was written yet."), language=None, wrap_lines=True)
