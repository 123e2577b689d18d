"""The list of edits of a data set: what each changes, its way back, and the version that they would make."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from html import escape

import numpy as np
import streamlit as st

from core import formatting
from core.datasets.edits import ACTION_TITLES, SPLITS, Edit, count_of, from_text, to_text
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.insight.image_names import numbered, own_split_title, with_file
from core.locale import _, ngettext, translate
from core.prepared import job, prepare
from core.prepared.arrays import Prepared
from core.prepared.edited import OUT, added_image, require_trainable
from core.prepared.versions import images_folder, saved_as
from core.runs.lab import Lab
from core.sanitize import one_line
from pages.components import csv, data_picker, frame
from pages.components.asking import ask
from pages.components.editing import Editing, forget_done, open_edits, show_done, split_words, take_back_edits
from pages.components.image_grid import MAX_TINY_SIDE_PX, data_uri
from pages.components.markdown import escape_markdown
from pages.components.paging import page_of
from pages.data.saved_version import go_on_button

EDITS_PER_PAGE = 20
PICTURE_PX = 96  # longer side of the picture of an edit
TAKEN_OVER, UPLOADS = (
    "edits_taken_over",
    "edits_uploads",
)  # in the session: the last import in words; how many there were
UNMATCHED_NAMED = 10  # edits that did not match, by their images
MAX_SHOWN_CHARS = 120


@frame.show_problems()
def edits_tab(prepared: Prepared, lab: Lab) -> None:
    """Of a version the edits that made it, to look at; of a set as it came those at work."""
    source = DataSource.of(prepared.meta)
    if source.version:
        base = prepare.find(source.base, lab.workspace)
        if base is None:
            st.info(
                _("The edits are of images that are not prepared any more. Prepare the set as it came to see them.")
            )
            return
        saved = open_edits(source, base, lab.workspace)
        counts_line(saved)
        with st.container(horizontal=True):
            export_button(saved)
            go_on_button(source, base, lab)
        edit_rows(saved, lab, undo=False)
        return
    editing = open_edits(source, prepared, lab.workspace)
    show_done(editing.draft, "edits")
    if not editing.edits:
        st.info(
            _(
                "Nothing is edited yet. On the Images tab, turn on **Select and edit**, mark images, and give them "
                "another class or leave them out. Their files stay as they are: the edits are kept here, and become a "
                "version of the data set when you save them."
            ),
            icon=":material/edit:",
        )
        import_panel(editing)
        return
    counts_line(editing)
    next_version(editing, lab)
    with st.container(horizontal=True, vertical_alignment="center"):
        export_button(editing)
        if st.button(_("Take all back"), icon=":material/undo:", key="undo-all"):
            ask_to_undo_all(editing)
    import_panel(editing)
    edit_rows(editing, lab)


def counts_line(editing: Editing) -> None:
    parts = kinds_text(editing.edits)
    words = ngettext("**{n:count} edit.** {parts}", "**{n:count} edits.** {parts}", len(editing.edits), parts=parts)
    if (changes := count_of(editing.edits)) < len(editing.edits):
        words += " · " + ngettext("{n:count} of them is a change.", "{n:count} of them are changes.", changes)
    st.markdown(words)
    if lost := len(editing.overlay.unmatched):
        st.warning(
            ngettext(
                "{n:count} edit is of an image that the set does not have any more. It changes nothing.",
                "{n:count} edits are of images that the set does not have any more. They change nothing.",
                lost,
            ),
            icon=":material/link_off:",
        )


def kinds_text(edits: Iterable[Edit]) -> str:
    """How many edits there are of each kind."""
    kinds = Counter(edit.action for edit in edits)
    return ", ".join(f"{translate(ACTION_TITLES[kind])} {formatting.count(n)}" for kind, n in kinds.most_common())


def next_version(editing: Editing, lab: Lab) -> None:
    """What a version would have, and the form that saves it."""
    draft = editing.draft
    if not count_of(editing.edits):
        st.info(_("No edit changes an image yet, so there is nothing to save as a version."))
        return
    if saved := saved_as(editing.edits, draft.source, lab.workspace):
        st.markdown(_("These edits are saved as version **{name}**.", name=escape_markdown(saved.name)))
        if st.button(_("Show {name}", name=escape_markdown(saved.name)), icon=":material/arrow_forward:",
                     key="show-version"):  # fmt: skip
            data_picker.show_data_set(saved.source)
            st.rerun()
        return
    st.markdown(next_version_text(editing))
    try:
        require_trainable(editing.prepared, editing.overlay)
    except BadInput as problem:
        st.warning(escape_markdown(str(problem)), icon=":material/warning:")
        return
    with st.form("save-version", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(_("Name of the version"), value=draft.free_name(), key="version-name", width=220)
        pressed = st.form_submit_button(_("Save as a version"), icon=":material/save:", type="primary")
    if pressed:
        with frame.show_problems():
            version = draft.save(name)
            forget_done()
            job.start(version.source, lab.workspace)
            data_picker.show_data_set(version.source)
            st.rerun()


def next_version_text(editing: Editing) -> str:
    """How many images of which splits and classes a version would have."""
    found, meta = editing.overlay, editing.prepared.meta
    added = Counter(edit.split for edit in found.added)
    counts = {split: int((found.splits == place).sum()) + added[split] for place, split in enumerate(SPLITS)}
    images = ", ".join(f"{split_words(split, meta.splits)} {formatting.count(n)}" for split, n in counts.items() if n)
    classes = {*np.unique(found.labels[found.splits != OUT]), *(found.classes.index(one.value) for one in found.added)}
    return _(
        "The next version would have {classes:count} classes. Images: {images}. Left out: {out:count}.",
        classes=len(classes),
        images=images,
        out=int((found.splits == OUT).sum()),
    )


def export_button(editing: Editing) -> None:
    st.download_button(
        _("Download as CSV"),
        lambda: csv.BYTE_ORDER_MARK + to_text(editing.edits),
        file_name="edits.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="csv-edits",
    )


def import_panel(editing: Editing) -> None:
    """A list of edits from a file, and what of it did not match."""
    told: tuple[str, str, list[str]] | None = st.session_state.get(TAKEN_OVER)
    with st.expander(_("Take over a list of edits"), icon=":material/upload_file:", key="edits-import"):
        st.markdown(_("A CSV file, as it is downloaded here. Its edits are added to the list."))
        count = st.session_state.get(UPLOADS, 0)
        upload = st.file_uploader(_("List of edits"), type=["csv"], key=f"edits-file-{count}")
        if upload is not None:
            st.session_state[UPLOADS] = count + 1
            with frame.show_problems():
                st.session_state[TAKEN_OVER] = editing.draft.source.key, *taken_over(editing, upload.getvalue())
                st.rerun()
        if told and told[0] == editing.draft.source.key:
            words, unmatched = told[1:]
            st.success(words, icon=":material/check:")
            if unmatched:
                st.warning("  \n".join(map(escape_markdown, unmatched)), icon=":material/link_off:")


def taken_over(editing: Editing, content: bytes) -> tuple[str, list[str]]:
    """Take the edits of a file over; what was done in words, and what did not match."""
    try:
        edits = from_text(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput("This file is no text in UTF-8. Save it as CSV in UTF-8, and take that over.") from error
    unmatched = editing.draft.take_over(edits)
    taken = [edit for edit in edits if edit not in unmatched]
    words = _("No edit was taken over.")
    if taken:
        words = ngettext(
            "{n:count} edit was taken over: {kinds}.",
            "{n:count} edits were taken over: {kinds}.",
            len(taken),
            kinds=kinds_text(taken),
        )
    if not unmatched:
        return words, []
    heading = ngettext(
        "{n:count} edit is of an image that this set does not have, and was left away:",
        "{n:count} edits are of images that this set does not have, and were left away:",
        len(unmatched),
    )
    splits = editing.prepared.meta.splits
    named = [f"{image_words(edit, splits)}: {change_words(edit, splits)}" for edit in unmatched[:UNMATCHED_NAMED]]
    return words, [heading, *named, *(["…"] if len(unmatched) > UNMATCHED_NAMED else [])]


def ask_to_undo_all(editing: Editing) -> None:
    words = [
        ngettext(
            "{n:count} edit is taken back. Versions that were saved keep theirs.",
            "{n:count} edits are taken back. Versions that were saved keep theirs.",
            len(editing.edits),
        )
    ]
    ask(_("Take all edits back?"), words, yes=_("Take all back"), no=_("Keep them"), key="undo-all",
        act=lambda: take_back_edits(editing.draft, editing.edits))  # fmt: skip


def edit_rows(editing: Editing, lab: Lab, undo: bool = True) -> None:
    """The edits, the newest first, each with its picture and its way back."""
    newest = sorted(range(len(editing.edits)), key=lambda place: (editing.edits[place].made, place), reverse=True)
    page = page_of(np.array(newest), EDITS_PER_PAGE, "edits_page")
    for place in map(int, page.shown):
        edit = editing.edits[place]
        name = f"{edit.digest}-{edit.action}-{edit.number}-{edit.split}"
        with st.container(horizontal=True, vertical_alignment="center", key=f"edit-{name}"):
            st.html(row_html(editing, edit, lab), width="stretch")
            if undo:
                st.button(_("Take back"), icon=":material/undo:", key=f"undo-{name}", on_click=take_back_edits,
                          args=(editing.draft, [edit]))  # fmt: skip


def row_html(editing: Editing, edit: Edit, lab: Lab) -> str:
    splits = editing.prepared.meta.splits
    try:
        if edit.number is None:
            image = added_image(images_folder(editing.draft.source, lab.workspace), edit)
        else:
            image = editing.prepared.image(editing.places[edit])
        tiny = " tiny" if max(image.shape[:2]) <= MAX_TINY_SIDE_PX else ""
        picture = f'<img class="eplab-edit{tiny}" alt="" src="{data_uri(image, PICTURE_PX)}">'
    except (KeyError, Problem):
        picture = '<span class="eplab-edit" aria-hidden="true">?</span>'
    what, change = translate(ACTION_TITLES[edit.action]), change_words(edit, splits)
    title = f"<strong>{escape(what)}</strong>" + (f": {escape(change)}" if change else "")
    more = " · ".join(filter(None, [image_words(edit, splits), when_text(edit)]))
    return f'<div class="eplab-edit-row">{picture}<div>{title}<br><small>{escape(more)}</small></div></div>'


def change_words(edit: Edit, splits: dict[str, int]) -> str:
    """`3 → 8`, or the words of a note."""
    if edit.action == "note":
        return f"“{one_line(edit.value, MAX_SHOWN_CHARS)}”"
    if edit.action == "move":
        return f"{own_split_title(edit.was, splits)} → {split_words(edit.value, splits)}"
    sides = [one_line(side, MAX_SHOWN_CHARS) for side in (edit.was, edit.value) if side]
    return " → ".join(sides)


def image_words(edit: Edit, splits: dict[str, int]) -> str:
    """Which image it is."""
    split = split_words(edit.split, splits)
    if edit.number is None:
        return split
    return with_file(numbered(split, edit.number), edit.file)


def when_text(edit: Edit) -> str:
    try:
        return formatting.ago(datetime.fromisoformat(edit.made).timestamp())
    except ValueError:  # a list from elsewhere may say anything
        return one_line(edit.made, MAX_SHOWN_CHARS)
