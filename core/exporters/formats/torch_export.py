"""A program of torch.export: PyTorch runs it without any code of the model."""

import io
import json

from core.exporters.spec import Exported, ExporterSpec


def write(exported: Exported) -> bytes:
    """images uint8 [N, H, W, C] → probabilities float32 [N, classes]; `description.json` in it says what they are."""
    import torch

    from core.exporters.answering import description, traced

    buffer = io.BytesIO()
    words = json.dumps(description(exported), ensure_ascii=False)
    torch.export.save(traced(exported.trained), buffer, extra_files={"description.json": words})
    return buffer.getvalue()


LINES = """import json

import numpy as np
import torch
from PIL import Image

about = {"description.json": ""}
model = torch.export.load("FILE", extra_files=about).module()
classes = json.loads(json.loads(about["description.json"])["classes"])
picture = torch.from_numpy(np.array(Image.open("picture.png").convert("RGB")))  # (height, width, 3) uint8
(probabilities,) = model(picture[None])  # [None]: a batch of one
print(classes[probabilities.argmax()], probabilities.max().item())
"""

SPECS = (
    ExporterSpec(
        name="pt2",
        title="torch.export (.pt2)",
        help="A whole program for torch.export.load. Pictures of any size in, probabilities out.",
        endings=(".pt2",),
        write=write,
        usage='`torch.export.load("{file}").module()` takes pictures of any size as uint8 [N, H, W, C] (C is 1 or 3), '
        "prepares them itself and gives probabilities, float32 [N, classes]; `description.json` in the file holds the "
        "classes. Floats from 0 to 1 are multiplied by 255 and rounded first.",
        lines=LINES,
        order=3,
    ),
)
