"""Adding one's own images: name a folder or upload a ZIP, see what would be a class and what a split, import it."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd
import streamlit as st

from core import formatting
from core.datasets.catalog import FOLDER
from core.datasets.folder_layout import FolderLayout
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace, pasted
from core.importing import archive
from core.importing.image_source import open_image_source, title_of
from core.importing.label_table import UnclearColumns, columns_text
from core.importing.layout import AMBIGUOUS, OUTSIDE, Layout, choices
from core.importing.table_layout import plan_of
from core.insight.image_names import own_split_title
from core.loading.settings import DataConfig
from core.loading.split import val_is_test
from core.locale import _, ngettext, translate
from core.prepared.allowed_paths import advice, confined, roots
from core.prepared.imports import place_of
from core.sanitize import one_line
from pages.components import frame, metric_column
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown
from pages.components.spec_words import option_title
from pages.data.collecting import collecting_panel

CANDIDATE = "import_candidate"  # in the session: what was named and is not imported yet
ADDED = "own_images_added"  # in the session: they were added in the last run of the page
IMPORTS = "own_images_imports"  # in the session: how many were; each has a new box for its ZIP
THERE, HERE = "folder", "collect"  # where the images are
TABLE_HEIGHT_PX = 260  # of a table of many classes


class Reading(TypedDict):
    """One way in which a folder can be read, in plain data."""

    counts: dict[str, dict[str, int]]  # class → split → images
    splits: dict[str, int]  # split → images
    passed_over: dict[str, int]  # reason → files left out for it


class Candidate(TypedDict):
    """A folder or ZIP that could be imported, and the ways in which it can be read."""

    path: str
    encoding: str  # how its names were read, in a sentence; "" where there is no doubt
    doubt: str  # why there are several; "" if there is one
    readings: dict[FolderLayout, Reading]
    columns: str  # of its table, where they were chosen
    question: str  # why columns have to be chosen; "" if they need not
    choices: dict[str, list[str]]  # role → the columns that may be it


def own_images_panel(workspace: Workspace) -> DataSource | None:
    """The panel in which images are added; it folds away once they are. Returns what is to be prepared, once."""
    if st.session_state.pop(ADDED, False):
        st.session_state["own-images"] = False
        st.session_state[IMPORTS] = st.session_state.get(IMPORTS, 0) + 1
    with st.expander(
        _("Add your own images"), icon=":material/add_photo_alternate:", key="own-images", on_change="rerun"
    ):
        where = linked_select(_("They are"), [THERE, HERE], "own", title=where_title, label_visibility="collapsed")
        added = add_own_images(workspace) if where == THERE else collecting_panel(workspace)
    st.session_state[ADDED] = added is not None
    return added


def where_title(where: str) -> str:
    return _("Collect them here") if where == HERE else _("A folder or a ZIP")


def add_own_images(workspace: Workspace) -> DataSource | None:
    """A path on the server's disk or a ZIP from the browser; returns what is to be prepared, once."""
    st.markdown(
        _(
            "One folder for each class, named after it, with its images inside. Folders `train`, `val` and `test` "
            "around them are kept as splits; without them, a part is set aside for testing. Or a table (CSV, TSV, JSON "
            "Lines) with a column of paths and one of labels, or Parquet files with the images themselves, as Hugging "
            "Face keeps them: inside the folder or ZIP, or chosen itself."
        )
    )
    open_to_typing = bool(roots(workspace))
    named = path_form(workspace) if open_to_typing else None
    upload = st.file_uploader(
        _("Or upload a ZIP or a Parquet file") if open_to_typing else _("Upload a ZIP or a Parquet file"),
        type=["zip", "parquet"],
        key=f"own-zip-{st.session_state.get(IMPORTS, 0)}",
        help=_("It is read as it is, never unpacked on the disk."),
    )
    if upload is not None and st.session_state.get("uploaded") != upload.file_id:
        with frame.show_problems():
            named = str(archive.save_upload(upload.name, upload, workspace))
            st.session_state["uploaded"] = upload.file_id  # the uploader keeps its file; it is looked into once
    if named:
        st.session_state.pop(CANDIDATE, None)
        with frame.show_problems(), named_as_people_do(named, workspace):
            st.session_state[CANDIDATE] = candidate_at(named)
    if CANDIDATE in st.session_state:
        return confirm_import(st.session_state[CANDIDATE], workspace)
    return None


def path_form(workspace: Workspace) -> str | None:
    """A box for a path; what was typed once it is sent, or why it cannot be used."""
    with st.form("own_folder", border=False):
        typed = st.text_input(
            _("Folder, ZIP or table on this computer"),
            placeholder=_("/home/me/flowers"),
            help=_(
                "A path as the computer sees it that runs Epochlab. Nothing is moved or changed there. {advice}",
                advice=escape_markdown(advice(workspace)),
            ),
        )
        pressed = st.form_submit_button(_("Use this folder"), icon=":material/folder_open:")
    if not pressed:
        return None
    with frame.show_problems():
        path = pasted(typed)
        if not path:
            raise BadInput("Type the path of a folder first.")
        place = confined(path, workspace)
        if os.path.exists(place):
            return place
        raise BadInput("There is no {path} on this computer. Check the path.", path=path)
    return None


