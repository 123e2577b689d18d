"""What a built-in data set holds that is not on this computer yet: a few images that come with the program, or the
names of its classes."""

import base64
from html import escape

from core.datasets.catalog import DatasetSpec
from core.locale import _, translate


def preview(spec: DatasetSpec) -> str:
    """The markup; frame.css says how it looks."""
    if spec.preview is None:
        tags = "".join(f"<span>{escape(name)}</span>" for name in spec.classes)
        return f'<span class="eplab-classes">{tags}</span>'
    content = base64.b64encode(spec.preview.read_bytes()).decode()
    alt = escape(_("Images of {title}", title=translate(spec.title)))
    return f'<img class="eplab-preview" alt="{alt}" src="data:image/png;base64,{content}">'
