"""Pictures with captions, many at once: one piece of markup, so that a hundred cost one message to the browser. Each is
a button that shows it large, with its file's name, or that marks it, where several are chosen."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from zlib import crc32

import numpy as np
import streamlit as st
from PIL import Image

from core.locale import _
from core.sanitize import one_line
from pages.components.markdown import escape_markdown

MAX_TINY_SIDE_PX = 64  # up to here a picture is sent as it is and enlarged in hard squares, above it as a thumbnail
MAX_CAPTION_CHARS = 300  # characters below a picture
MAX_CHARS_WITHOUT_TOOLTIP = 40  # how many of them always fit there
THUMBNAIL_PX = 192  # longer side in pixels: 96 on the page, at the two device pixels of most screens
LARGE_PX = 1024  # longer side of a picture that is shown alone
SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

mount_script = st.components.v2.component("epochlab_tiles", js=SCRIPT, isolate_styles=False)

# `auto-fill` lets the grid be ten columns wide on a desk and three on a telephone without knowing which it is.
STYLE = """<style>
.eplab-grid { display: grid; gap: 0.75rem 0.5rem; margin: 0; padding: 0; }
.eplab-grid figure { margin: 0; min-width: 0; }
.eplab-grid button { display: block; width: 100%; padding: 0; border: 0; border-radius: 4px; background: none;
  cursor: zoom-in; }
.eplab-grid button[aria-pressed="true"] { box-shadow: 0 0 0 4px var(--primary); }
.eplab-grid button:focus-visible { outline: 3px solid var(--primary); outline-offset: 3px; }
.eplab-large { display: block; width: 100%; max-height: 60vh; object-fit: contain; }
.eplab-large.tiny { image-rendering: pixelated; }
.eplab-grid img { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 4px; display: block;
  background: rgba(128, 128, 128, 0.15); }
