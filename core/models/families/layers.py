"""Own layers: a network that is a list of layers, from the image down to the classes."""

from typing import TYPE_CHECKING, Literal

from pydantic import field_validator

from core.errors import BadInput
from core.models.layers import LAYERS
from core.models.layers.presets import PRESETS
from core.models.layers.text import MAX_TEXT_CHARS, at_row, canonical, items
from core.models.layers.trace import Row, trace
from core.models.spec import ModelSettings, ModelSpec
from core.settings.fields import setting
from core.settings.parsing import refusal

if TYPE_CHECKING:
    from torch import nn


class LayersSettings(ModelSettings):
    """The list as text (`core.models.layers.text`). The dense layer to the classes is added to it."""

    name: Literal["layers"] = "layers"
    layers: str = setting(
        PRESETS["cnn"].layers,
        title="Layers",
        most=MAX_TEXT_CHARS,
        code=lambda model: "class …(nn.Module):",
        help="What an image passes, one layer after another, with commas between: conv 32 3 padding=1, batch_norm, "
        "relu, max_pool 2, flatten, dense 64, relu. The dense layer to the classes comes last by itself.",
    )

    @field_validator("layers")
    @classmethod
    def can_be_read(cls, text: str) -> str:
        """The same list in its one way of writing."""
        try:
            return canonical(text)
        except BadInput as problem:
            raise refusal(problem) from problem


def rows_of(settings: LayersSettings, channels: int, size: tuple[int, int], classes: int) -> list[Row]:
    """All layers with what they make of such an image; `BadInput` names the row that does not fit."""
    rows = trace(items(settings.layers), (channels, *size), classes)
    for number, row in enumerate(rows, start=1):
        if row.problem:
            raise at_row(number, row.item, row.problem)
    return rows


def build(settings: LayersSettings, channels: int, size: tuple[int, int], classes: int) -> "nn.Module":
    """(N, C, H, W) → (N, classes) logits. `BadInput` names the row where the image does not fit."""
    from torch import nn

    *rows, last = rows_of(settings, channels, size, classes)
    layers: list[nn.Module] = []
    for row in rows:
        assert row.layer is not None and row.input is not None
        layers += LAYERS[row.layer.name].build(row.layer, row.input)
    assert last.input is not None
    return nn.Sequential(*layers, nn.Linear(last.input[0], classes))


SPECS = (
    ModelSpec(
        name="layers",
        title="Own layers",
        about="A list of layers that you put together yourself, row by row.",
        settings=LayersSettings,
        build=build,
    ),
)
