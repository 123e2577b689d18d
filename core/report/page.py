"""A report as one HTML file that needs nothing beside it: no network, no other file. Jinja2 escapes what people
wrote."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core import translations
from core.charts.plotly_js import plotly_script, plotly_words
from core.locale import _
from core.report.document import Document, Figures
from core.sanitize import REPLACED, UNSEEN, unstacked

FILES = Path(__file__).parent / "files"


def html_of(document: Document) -> bytes:
    """The file, in UTF-8: 4.8 MB of plotly.js and some kilobytes of its own."""
    blocks = [block for section in document.sections for block in section.blocks]
    charts = [one.chart for block in blocks if isinstance(block, Figures) for one in block.figures]
    draw = (FILES / "draw.js").read_text("utf-8")
    scripts = [plotly_script().read_text("utf-8"), draw] if charts else []
    # Beside the escaping, a browser runs the scripts with these hashes alone, and asks nobody for anything.
    allowed = " ".join(map(hash_of, scripts)) or "'none'"
    policy = f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"
    environment = Environment(loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, finalize=visible)  # fmt: skip
    environment.filters["base64"] = lambda content: base64.b64encode(content).decode()
    text = environment.get_template("report.html").render(
        document=document,
        language=translations.current(),
        policy=policy,
        scripts=scripts,
        given={"charts": charts, "words": plotly_words()},
        no_scripts=_("The charts need JavaScript, which is switched off here."),
        save=_("Save as {file}", file="{file}"),
        settings=_("The settings as a file"),
    )
    return text.encode()


def visible(value: Any) -> Any:
    """A text without the signs that hide or turn round what follows; its lines stay."""
    if type(value) is not str:  # of what is markup by now nothing is people's
        return value
    return "\n".join(unstacked(UNSEEN.sub(REPLACED, line)) for line in value.split("\n"))


def hash_of(script: str) -> str:
    """What a content security policy calls it (w3.org/TR/CSP3)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
