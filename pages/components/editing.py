"""What a person does to some images of a data set: the row of controls for it, what was done last, and its way back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.datasets.class_names import MAX_NAME_CHARS
from core.datasets.edits import MAX_NOTE_CHARS, SPLITS, Action, Edit
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.atomic import file_identity
from core.files.paths import Workspace
from core.insight.image_names import own_split_title
from core.loading.split import role
from core.locale import _, ngettext
from core.prepared.arrays import Prepared
from core.prepared.draft import Draft
from core.prepared.edited import Overlay, overlay, resolve
from core.prepared.versions import edits_of, version_file
from core.sanitize import one_line
from pages.components.box_key import lead_to
from pages.components.markdown import escape_markdown

DONE = "edits_done"  # in the session: a Done, until something else is done
LISTS_KEPT = 4  # of all sessions


@dataclass(frozen=True)
class Editing:
    """A data set as it came, its list of edits or those of a version, and what they make of its images."""

    draft: Draft
    edits: tuple[Edit, ...]
    places: dict[Edit, int]  # where their images are in the set
    overlay: Overlay

    @property
    def prepared(self) -> Prepared:
        return self.draft.prepared

    @property
    def state(self) -> str:
        """A text that changes when the list does."""
        return file_identity(self.draft.file)


@dataclass(frozen=True)
class Done:
    """What was done last, in words, and what takes it back; or why it could not be."""

    of: str  # the key of the data set
    words: str
    gone: tuple[Edit, ...] = ()
    back: tuple[Edit, ...] = ()
    problem: bool = False
    undone: bool = False  # it took back what was done before, and is taken back by doing that again


def open_edits(source: DataSource, prepared: Prepared, workspace: Workspace) -> Editing:
    """The edits of a data set at work, or those of a version; `prepared` is the set as it came. `BadInput` where their
    file is damaged."""
    draft = Draft(source, prepared, workspace)
    file = version_file(source, workspace) if source.version else draft.file
    return _read(str(file), file_identity(file), prepared.meta.fingerprint, draft, source)


@st.cache_resource(max_entries=LISTS_KEPT, show_spinner=False)
def _read(file: str, identity: str, fingerprint: str, _draft: Draft, _source: DataSource) -> Editing:
    """To find the image of each edit anew at every click would take a second for ten thousand."""
    edits = edits_of(_source, _draft.workspace) if _source.version else _draft.edits
    places, _unmatched = resolve(_draft.prepared, edits)
    return Editing(_draft, edits, places, overlay(_draft.prepared, edits))


def edit_row(
    editing: Editing, places: Sequence[int], key: str, *, suggested: str = "", after: Callable[[], None] = lambda: None,
    keys: bool = True, urged: bool = True,
) -> None:  # fmt: skip
    """Controls that do something to the images at `places`, which are disabled where there are none: another class
    (`suggested`: one that has a button of its own, the main one where it is `urged`), leave out, keep as it is,
    another split, a note. Keys, where no other row on the page has them: L leaves out, K keeps, S is the suggestion, A
    leads to the box of other classes, Z takes back what was done last. `after` is called before the page is drawn
    anew."""
    none = not places

    def do(action: Action, value: str = "") -> None:
        apply(editing.draft, places, action, value)
        after()

    def chosen(action: Action, name: str) -> None:
        if value := st.session_state[name]:
            st.session_state[name] = None
            do(action, class_meant(value, editing.overlay.classes) if action == "relabel" else value)

    with st.container(horizontal=True, vertical_alignment="center", key=f"edit-row-{key}"):
        if suggested:
            words = _("It is {name:name}", name=escape_markdown(suggested))
            st.button(words, icon=":material/label:", key=f"{key}-suggested", disabled=none,
                      type="primary" if urged else "secondary", shortcut="s" if keys else None,
                      on_click=do, args=("relabel", suggested))  # fmt: skip
        st.selectbox(
            _("Another class"),
            editing.overlay.classes,
            index=None,
            format_func=partial(one_line, most=MAX_NAME_CHARS),
            placeholder=_("Another class (A)") if keys else _("Another class"),
            label_visibility="collapsed",
            accept_new_options=True,
            key=f"{key}-class",
            on_change=chosen,
            args=("relabel", f"{key}-class"),
            disabled=none,
            width=190,
        )
        splits = editing.prepared.meta.splits
        st.selectbox(
            _("Another split"),
            split_options(splits),
            index=None,
            format_func=partial(split_words, splits=splits),
            placeholder=_("Another split"),
            label_visibility="collapsed",
            key=f"{key}-split",
            on_change=chosen,
            args=("move", f"{key}-split"),
            disabled=none,
            width=150,
        )
        st.button(_("Leave out"), icon=":material/block:", key=f"{key}-exclude", disabled=none,
                  shortcut="l" if keys else None, on_click=do, args=("exclude",))  # fmt: skip
        about = _("You have looked, and nothing is wrong. It takes another class and “left out” back.")
        st.button(_("Keep"), icon=":material/check:", key=f"{key}-keep", shortcut="k" if keys else None, disabled=none,
                  on_click=do, args=("keep",), help=about)  # fmt: skip
        note = f"{key}-note-{'-'.join(map(str, places[:3]))}"  # other images have another box, and this one closes
        with st.popover(_("Note"), icon=":material/edit_note:", disabled=none, key=f"{note}-box"):
            before = {editing.overlay.notes.get(place, "") for place in places}
            st.text_input(
                _("Note"),
                value=before.pop() if len(before) == 1 else "",
                max_chars=MAX_NOTE_CHARS,
                key=note,
                on_change=lambda: do("note", st.session_state[note]),
                help=_("Words for whoever reads the list of edits. They change nothing. Enter keeps them."),
            )
        if keys:
            lead_to(f"{key}-class", "a")


def class_meant(typed: str, classes: Sequence[str]) -> str:
    """What is typed and the Enter key: the class of that name, in whichever case, or the one that begins so; else a new
    one."""
    begin = typed.strip().casefold()
    names = [name for name in classes if name.casefold() == begin] or [
        name for name in classes if name.casefold().startswith(begin)
    ]
    return typed if typed in classes or len(names) != 1 else names[0]


def split_options(splits: Mapping[str, int]) -> list[str]:
    """Into which splits an image can go: a set whose validation images are the test images has no others to test on."""
    return [split for split in SPLITS if not (split == "test" and role("val", splits) == "test" and "val" in splits)]


def split_words(split: str, splits: Mapping[str, int]) -> str:
    return own_split_title(split, {"test": 1} if role("val", splits) == "val" or "val" not in splits else splits)


def apply(draft: Draft, places: Sequence[int], action: Action, value: str = "") -> None:
    """Do it, and keep what was done for `show_done`; a `Problem` is kept there, too."""
    changes: dict[Action, Callable[[], None]] = {
        "relabel": lambda: draft.relabel(places, value),
        "move": lambda: draft.move(places, value),
        "note": lambda: draft.note(places, value),
        "keep": lambda: draft.keep(places),
        "exclude": lambda: draft.exclude(places),
    }
    carry_out(draft, places, changes[action], done_words(action, len(places), value, draft.prepared.meta.splits))


def relabel_each(draft: Draft, names: Mapping[int, str]) -> None:
    """Give each image, by its place, a class of its own; all of it has one way back."""

    def change() -> None:
        for name in dict.fromkeys(names.values()):
            draft.relabel([place for place, own in names.items() if own == name], name)

    n = len(names)
    words = ngettext(
        "{n:count} image has the suggested class now.", "{n:count} images have the suggested classes now.", n
    )
    carry_out(draft, list(names), change, words)


def carry_out(draft: Draft, places: Sequence[int], change: Callable[[], None], words: str) -> None:
    """Change the list of edits, and keep what was done, in words, and its way back."""
    of = draft.source.key
    try:
        before = draft.edits
        change()
        after = draft.edits
    except Problem as problem:
        st.session_state[DONE] = Done(of, str(problem), problem=True)
        return
    images = {draft.prepared.address(place) for place in places}
    own = [edit for edit in after if edit not in before and edit.image in images]
    replaced = [edit for edit in before if edit not in after and edit.image in images]
    st.session_state[DONE] = Done(of, words, tuple(own), tuple(replaced))


def done_words(action: Action, n: int, value: str, splits: Mapping[str, int]) -> str:
    """What was done to so many images, as a sentence."""
    name = escape_markdown(split_words(value, splits) if action == "move" else value)
    sentences = {
        "relabel": ngettext("{n:count} image is “{name}” now.", "{n:count} images are “{name}” now.", n, name=name),
        "exclude": ngettext("{n:count} image is left out.", "{n:count} images are left out.", n),
        "keep": ngettext("{n:count} image is noted as right.", "{n:count} images are noted as right.", n),
        "move": ngettext("{n:count} image is in “{name}” now.", "{n:count} images are in “{name}” now.", n, name=name),
        "note": ngettext("{n:count} image has the note.", "{n:count} images have the note.", n)
        if value.strip()
        else ngettext("{n:count} image has no note now.", "{n:count} images have no note now.", n),
    }  # fmt: skip
    return sentences[action]


def can_be_taken_back(draft: Draft) -> bool:
    """Whether something was done to these images last that has a way back."""
    done: Done | None = st.session_state.get(DONE)
    return done is not None and done.of == draft.source.key and not done.problem and bool(done.gone or done.back)


def show_done(draft: Draft, key: str) -> None:
    """What was done last, with a button that takes it back."""
    done: Done | None = st.session_state.get(DONE)
    if done is None or done.of != draft.source.key:
        return
    if done.problem:
        st.error(escape_markdown(done.words), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-done"):
        st.markdown(f":material/check_circle: {done.words}", width="content")
        if can_be_taken_back(draft):
            words, icon = (_("Do it again"), "redo") if done.undone else (_("Take back"), "undo")
            st.button(words, icon=f":material/{icon}:", key=f"{key}-undo", shortcut="z", on_click=take_back,
                      args=(draft, done))  # fmt: skip


def forget_done() -> None:
    """Another image is looked at: what was done to the one before is no longer said, and stays in the list of edits."""
    st.session_state.pop(DONE, None)


def take_back(draft: Draft, done: Done) -> None:
    n = len({edit.image for edit in (*done.gone, *done.back)})
    words = ngettext("{n:count} image is as it was before.", "{n:count} images are as they were before.", n)
    if done.undone:
        words = ngettext("{n:count} image is edited again.", "{n:count} images are edited again.", n)
    replace(draft, done.gone, done.back, words, undone=not done.undone)


def take_back_edits(draft: Draft, edits: Sequence[Edit]) -> None:
    """Take edits back; that, too, has a way back."""
    words = ngettext("{n:count} edit is taken back.", "{n:count} edits are taken back.", len(edits))
    replace(draft, edits, (), words, undone=True)


def replace(draft: Draft, gone: Sequence[Edit], back: Sequence[Edit], words: str, *, undone: bool) -> None:
    try:
        draft.replace(gone, back)
        done = Done(draft.source.key, words, tuple(back), tuple(gone), undone=undone)
    except Problem as problem:
        done = Done(draft.source.key, str(problem), problem=True)
    st.session_state[DONE] = done
