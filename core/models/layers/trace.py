"""An image on its way through a list of layers: what it is after each, and what that takes. Nothing is built."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from core.errors import BadInput
from core.models.layers import LAYERS, LayerSettings
from core.models.layers.dense import dense_effect
from core.models.layers.spec import Effect, Shape
from core.models.layers.text import read_layer

# No computer that trains here has room for more; what a certain one has is checked before a run starts.
MAX_PARAMETERS = 10**9  # of all layers together: 4 GB
MAX_OUTPUT = 10**8  # numbers that one layer puts out for one image: 0.4 GB


@dataclass(frozen=True)
class Row:
    """One layer of a list. `input` and `effect` are None below a layer that does not fit, and `layer` where it cannot
    be read; the last row, the dense layer to the classes, has none either."""

    item: str  # as it is written
    layer: LayerSettings | None
    input: Shape | None
    effect: Effect | None
    problem: BadInput | None = None


def trace(items: Sequence[str], shape: Shape | None, classes: int | None) -> list[Row]:
    """A row for each layer, and one for the dense layer to the classes that every network ends in. `shape` is that of
    the images, (C, H, W); None where it is not known."""
    rows, total = [], 0
    for item in items:
        row = row_of(item, shape)
        row = limited(row, total)
        rows.append(row)
        shape = row.effect.output if row.effect else None
        total += row.effect.parameters if row.effect else 0
    return [*rows, limited(last_row(shape, classes), total)]


def row_of(item: str, shape: Shape | None) -> Row:
    try:
        layer = read_layer(item)
    except BadInput as problem:
        return Row(item, None, None, None, problem)
    if shape is None:
        return Row(item, layer, None, None)
    try:
        return Row(item, layer, shape, LAYERS[layer.name].effect(layer, shape))
    except BadInput as problem:
        return Row(item, layer, shape, None, problem)


def last_row(shape: Shape | None, classes: int | None) -> Row:
    """The dense layer to the classes; it is in no list."""
    item = f"dense {classes}" if classes else "dense"
    if shape is None or classes is None:
        return Row(item, None, shape, None)
    try:
        return Row(item, None, shape, dense_effect(classes, shape))
    except BadInput as problem:
        return Row(item, None, shape, None, problem)


def limited(row: Row, before: int) -> Row:
    """The same row, with a problem where it takes more than there can be; `before` are the parameters above it."""
    if row.effect is None:
        return row
    numbers, parameters = prod(row.effect.output), before + row.effect.parameters
    if numbers > MAX_OUTPUT:
        problem = BadInput(
            "it puts out {numbers:count} numbers for each image; allowed: at most {most:count}. Take fewer channels, "
            "or a larger stride above it",
            numbers=numbers,
            most=MAX_OUTPUT,
        )
    elif parameters > MAX_PARAMETERS:
        problem = BadInput(
            "with it the network has {parameters:count} parameters; allowed: at most {most:count}. Make it smaller, "
            "or pool above it",
            parameters=parameters,
            most=MAX_PARAMETERS,
        )
    else:
        return row
    return Row(row.item, row.layer, row.input, None, problem)
