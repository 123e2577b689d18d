"""A saved version of a data set: what it is, the way back to its source, and its edits as a new beginning."""

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _, ngettext
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.prepared.draft import Draft
from core.prepared.versions import added_alone, edits_of, versions
from core.runs.lab import Lab
from pages.components import data_picker
from pages.components.asking import ask
from pages.components.idle_button import idle_button
from pages.components.markdown import escape_markdown

FINGERPRINT_CHARS = 16  # of a fingerprint that are shown


def version_description(source: DataSource, lab: Lab) -> None:
    """Which version of what, how many changes it has, and the way to the set as it came."""
    changes = next((one.changes for one in versions(source, lab.workspace) if one.source == source), 0)
    words = ngettext(
        "Version **{name}** of {title:name}: {n:count} change.",
        "Version **{name}** of {title:name}: {n:count} changes.",
        changes,
        name=escape_markdown(source.version),
        title=escape_markdown(source.base.title),
    )
    prepared = prepare.find(source, lab.workspace)
    if prepared:
        words += " " + _("Fingerprint `{fingerprint}`.", fingerprint=prepared.meta.fingerprint[:FINGERPRINT_CHARS])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(words, width="content")
        if st.button(_("The set as it came"), icon=":material/arrow_back:", key="to-source"):
            data_picker.show_data_set(source.base)
            st.rerun()
        runs = lab.runs_on(source)
        if idle_button(_("Delete this version"), runs, icon=":material/delete:", key="delete-version"):
            ask_to_delete(source, lab, len(runs))


def ask_to_delete(source: DataSource, lab: Lab, runs: int) -> None:
    def delete() -> None:
        lab.forget(source)
        data_picker.show_data_set(source.base)

    words = [
        _("The version and its list of edits go. The set as it came stays, and so do the edits at work. Download the "
          "list on the Edits tab first if you may want this version again."),
    ]  # fmt: skip
    if alone := len(added_alone(source, lab.workspace)):
        words.append(
            ngettext(
                "{n:count} image that was added goes for good: no other list of edits has it. To keep it, export the "
                "images first.",
                "{n:count} images that were added go for good: no other list of edits has them. To keep them, export "
                "the images first.",
                alone,
            )
        )
    if runs:
        words.append(
            ngettext(
                "{n:count} run learned from it. It keeps its weights and figures; to resume or measure it, or to draw "
                "for it, the same edits have to be saved as {name:name} again.",
                "{n:count} runs learned from it. They keep their weights and figures; to resume or measure them, or to "
                "draw for them, the same edits have to be saved as {name:name} again.",
                runs,
                name=escape_markdown(source.version),
            )
        )
    ask(_("Delete this version?"), words, yes=_("Delete"), no=_("Keep it"), key="delete-version", act=delete)


def go_on_button(source: DataSource, base: Prepared, lab: Lab) -> None:
    """Make the edits of a version those at work; asks where edits would be lost that no version has."""
    if not st.button(_("Go on from these edits"), icon=":material/edit:", key="go-on"):
        return
    draft = Draft(source, base, lab.workspace)

    def go_on() -> None:
        draft.restore(source)
        data_picker.show_data_set(source.base)

    now = draft.edits
    kept = [(), *(edits_of(one.source, lab.workspace) for one in versions(source, lab.workspace))]
    if now in kept:
        go_on()
        st.rerun()
    words = [
        ngettext(
            "The list at work has {n:count} edit that is in no saved version as it stands. It is replaced. Save it as "
            "a version, or download it, to keep it.",
            "The list at work has {n:count} edits that are in no saved version as they stand. They are replaced. Save "
            "them as a version, or download them, to keep them.",
            len(now),
        )
    ]
    ask(_("Replace the edits at work?"), words, yes=_("Replace them"), no=_("Keep them"), key="go-on", act=go_on)
