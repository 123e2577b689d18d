"""A set of one's own that is collected here: files of one class, the camera, drawings. Its classes grow in sight."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath

import numpy as np
import streamlit as st

from core import formatting
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.files.png import png
from core.importing.collection import Collection, class_folder, collection_named, collections
from core.inference import photo
from core.locale import _, ngettext
from core.prepared import imports, prepare
from core.sandbox.image_formats import IMAGE_ENDINGS
from core.sanitize import one_line
from pages.components import frame
from pages.components.asking import ask
from pages.components.burst import MAX_FRAMES, camera_burst
from pages.components.collection_zip import zip_button
from pages.components.image_grid import Cell, image_grid, one_picture
from pages.components.kept_drawing import SIDE_PX, decode_png
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown
from pages.components.sheet import INK_COLOUR, PAPER_COLOUR, has_strokes, read_canvas

FILES, CAMERA, BURST, DRAW = "files", "camera", "burst", "draw"  # ways in which images come
CHOSEN = "collection_used"  # in the session: the collection that is to be prepared
DONE = "collection_done"  # in the session: what became of the images that came last, in words
ROUND = "collection_round"  # in the session: how many times images came; each time the controls begin anew
KINDS = [ending.removeprefix(".") for ending in IMAGE_ENDINGS]
MAX_FILE_MB = 64  # MB
USUAL_DRAWINGS = 20  # of a class: enough for a first model
SHOWN = 12  # images of a class, the newest ones
PEN_PX = 18  # of the sheet
CAMERA_WIDTH_PX = 480
MAX_LEFT_OUT_NAMED = 5  # files of a heap that are no images
MAX_CLASSES_SHOWN = 12  # counts side by side


def collecting_panel(workspace: Workspace) -> DataSource | None:
    """The controls; the collection as a data set, once it is to be used."""
    collect(workspace)
    name: str | None = st.session_state.pop(CHOSEN, None)
    return None if name is None else collection_named(name, workspace).source


@st.fragment
@frame.show_problems()
def collect(workspace: Workspace) -> None:
    """An image that comes redraws this part of the page alone."""
    known = collections(workspace)
    if not known:
        st.markdown(
            _(
                "Make a set of your own without a folder: take pictures, draw symbols, or drag in files of one class. "
                "Two classes with a few images each are enough to train."
            )
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            _("Collection"), [one.name for one in known], index=0 if known else None, accept_new_options=True,
            key="collection", placeholder=_("Such as: my symbols"), width=280,
        )  # fmt: skip
        collection = collection_named(name, workspace) if name else None
        label = st.selectbox(
            _("Class"), class_choices(collection, workspace), index=None, accept_new_options=True,
            key="collected_class", placeholder=_("Choose or type a class"), width=280,
        )  # fmt: skip
    if collection is None:
        st.caption(_("Give the collection a name first. It is kept on the computer that runs Epochlab."))
        return
    if label is None:
        st.caption(_("Say which class the next images are of."))
    else:
        class_folder(label)  # or it has no name
        way = linked_select(_("Images come from"), [FILES, CAMERA, BURST, DRAW], "collect", title=way_title)
        ways: dict[str, Callable[[Collection, str], None]] = {
            FILES: from_files, CAMERA: from_camera, BURST: from_burst,
            DRAW: partial(from_drawing, workspace),
        }  # fmt: skip
        ways[way](collection, label)
        if words := st.session_state.pop(DONE, None):
            st.caption(escape_markdown(words))
    show_counts(collection)
    if label is not None:
        show_class(collection, label)
    finish(collection, workspace)


def way_title(way: str) -> str:
    titles = {FILES: _("Files"), CAMERA: _("Camera"), BURST: _("Camera, several frames"), DRAW: _("Drawing")}
    return titles.get(way, way)


def class_choices(collection: Collection | None, workspace: Workspace) -> list[str]:
    """The classes that it has, and those of the set that it corrects."""
    if collection is None:
        return []
    corrected = collection.corrects and prepare.find(collection.corrects, workspace)
    names = [class_folder(name) for name in corrected.meta.classes] if corrected else []
    return list(dict.fromkeys([*names, *collection.counts]))


def keep(collection: Collection, label: str, files: Sequence[tuple[str, bytes]]) -> None:
    """Keep the files (name, content) that are images, say what became of all, and let the controls begin anew."""
    new = known = 0
    left_out = []
    try:
        for (name, content), why in zip(files, photo.unreadable([content for _name, content in files]), strict=True):
            if why:
                left_out.append(_("{file:name} is left out: {why}.", file=one_line(name, 60), why=why))
            elif collection.add(label, content, PurePath(name).suffix):
                new += 1
            else:
                known += 1
        words = [ngettext("{n:count} image was added.", "{n:count} images were added.", new)]
        if known:
            words.append(ngettext("{n:count} is there already.", "{n:count} are there already.", known))
        st.session_state[DONE] = " ".join([*words, *left_out[:MAX_LEFT_OUT_NAMED]])
    except Problem as problem:
        st.session_state[DONE] = str(problem)
    begin_anew()


def begin_anew() -> None:
    st.session_state[ROUND] = this_round() + 1


def this_round() -> int:
    rounds: int = st.session_state.get(ROUND, 0)
    return rounds


def from_files(collection: Collection, label: str) -> None:
    key = f"collect-files-{this_round()}"

    def dropped() -> None:
        keep(collection, label, [(one.name, one.getvalue()) for one in st.session_state[key]])

    st.file_uploader(
        _("Images of {label:name}", label=escape_markdown(label)), type=KINDS, accept_multiple_files=True,
        max_upload_size=MAX_FILE_MB, key=key, on_change=dropped,
        help=_("Drag in as many as you like: all are of this class."),
    )  # fmt: skip


def from_camera(collection: Collection, label: str) -> None:
    key = f"collect-camera-{this_round()}"

    def taken() -> None:
        if picture := st.session_state[key]:
            keep(collection, label, [("1.jpg", picture.getvalue())])

    st.camera_input(
        _("A picture of {label:name}", label=escape_markdown(label)), key=key, on_change=taken, width=CAMERA_WIDTH_PX
    )
    st.caption(
        _(
            "A browser gives the camera only to secure pages: at localhost, or at an address that begins with https. "
            "The picture is kept on the computer that runs Epochlab."
        )
    )


def from_burst(collection: Collection, label: str) -> None:
    with st.container(horizontal=True):
        count = st.number_input(_("Frames"), 2, MAX_FRAMES, 10, key="burst_count", width=140)
        seconds = st.number_input(_("Seconds between"), 0.1, 3.0, 0.3, 0.1, key="burst_seconds", width=160)
    st.caption(_("Move the thing while the frames are taken: near and far, turned, in other light."))

    def taken(frames: list[bytes]) -> None:
        keep(collection, label, [(f"{number}.jpg", frame) for number, frame in enumerate(frames, 1)])

    camera_burst(int(count), float(seconds), "burst", taken)


def from_drawing(workspace: Workspace, collection: Collection, label: str) -> None:
    done = collection.counts.get(class_folder(label), 0)
    words = _("{label:name}: {done} of {usual}", label=escape_markdown(label), done=done, usual=USUAL_DRAWINGS)
    st.progress(min(done / USUAL_DRAWINGS, 1.0), text=words)
    sheet, result = st.columns([1, 2])
    with sheet:
        st.space("small")  # the canvas's own small buttons float above its edge
        strokes, sent = read_canvas(
            stroke_width=PEN_PX, stroke_color=INK_COLOUR, background_color=PAPER_COLOUR, height=SIDE_PX,
            width=SIDE_PX, drawing_mode="freedraw", return_image_data=True, key=f"symbol-{this_round()}",
        )  # fmt: skip
    picture = decode_png(sent) if sent and has_strokes(strokes) else None
    with result:
        if picture is None:
            st.caption(_("Draw the symbol, then keep it. Each one a little otherwise: a model learns what they share."))
            return
        image = in_style(picture, collection, workspace)
        if image is None:
            st.info(_("There is no ink in this picture. Draw or upload something darker or larger."))
            return
        one_picture(Cell(image, _("What is kept"), _("The drawing as a model will see it")), 132, key="symbol")
        with st.container(horizontal=True):
            drawn = [("1.png", png(image))]
            st.button(
                _("Keep it"), type="primary", icon=":material/check:", key="keep-symbol", on_click=keep,
                args=(collection, label, drawn),
            )  # fmt: skip
            st.button(_("Clear"), icon=":material/ink_eraser:", key="clear-symbol", on_click=begin_anew)


def in_style(picture: np.ndarray, collection: Collection, workspace: Workspace) -> np.ndarray | None:
    """A drawing (H, W, 4) in the look of the set: (H, W, 1) uint8; None where there is no ink."""
    from core.inference.drawing import to_input
    from core.inference.drawing_style import OWN_SYMBOLS, drawing_style_of
    from core.inference.enlarged import drawing_on

    corrected = collection.corrects and prepare.find(collection.corrects, workspace)
    style = drawing_style_of(corrected) if corrected else OWN_SYMBOLS
    image = to_input(drawing_on(picture, style).ink, style)
    return None if image is None else image[..., None]


def show_counts(collection: Collection) -> None:
    counts = collection.counts
    if not counts:
        st.caption(_("There is no image in {name:name} yet.", name=escape_markdown(collection.name)))
        return
    with st.container(horizontal=True, gap="medium", key="numbers-collected"):
        for label, count in list(counts.items())[:MAX_CLASSES_SHOWN]:
            st.metric(escape_markdown(label), formatting.count(count), width="content")
    if len(counts) > MAX_CLASSES_SHOWN:
        st.caption(ngettext("{n:count} more class", "{n:count} more classes", len(counts) - MAX_CLASSES_SHOWN))


def show_class(collection: Collection, label: str) -> None:
    """The newest images of a class, and a way back."""
    files = collection.files.get(class_folder(label), [])[-SHOWN:][::-1]
    if not files:
        return
    st.button(
        _("Take the last one out"), icon=":material/undo:", key="collect-undo", on_click=collection.remove,
        args=(files[0],),
    )  # fmt: skip
    cells = []
    for path in files:
        with frame.show_problems():
            image = cached_thumbnail(str(path), path.stat().st_mtime_ns)
            cells.append(Cell(image, "", _("An image of {label:name}", label=label), file=path.name))
    image_grid(cells, 72, label=_("The newest images of {label:name}", label=label), key="collected")


@st.cache_data(max_entries=256, show_spinner=False)
def cached_thumbnail(path: str, version: int) -> np.ndarray:
    """(H, W, C) uint8, of a file that was decoded before it was kept."""
    image = photo.read_image(path, PurePath(path).name)
    step = max(1, max(image.shape[:2]) // 256)
    return image[::step, ::step]


def finish(collection: Collection, workspace: Workspace) -> None:
    """Use it, take it along, or delete it."""
    counts = collection.counts
    if not counts:
        return
    enough = len(counts) > 1 and sum(counts.values()) > len(counts)
    with st.container(horizontal=True):
        if st.button(
            _("Use these images"), type="primary", icon=":material/download_done:", key="use-collection",
            disabled=not enough, help=None if enough else _("Two classes are needed, and one of them twice at least."),
        ):  # fmt: skip
            st.session_state[CHOSEN] = collection.name
            st.rerun()
        zip_button(collection)
        if prepare.find(collection.source, workspace) is None and st.button(
            _("Delete the collection"), icon=":material/delete:", key="delete-collection"
        ):
            ask_to_delete(collection, workspace)
    if len(counts) == 1:
        st.caption(_("One class is there. Collect a second one, and it can be trained with."))


def ask_to_delete(collection: Collection, workspace: Workspace) -> None:
    count = sum(collection.counts.values())
    words = ngettext("{n:count} image goes for good.", "{n:count} images go for good.", count)
    ask(
        _("Delete this collection?"), [f"**{escape_markdown(collection.name)}**", words], yes=_("Delete"),
        no=_("Keep it"), key="delete-collected", act=lambda: imports.remove(collection.source, workspace),
    )  # fmt: skip