@contextmanager
def named_as_people_do(path: str, workspace: Workspace) -> Iterator[None]:
    """A problem of the block calls an uploaded ZIP by its name, not by the path of the copy here."""
    try:
        yield
    except Problem as problem:
        place = place_of(DataSource(FOLDER, path), workspace)
        for name, value in problem.values.items():
            if str(value) == str(Path(path).resolve()):
                problem.values[name] = place
        raise


def candidate_at(path: str, columns: str = "") -> Candidate:
    """The ways in which a folder, ZIP or table can be read; `BadInput` if there is none."""
    found = Candidate(path=path, encoding="", doubt="", readings={}, columns=columns, question="", choices={})
    try:
        source = open_image_source(path, columns)
        found["encoding"] = archive.encoding_note(source)
        found["readings"] = {"auto": reading_of(plan_of(source, columns=columns))}
    except UnclearColumns as problem:
        found |= {"question": problem.question, "choices": problem.choices}
    except BadInput as problem:
        if problem.code != AMBIGUOUS:
            raise
        found["doubt"] = str(problem.values["why"])
        found["readings"] = {how: reading_of(plan) for how, plan in choices(source.names, title_of(source)).items()}
        if not found["readings"]:
            raise
    return found


def reading_of(plan: Layout) -> Reading:
    splits = plan.splits
    counts: dict[str, dict[str, int]] = {name: dict.fromkeys(splits, 0) for name in plan.classes}
    for split, label, _name in plan.files:
        counts[plan.classes[label]][split] += 1
    passed_over = Counter(reason for _name, reason in plan.passed_over)
    if plan.outside:
        passed_over[OUTSIDE] = len(plan.outside)
    return Reading(counts=counts, splits=splits, passed_over=dict(passed_over))


def confirm_import(candidate: Candidate, workspace: Workspace) -> DataSource | None:
    """What would be a class and what a split; the data set once it is imported."""
    readings = candidate["readings"]
    with st.container(border=True, key="import-preview"):
        place = place_of(DataSource(FOLDER, candidate["path"]), workspace)
        st.markdown(_("**What would be imported** from {path}", path=escape_markdown(place)))
        if candidate["choices"]:
            choose_columns(candidate)
            return None
        how: FolderLayout | None = next(iter(readings))
        if candidate["doubt"]:
            st.warning(
                _("The folders can be read in more than one way: {why}.", why=escape_markdown(candidate["doubt"])),
                icon=":material/help:",
            )
            info = DataConfig.model_fields["layout"]
            how = st.radio(
                translate(str(info.title)),
                list(readings),
                index=None,  # nobody but the person knows
                format_func=lambda one: option_title(info, one),
                key="how",
            )
        if how is None:
            st.caption(_("Choose one, and see what would be imported."))
            not_this_button()
            return None
        show_reading(readings[how])
        if candidate["encoding"]:
            st.caption(f":material/translate: {candidate['encoding']}")
        with st.container(horizontal=True):
            if st.button(_("Import"), type="primary", icon=":material/download_done:", key="import"):
                del st.session_state[CANDIDATE]
                return DataSource(FOLDER, candidate["path"], how, columns=candidate["columns"])
            not_this_button()
    return None


def not_this_button() -> None:
    if st.button(_("Not this"), icon=":material/close:", key="not-this"):
        del st.session_state[CANDIDATE]
        st.rerun()


def choose_columns(candidate: Candidate) -> None:
    """Which columns of a table are which; once they are chosen, it is looked at anew."""
    st.warning(escape_markdown(candidate["question"]), icon=":material/help:")
    titles = {"file": _("Column of the images"), "label": _("Column of the labels")}
    chosen: list[str] = []
    with st.container(horizontal=True):
        for role, columns in candidate["choices"].items():
            other = next((place for place, name in enumerate(columns) if name not in chosen), 0)
            key = f"column-{role}"
            chosen.append(st.selectbox(titles[role], columns, index=other, key=key, format_func=one_line, width=260))
    with st.container(horizontal=True):
        if st.button(_("Use these columns"), type="primary", icon=":material/view_column:", key="use-columns"):
            with frame.show_problems():
                st.session_state[CANDIDATE] = candidate_at(candidate["path"], columns_text(chosen))
                st.rerun()
        not_this_button()


def show_reading(reading: Reading) -> None:
    counts, splits = reading["counts"], reading["splits"]
    classes = ngettext("{n:count} class", "{n:count} classes", len(counts))
    names = {split: own_split_title(split, splits) for split in splits}
    parts = ", ".join(f"{names[split]} {formatting.count(count)}" for split, count in splits.items())
    st.caption(_("{classes}. Files: {parts}.", classes=classes, parts=parts))
    if len(splits) == 1:
        st.caption(_("There is no folder to test on, so a fifth of the images is set aside for that."))
    if words := val_is_test(splits):
        st.caption(words)
    table = pd.DataFrame.from_dict(counts, orient="index")
    table.index.name = "Class"
    titles: dict[str, Any] = {**names, "_index": _("Class")}
    st.dataframe(
        table.style.format(metric_column.cell_format(formatting.count)),
        width="stretch",
        height="auto" if len(counts) < 8 else TABLE_HEIGHT_PX,
        column_config=titles,
        alt=_("Files of each class by split"),
    )
    for reason, count in reading["passed_over"].items():
        left_out = ngettext("{n:count} is left out: {reason}", "{n:count} are left out: {reason}", count,
                            reason=translate(reason))  # fmt: skip
        st.caption(f":material/block: {left_out}")
