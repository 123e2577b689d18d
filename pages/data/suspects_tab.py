"""Images that deserve a look, the most suspicious first: each with its reason, and what a person makes of it."""

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.errors import Problem
from core.insight import suspects_job
from core.insight.image_names import image_name, own_split_title
from core.insight.suspects import KINDS, Kind, Suspect, Suspects, known_kind
from core.insight.suspects_job import SuspectsJob
from core.locale import _, ngettext, translate
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import frame
from pages.components.editing import Editing, can_be_taken_back, edit_row, forget_done, open_edits, show_done
from pages.components.image_grid import Cell, image_buttons, one_picture
from pages.components.linked_select import linked_select, linked_selectbox
from pages.components.markdown import escape_markdown
from pages.components.paging import page_of
from pages.data.image_pages import edit_bar, image_cell, selectable_grid
from pages.data.selection import selection

POLL_INTERVAL_S = 0.5  # seconds between two looks at a search
NEXT = 24  # suspects shown small below the one at hand
AT = "suspect_at"  # in the session: the place of that one
PICTURE_PX, TILE_PX = 224, 96
ALL = "all"  # splits
ONE, GRID = "one", "grid"  # how they are looked at
GRID_TILES = 48  # on a page


@frame.show_problems()
def suspects_tab(prepared: Prepared, lab: Lab) -> None:
    """What is searched for; then what was found."""
    source = DataSource.of(prepared.meta)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = known_kind(linked_select(_("What to look for"), KINDS, "suspects", title=kind_title, on_change=go_first))
        run = None if kind == "copies" else run_select(source, lab)
        splits = prepared.meta.splits
        split = linked_select(
            _("Split"), [ALL, *splits], "suspects_split", on_change=go_first,
            title=lambda name: _("All") if name == ALL else own_split_title(name, splits),
        )  # fmt: skip
    found = Suspects.open(prepared, kind, run, lab.workspace)
    if found is None:
        search_controls(SuspectsJob(source, kind, run, lab.workspace))
    else:
        review(found if split == ALL else found.of_split(split), source, lab)


def kind_title(kind: str) -> str:
    titles = {"labels": _("Wrong labels"), "copies": _("Near copies"), "odd": _("Odd images")}
    return titles.get(kind, kind)


def run_select(source: DataSource, lab: Lab) -> Run | None:
    """The run whose features compare the images; none is a choice, too."""
    runs = {run.id: run for run in lab.runs_on(source.base) if run.state == "finished"}
    chosen = linked_selectbox(
        _("Compare images by"),
        ["", *runs],
        "by",
        title=lambda id: _("What {name} has learned", name=runs[id].name) if id in runs else _("No run of yours"),
        on_change=go_first,
        help=_("A run trained on these images finds more wrong labels. Without one, photographs are compared by what "
               "a network learned on ImageNet, and small grey images by their pixels."),
        width=280,
    )  # fmt: skip
    return runs.get(chosen)


def go_first() -> None:
    st.session_state[AT] = 0
    forget_done()


def search_controls(job: SuspectsJob) -> None:
    """A button that starts the search, or how far it is."""
    about = {
        "labels": _("Small classifiers learn from four fifths of the images and judge the rest. An image is a suspect "
                    "where its label is improbable to them. It takes seconds to minutes."),
        "copies": _("Every image is compared with every other one. Near copies of training images among the test "
                    "images make a score too good: those that differ by less than 6 of 255 grey levels on average, "
                    "and by less than a tenth of their contrast. It takes seconds to a minute."),
        "odd": _("Images that are blurred, dark, bright, tiny, of odd proportions, or unlike every class, as compared "
                 "with the others of the set."),
    }  # fmt: skip
    st.markdown(about[job.kind])
    status = suspects_job.status(job)
    if status.state == "running":
        st.fragment(search_progress, run_every=POLL_INTERVAL_S)(job)
        return
    if status.state == "failed":
        frame.show_problem(Problem(status.error))
    if st.button(_("Search"), type="primary", icon=":material/search:", key="search-suspects"):
        suspects_job.start(job)
        st.rerun()


@frame.show_problems()
def search_progress(job: SuspectsJob) -> None:
    """Redraws itself alone; the whole page once the search has ended."""
    status = suspects_job.status(job)
    if status.state != "running":
        st.rerun()
    words = _("Starting")
    if status.total:
        words = _("{done:count} of {total:count} images", done=status.done, total=status.total)
    if status.seconds_left is not None:
        words = _("{progress}, {left:duration} left", progress=words, left=status.seconds_left)
    st.progress(min(1.0, status.done / status.total) if status.total else 0.0, text=words)
    if st.button(_("Cancel"), icon=":material/close:", key="cancel-suspects"):
        suspects_job.cancel(job)
        st.rerun()


