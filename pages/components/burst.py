"""Several frames of the camera at a press, where the browser gives the camera."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.locale import _

MAX_FRAMES = 30  # of one press
SIDE_PX = 640  # longer side of a frame; a model sees fewer
MAX_FRAME_CHARS = 4 * SIDE_PX**2  # of a frame as text; a JPEG of noise has fewer
PREFIX = "data:image/jpeg;base64,"
HTML = (
    '<div class="eplab-burst"><video playsinline muted hidden></video><div><button type="button"></button>'
    '<button type="button" hidden></button></div><p role="status"></p></div>'
)
CSS = """
.eplab-burst video { width: 100%; max-width: 480px; border-radius: 0.5rem; display: block; margin-bottom: 0.5rem; }
.eplab-burst video[hidden], .eplab-burst button[hidden] { display: none; }
.eplab-burst button { font: inherit; color: inherit; background: none; padding: 0.25rem 0.75rem; min-height: 2.5rem;
  border: 1px solid var(--edge); border-radius: 0.5rem; cursor: pointer; }
.eplab-burst button:hover { border-color: var(--primary); }
.eplab-burst button:focus-visible { outline: 3px solid var(--primary); outline-offset: 2px; }
.eplab-burst p { font-size: 0.875rem; margin: 0.4rem 0 0; min-height: 1.4em; }
"""
JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

mount_burst = st.components.v2.component("epochlab_burst", html=HTML, css=CSS, js=JS, isolate_styles=False)


def camera_burst(count: int, seconds: float, key: str, on_taken: Callable[[list[bytes]], None]) -> None:
    """Take `count` frames, `seconds` apart. `on_taken` is called with their JPEG files before the page is drawn
    anew."""
    words = {
        "start": _("Start the camera"),
        "take": _("Take {count} frames", count=count),
        "picture": _("The camera's picture"),
        "asking": _("The browser asks whether this page may use the camera."),
        "refused": _("The browser does not let this page use the camera. Allow it beside the address of the page."),
        "none": _("There is no camera on this device. Choose files, or draw."),
        "failed": _("The camera gives no picture: another program may use it. Close that, and start it again."),
        "insecure": _(
            "The browser gives the camera only to secure pages: at localhost, or at an address that begins with "
            "https. Choose files instead, or open this page on the computer that runs it."
        ),
    }
    data = {"count": count, "interval": round(1000 * seconds), "side": SIDE_PX, "words": words}

    def taken() -> None:
        sent = st.session_state[key].get("frames")
        if isinstance(sent, list) and (frames := [frame for one in sent[:MAX_FRAMES] if (frame := jpeg(one))]):
            on_taken(frames)

    mount_burst(key=key, data=data, height="content", on_frames_change=taken)


def jpeg(sent: object) -> bytes:
    """The file in what a browser sent as a frame; nothing where it is none."""
    if not isinstance(sent, str) or not sent.startswith(PREFIX) or len(sent) > MAX_FRAME_CHARS:
        return b""
    try:
        return base64.b64decode(sent.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
