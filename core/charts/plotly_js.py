"""plotly.js, as the installed plotly package brings it: where it is, and its words in the reader's language."""

from importlib.util import find_spec
from pathlib import Path

from core.locale import _

SCRIPT = "plotly.min.js"


def plotly_script() -> Path:
    """Found without importing plotly."""
    spec = find_spec("plotly")
    assert spec and spec.origin
    return Path(spec.origin).parent / "package_data" / SCRIPT


def plotly_words() -> dict[str, str]:
    """The words of plotly.js on the page: its own → those of the reader."""
    return {
        "Download plot as a PNG": _("Download plot as a PNG"),
        "Taking snapshot - this may take a few seconds": _("Taking snapshot - this may take a few seconds"),
        "Snapshot succeeded": _("Snapshot succeeded"),
        "Sorry, there was a problem downloading your snapshot!": _(
            "Sorry, there was a problem downloading your snapshot!"
        ),
        "Zoom": _("Zoom"),
        "Lasso Select": _("Lasso Select"),
        "Box Select": _("Box Select"),
        "Pan": _("Pan"),
        "Zoom in": _("Zoom in"),
        "Zoom out": _("Zoom out"),
        "Reset axes": _("Reset axes"),
        "Double-click to zoom back out": _("Double-click to zoom back out"),
    }