def review(found: Suspects, source: DataSource, lab: Lab) -> None:
    """One suspect large, with what can be done; the next ones small. Those that were looked at are passed over."""
    told = st.empty()
    if found.kind == "odd" and found.prepared.meta.skipped:
        for file, reason in found.prepared.meta.skipped[:NEXT]:
            words = _("Not used: {file}, {reason}", file=file, reason=translate(reason))
            st.caption(escape_markdown(words))
    editing = None
    if source.version:
        st.caption(_("A saved version does not change. Choose the set as it came to mend its images."))
    else:
        editing = open_edits(source, found.prepared, lab.workspace)
    looked_at = {place for edit, place in editing.places.items() if edit.action != "note"} if editing else set()
    left = [int(at) for at in np.flatnonzero(~np.isin(found.rows["index"], sorted(looked_at)))]
    told.markdown(" ".join([summary(found), *left_words(found, len(left))]))
    if not left:
        if editing:
            show_done(editing.draft, "suspects")
        st.info(_("No suspect is left to look at."), icon=":material/check:")
        return
    if editing:
        how = linked_select(
            _("Look at"), [ONE, GRID], "suspects_as", title=as_title, label_visibility="collapsed"
        )  # fmt: skip
        if how == GRID:
            suspects_grid(found, left, editing)
            return
        show_done(editing.draft, "suspects")
    at = min(st.session_state.get(AT, 0), len(left) - 1)
    one_suspect(found, left, at, editing)
    following = left[at : at + NEXT]
    cells = [small_cell(found, found[place]) for place in following]
    st.caption(_("This one and those that follow. A click shows one large."))
    image_buttons(cells, 0, "suspects-next", lambda place: move(at + place), label=_("The next suspects"))


def as_title(how: str) -> str:
    titles = {ONE: _("One after the other"), GRID: _("Many at once")}
    return titles.get(how, how)


def suspects_grid(found: Suspects, left: list[int], editing: Editing) -> None:
    """Tiles to be marked, by mouse or keyboard, and what can be done with all that are marked."""
    indices = found.rows["index"][left].tolist()
    at = dict(zip(reversed(indices), reversed(left), strict=True))  # of several reasons for an image the first
    shown = page_of(np.array(list(dict.fromkeys(indices))), GRID_TILES, "suspects_page").shown.tolist()
    cells = [small_cell(found, found[at[place]]) for place in shown]
    selectable_grid(editing, shown, cells, TILE_PX, _("Suspects"))
    names = None
    if found.kind == "labels":
        chosen = selection(editing.draft.source.key)["places"]
        names = {place: found[at[place]].suggested or "" for place in chosen if place in at}
    edit_bar(editing, shown, names)


def summary(found: Suspects) -> str:
    """How many there are, in a sentence."""
    n = found.count
    words: dict[Kind, str] = {
        "labels": ngettext("About {n:count} label looks wrong.", "About {n:count} labels look wrong.", n),
        "copies": ngettext("{n:count} image is the same as one of another split, or nearly.",
                           "{n:count} images are the same as one of another split, or nearly.", n),
        "odd": ngettext("{n:count} odd image.", "{n:count} odd images.", n),
    }  # fmt: skip
    return words[found.kind]


def left_words(found: Suspects, left: int) -> list[str]:
    """In which order they are shown, and how many a person has done with."""
    words = []
    if found.kind == "labels" and len(found) > found.count:
        words.append(_("All {n:count} whose label is improbable are shown, the most suspicious first.", n=len(found)))
    if found.kind == "odd" and len(found) > found.count:
        words.append(_("Some have several reasons: {n:count} in all.", n=len(found)))
    if done := len(found) - left:
        words.append(ngettext("You have decided on {n:count} of them.", "You have decided on {n:count} of them.", done))
    return words


def move(at: int) -> None:
    st.session_state[AT] = max(0, at)


def one_suspect(found: Suspects, left: list[int], at: int, editing: Editing | None) -> None:
    one = found[left[at]]
    with st.container(horizontal=True, gap="medium"):
        for key, index in (("suspect", one.index), ("suspect-other", one.other)):
            if index is not None:
                with st.container(width=PICTURE_PX):
                    one_picture(image_cell(found.prepared, index), PICTURE_PX, key)
        with st.container(width=320):
            st.markdown(f"**{escape_markdown(one.given)}**  \n{escape_markdown(image_name(found.prepared, one.index))}")
            st.markdown(escape_markdown(one.words))
            place = _("Suspect {at:count} of {total:count}", at=at + 1, total=len(left))
            st.caption(place)
            with st.container(horizontal=True):
                st.button(_("Previous"), icon=":material/arrow_back:", key="suspect-previous", shortcut="p",
                          on_click=move, args=(at - 1,), disabled=not at)  # fmt: skip
                st.button(_("Next"), icon=":material/arrow_forward:", key="suspect-next", shortcut="n",
                          on_click=move, args=(at + 1,), disabled=at + 1 == len(left))  # fmt: skip
    if editing:
        edit_row(editing, [one.index], "suspect", suggested=one.suggested or "")
        keys = {
            _("N next"): at + 1 < len(left),
            _("P previous"): at > 0,
            _("S as suggested"): bool(one.suggested),
            _("A another class (type how its name begins, then Enter)"): True,
            _("L leave out"): True,
            _("K keep"): True,
            _("Z take back"): can_be_taken_back(editing.draft),
        }
        st.caption(_("Keys: {keys}.", keys=", ".join(words for words, works in keys.items() if works)))


def small_cell(found: Suspects, one: Suspect) -> Cell:
    cell = image_cell(found.prepared, one.index)
    caption = " → ".join(filter(None, [one.given, one.suggested]))
    caption = " · ".join(filter(None, [caption, one.reason]))
    return Cell(cell.image, caption, f"{cell.alt}. {one.words}", file=cell.file)