.eplab-grid.single img { aspect-ratio: auto; }
.eplab-grid img.tiny { image-rendering: pixelated; }
.eplab-grid figcaption { font-size: 0.8rem; line-height: 1.25; margin-top: 0.2rem; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; }
.eplab-grid figure.right figcaption::before { content: "✓ "; color: light-dark(#087a4d, #3cc48e); font-weight: 700; }
.eplab-grid figure.wrong figcaption::before { content: "✗ "; color: light-dark(#b8324a, #f0808c); font-weight: 700; }
.eplab-grid figure.right img { outline: 2px solid #0a8f5b; }
.eplab-grid figure.wrong img { outline: 2px dashed #d1495b; }
.eplab-grid figure.gone img { opacity: 0.3; filter: grayscale(1); }
.eplab-grid.choose button { cursor: pointer; position: relative; scroll-margin-bottom: 12rem; }
.eplab-grid.choose button::after { content: ""; position: absolute; top: 3px; left: 3px; width: 20px; height: 20px;
  box-sizing: border-box; border-radius: 4px; border: 2px solid #fff; background: rgba(0, 0, 0, 0.35);
  box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.6); font: 700 14px/16px sans-serif; color: #fff; }
.eplab-grid.choose button[aria-pressed="true"]::after { content: "✓"; background: #0b6a75; }
</style>"""


@dataclass(frozen=True)
class Cell:
    """One picture: (H, W, C) uint8, what stands below it, what is read out instead of it, and whether it marks
    a right or a wrong answer (None: no answer); `file`: the name that it has in its folder or ZIP, seen when a
    mouse points at it. `was` is struck out
    before the caption, and a picture that is `gone` is pale."""

    image: np.ndarray
    caption: str
    alt: str
    right: bool | None = None
    file: str = ""
    was: str = ""
    gone: bool = False


def image_grid(
    cells: Sequence[Cell],
    width: int = 80,
    columns: int | None = None,
    label: str = "",
    key: str = "",
    below: Callable[[int], None] | None = None,
) -> None:
    """Show pictures in `columns`, or else in as many columns of about `width` pixels as fit. `key` tells apart grids of
    one label. `below` draws what stands below a picture that is shown large; it gets its place."""
    repeat = f"{columns}, minmax(0, 1fr)" if columns else f"auto-fill, minmax({width}px, 1fr)"
    label = one_line(label or _("Images"))
    show_pressed(cells, tiles(cells, key or label, grid_attributes(label, repeat)), below)


def image_choices(
    cells: Sequence[Cell],
    chosen: Sequence[int],
    at: str,
    key: str,
    on_choice: Callable[[list[int]], None],
    width: int = 80,
    label: str = "",
) -> None:
    """The same, but that any of them are marked: by a press, and by Shift and a press all from the last one on.
    `on_choice` is called with the places that are marked. The browser marks at once, and heeds `chosen` only where `at`
    is another than before."""
    repeat = f"auto-fill, minmax({width}px, 1fr)"
    grid = markup(cells, key, grid_attributes(one_line(label or _("Images")), repeat), " choose")
    name = f"tiles_{grid}"

    def marked() -> None:
        told = st.session_state[name].get("marked")
        if isinstance(told, dict) and told.get("at") == at and isinstance(told.get("places"), list):
            on_choice([place for place in told["places"] if isinstance(place, int) and 0 <= place < len(cells)])

    with st.container(key=f"tiles-{grid}"):  # hidden by frame.css
        data = {"grid": grid, "marked": list(chosen), "at": at}
        mount_script(key=name, data=data, on_marked_change=marked)


def image_buttons(
    cells: Sequence[Cell], chosen: int | None, key: str, on_press: Callable[[int], None], width: int = 80,
    label: str = "",
) -> None:  # fmt: skip
    """The same, but that a picture which is pressed is not shown large: `on_press` is called with its place before the
    page is drawn anew. `chosen` is the place of the one that is marked."""
    attributes = grid_attributes(one_line(label or _("Images")), f"auto-fill, minmax({width}px, 1fr)")
    tiles(cells, key, attributes, chosen=chosen, on_press=on_press)


def one_picture(cell: Cell, width: int = 224, key: str = "") -> None:
    """Show a single picture, enlarged in hard squares when it is small. `key` tells apart those of one caption."""
    attributes = f'style="width: {width}px; max-width: 100%"'
    show_pressed([cell], tiles([cell], key or cell.caption, attributes, more=" single"))


def grid_attributes(label: str, repeat: str) -> str:
    return f'role="group" aria-label="{escape(label)}" style="grid-template-columns: repeat({repeat})"'


def tiles(
    cells: Sequence[Cell],
    name: str,
    attributes: str,
    more: str = "",
    chosen: int | None = None,
    on_press: Callable[[int], None] = lambda place: None,
) -> int | None:
    """The markup, and what tells which picture was pressed: its place, in this drawing alone. `name` is that of the
    grid on the page."""
    grid = markup(cells, name, attributes, more)
    key = f"tiles_{grid}"

    def pressed() -> None:
        if (place := at(st.session_state[key].get("opened"))) is not None:
            on_press(place)

    def at(place: object) -> int | None:
        return place if isinstance(place, int) and 0 <= place < len(cells) else None

    with st.container(key=f"tiles-{grid}"):  # hidden by frame.css
        return at(mount_script(key=key, data={"grid": grid, "chosen": chosen}, on_opened_change=pressed).opened)


def markup(cells: Sequence[Cell], name: str, attributes: str, more: str) -> str:
    """Put the pictures on the page; returns what tells their grid from others."""
    grid = f"{crc32(name.encode()):08x}"
    figures = "".join(figure_html(cell, place) for place, cell in enumerate(cells))
    st.html(f'{STYLE}<div class="eplab-grid{more}" data-grid="{grid}" {attributes}>{figures}</div>')
    return grid


def show_pressed(
    cells: Sequence[Cell], place: int | None, below: Callable[[int], None] | None = None
) -> None:  # fmt: skip
    if place is not None:
        cell = cells[place]
        words = one_line(f"{cell.was} {cell.caption}", MAX_CAPTION_CHARS)
        st.dialog(escape_markdown(words) or _("Image"))(show_large)(cell, below and partial(below, place))


def show_large(cell: Cell, below: Callable[[], None] | None = None) -> None:
    """One picture as large as the window allows, its file's name and what it is."""
    height, width = cell.image.shape[:2]
    tiny = " tiny" if max(height, width) <= MAX_TINY_SIDE_PX else ""
    alt = escape(one_line(cell.alt, MAX_CAPTION_CHARS))
    st.html(f'{STYLE}<img class="eplab-large{tiny}" alt="{alt}" src="{data_uri(cell.image, LARGE_PX)}">')
    words = [one_line(cell.alt, MAX_CAPTION_CHARS), _("{width} × {height} pixels", width=width, height=height)]
    if cell.file:
        words.insert(0, _("File: {file}", file=one_line(cell.file)))
    st.markdown("  \n".join(map(escape_markdown, words)))
    if below:
        below()


def figure_html(cell: Cell, place: int = 0) -> str:
    """The markup of one cell; captions and alternative text may hold any characters."""
    mark = {None: "", True: ' class="right"', False: ' class="wrong"'}[cell.right]
    mark = ' class="gone"' if cell.gone else mark
    was = f"<del>{escape(one_line(cell.was, MAX_CAPTION_CHARS))}</del> " if cell.was else ""
    height, width = cell.image.shape[:2]
    tiny = ' class="tiny"' if max(height, width) <= MAX_TINY_SIDE_PX else ""
    alt, caption = (escape(one_line(text, MAX_CAPTION_CHARS)) for text in (cell.alt, cell.caption))
    whole = (
        f' title="{caption}"' if len(caption) > MAX_CHARS_WITHOUT_TOOLTIP else ""
    )  # more than fits below the picture
    stop = 0 if place == 0 else -1  # of the Tab key; the arrow keys lead on
    picture = f'<img{tiny} alt="{alt}" src="{data_uri(cell.image)}">'
    hint = f' title="{escape(one_line(cell.file, MAX_CAPTION_CHARS))}"' if cell.file else ""
    button = f'<button type="button" data-place="{place}" tabindex="{stop}"{hint}>{picture}</button>'
    return f"<figure{mark}>{button}<figcaption{whole}>{was}{caption}</figcaption></figure>"


def data_uri(image: np.ndarray, side: int = THUMBNAIL_PX) -> str:
    """(H, W, 1 or 3) uint8 as the address of a picture whose longer side has at most `side` pixels."""
    content, kind = picture_file(image, side)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def picture_file(image: np.ndarray, side: int = THUMBNAIL_PX) -> tuple[bytes, str]:
    """The same as a file: PNG when small (exact), else a JPEG; with its kind as in `image/png`."""
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    buffer = io.BytesIO()
    if max(picture.size) <= MAX_TINY_SIDE_PX:
        picture.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue(), "png"
    picture.thumbnail((side, side), reducing_gap=2)
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue(), "jpeg"
