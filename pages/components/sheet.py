"""The sheet of paper that is drawn on, and what a browser sends of it, which is not to be trusted."""

from typing import Any

PAPER_COLOUR, INK_COLOUR = "#ffffff", "#111111"  # the same in a light and a dark theme: paper is paper


def read_canvas(**canvas: Any) -> tuple[Any, bytes | None]:
    """Show the canvas; its strokes and their picture as the browser sends them, not to be trusted. The package does
    not check them, and raises on some wrong values: these count as an empty sheet."""
    from streamlit_drawable_canvas import st_canvas  # importing it outside a Streamlit run raises

    try:
        answer = st_canvas(**canvas)
        return answer.json_data, answer.image_bytes
    except (AttributeError, LookupError, TypeError, ValueError):
        return {}, b""


def has_strokes(strokes: Any) -> bool:
    """Whether this describes at least one stroke."""
    objects = strokes.get("objects") if isinstance(strokes, dict) else None
    return isinstance(objects, list) and objects != [] and all(isinstance(one, dict) for one in objects)
