"""Pictures with captions, many at once: one piece of markup, so that a hundred cost one message to the browser."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from core.locale import _
from core.sanitize import one_line

MAX_TINY_SIDE_PX = (
    64  # pixels; up to here a picture is sent as it is and enlarged in hard squares, above it as a thumbnail
)
MAX_CAPTION_CHARS, MAX_CHARS_WITHOUT_TOOLTIP = (
    300,
    40,
)  # characters below a picture, and how many of them always fit there
THUMBNAIL_PX = 192  # longer side in pixels: 96 on the page, at the two device pixels of most screens

# `auto-fill` lets the grid be ten columns wide on a desk and three on a telephone without knowing which it is.
STYLE = """<style>
.eplab-grid { display: grid; gap: 0.75rem 0.5rem; margin: 0; padding: 0; }
.eplab-grid figure { margin: 0; min-width: 0; }
.eplab-grid img { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 4px; display: block;
  background: rgba(128, 128, 128, 0.15); }
.eplab-grid.single img { aspect-ratio: auto; }
.eplab-grid img.tiny { image-rendering: pixelated; }
.eplab-grid figcaption { font-size: 0.8rem; line-height: 1.25; margin-top: 0.2rem; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; }
.eplab-grid figure.right figcaption::before { content: "✓ "; color: light-dark(#087a4d, #3cc48e); font-weight: 700; }
.eplab-grid figure.wrong figcaption::before { content: "✗ "; color: light-dark(#b8324a, #f0808c); font-weight: 700; }
.eplab-grid button { all: unset; display: block; width: 100%; border-radius: 4px; cursor: pointer; }
.eplab-grid button:focus-visible { outline: 3px solid var(--primary); outline-offset: 2px; }
.eplab-grid button[aria-pressed="true"] { box-shadow: 0 0 0 4px var(--primary); }
.eplab-grid figure.right img { outline: 2px solid #0a8f5b; }
.eplab-grid figure.wrong img { outline: 2px dashed #d1495b; }
</style>"""

SCRIPT = Path(__file__).with_name("image_buttons.js").read_text(encoding="utf-8")
mount_buttons = st.components.v2.component("epochlab_images", html="<div></div>", js=SCRIPT, isolate_styles=False)


@dataclass(frozen=True)
class Cell:
    """One picture: (H, W, C) uint8, what stands below it, what is read out instead of it, and whether it marks
    a right or a wrong answer (None: no answer)."""

    image: np.ndarray
    caption: str
    alt: str
    right: bool | None = None


def image_grid(cells: Sequence[Cell], width: int = 80, columns: int | None = None, label: str = "") -> None:
    """Show pictures in `columns`, or else in as many columns of about `width` pixels as fit."""
    repeat = f"{columns}, minmax(0, 1fr)" if columns else f"auto-fill, minmax({width}px, 1fr)"
    st.html(grid_html([figure_html(cell) for cell in cells], repeat, label))


def grid_html(figures: Sequence[str], repeat: str, label: str) -> str:
    label = escape(one_line(label or _("Images")))
    style = f"grid-template-columns: repeat({repeat})"
    return f'{STYLE}<div class="eplab-grid" role="group" aria-label="{label}" style="{style}">{"".join(figures)}</div>'


def image_buttons(
    cells: Sequence[Cell], names: Sequence[int], opened: int | None, key: str, on_press: Callable[[int], None],
    width: int = 80, label: str = "",
) -> None:  # fmt: skip
    """The same, but that each picture is a button, called by a number; `on_press` is called with it before the page is
    drawn anew. `opened` is the one that was pressed."""
    figures = [figure_html(cell, name, name == opened) for cell, name in zip(cells, names, strict=True)]

    def pressed() -> None:
        name = st.session_state[key].get("pressed")
        if isinstance(name, int) and name in names:
            on_press(name)

    html = grid_html(figures, f"auto-fill, minmax({width}px, 1fr)", label)
    mount_buttons(key=key, data={"html": html}, height="content", on_pressed_change=pressed)


def one_picture(cell: Cell, width: int = 224) -> None:
    """Show a single picture, enlarged in hard squares when it is small."""
    st.html(
        f'{STYLE}<div class="eplab-grid single" style="width: {width}px; max-width: 100%">{figure_html(cell)}</div>'
    )


def figure_html(cell: Cell, name: int | None = None, opened: bool = False) -> str:
    """The markup of one cell; captions and alternative text may hold any characters. With a name it is a button."""
    mark = {None: "", True: ' class="right"', False: ' class="wrong"'}[cell.right]
    height, width = cell.image.shape[:2]
    tiny = ' class="tiny"' if max(height, width) <= MAX_TINY_SIDE_PX else ""
    alt, caption = (escape(one_line(text, MAX_CAPTION_CHARS)) for text in (cell.alt, cell.caption))
    whole = (
        f' title="{caption}"' if len(caption) > MAX_CHARS_WITHOUT_TOOLTIP else ""
    )  # more than fits below the picture
    picture = f'<img{tiny} alt="{alt}" src="{data_uri(cell.image)}">'
    if name is not None:
        state = "true" if opened else "false"
        picture = f'<button type="button" data-name="{name}" aria-pressed="{state}">{picture}</button>'
    return f"<figure{mark}>{picture}<figcaption{whole}>{caption}</figcaption></figure>"


def data_uri(image: np.ndarray) -> str:
    """(H, W, 1 or 3) uint8 as the address of a picture: PNG when small (exact), else a JPEG thumbnail."""
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    buffer = io.BytesIO()
    if max(picture.size) <= MAX_TINY_SIDE_PX:
        picture.save(buffer, "PNG", compress_level=1)
        kind = "png"
    else:
        picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), reducing_gap=2)
        picture.save(buffer, "JPEG", quality=85)
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
