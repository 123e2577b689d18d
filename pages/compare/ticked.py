"""What can be done with all ticked runs at once: tag, export, delete."""

from collections.abc import Sequence

import streamlit as st

from core.exporters import EXPORTERS
from core.locale import _, ngettext, translate
from core.runs.lab import Lab
from core.runs.naming import MAX_TAG_CHARS
from core.runs.store import UNREADABLE, Run
from pages.components import background, frame
from pages.components.asking import ask
from pages.components.markdown import escape_markdown
from pages.components.page_list import TRAIN
from pages.components.report_download import report_button
from pages.components.run_card import AGAIN_ICON, again_params
from pages.components.run_picker import run_names

MAX_NAMED = 5  # runs that a question names
MAX_AGAIN = 20  # runs to which there is a link
ARCHIVE_OF = "safetensors"  # the form of the weights: any program reads it safely


def ticked_actions(lab: Lab, runs: Sequence[Run]) -> None:
    """A popover over the ticked runs; nothing where none is ticked."""
    if not runs:
        return
    with st.popover(_("Ticked runs"), icon=":material/checklist:", key="ticked-actions"):
        again_links(runs)
        add_tag(lab, runs)
        report_button(runs, lab, "report-ticked")
        export_all(lab, runs)
        delete_all(lab, runs)


def again_links(runs: Sequence[Run]) -> None:
    """To the form with the settings of one of them, also for those who cannot click into the table."""
    st.markdown(_("**Again with one change**"))
    names = run_names(runs)
    for run in runs[:MAX_AGAIN]:
        if run.code != UNREADABLE:
            label = escape_markdown(names[run.id])
            st.page_link(TRAIN.file, label=label, icon=AGAIN_ICON, query_params=again_params(run))


def add_tag(lab: Lab, runs: Sequence[Run]) -> None:
    with st.form("tag-all", border=False, clear_on_submit=True):
        tag = st.text_input(_("Tag"), max_chars=MAX_TAG_CHARS)
        pressed = st.form_submit_button(_("Add to all"), icon=":material/sell:")
    if pressed and tag.strip():
        with frame.show_problems():
            for run in runs:
                lab.annotate(run.id, tags=[*run.tags, tag])
            words = ngettext("{n:count} run has the tag {tag:name}.", "{n:count} runs have the tag {tag:name}.",
                             len(runs), tag=tag.strip())  # fmt: skip
            st.toast(escape_markdown(words), icon=":material/sell:")
            st.rerun()


def export_all(lab: Lab, runs: Sequence[Run]) -> None:
    """One ZIP, made when it is asked for."""
    able = [run for run in runs if lab.files.has_checkpoint(run.id)]
    if not able:
        st.caption(_("None of them has weights to export."))
        return
    if background.lacks_torch():
        return

    def content() -> bytes:
        from core.exporters.archive import export_many  # brings torch

        return export_many(able, lab.workspace, ARCHIVE_OF)

    form = translate(EXPORTERS[ARCHIVE_OF].title)
    words = ngettext("Weights of {n:count} run", "Weights of {n:count} runs", len(able))
    help_ = _("A ZIP: of each run the weights of its last epoch, {form}, and its settings.", form=form)
    st.download_button(
        words, content, "runs.zip", "application/zip", icon=":material/download:", on_click="ignore", help=help_,
        key="export-all",
    )  # fmt: skip


def delete_all(lab: Lab, runs: Sequence[Run]) -> None:
    busy = [run for run in runs if run.state == "running"]
    words = ngettext("Delete {n:count} run", "Delete {n:count} runs", len(runs))
    if st.button(
        words, icon=":material/delete:", key="delete-ticked", disabled=bool(busy),
        help=_("One of them trains now. Cancel it first.") if busy else None,
    ):  # fmt: skip
        ask_to_delete(lab, runs)


def ask_to_delete(lab: Lab, runs: Sequence[Run]) -> None:
    def delete() -> None:
        for run in runs:
            lab.delete(run.id)
        st.query_params.pop("runs", None)

    names = ", ".join(f"**{escape_markdown(run.name)}**" for run in runs[:MAX_NAMED])
    if (more := len(runs) - MAX_NAMED) > 0:
        names = _("{names} and {more} more", names=names, more=more)
    words = _("{names}: their rows, their numbers, checkpoints and logs go for good. The data sets stay.", names=names)
    ask(_("Delete these runs?"), [words], yes=_("Delete"), no=_("Keep them"), key="delete", act=delete)
