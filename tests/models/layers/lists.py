"""Random layers and lists of layers, of every kind with every number in its range."""

from typing import Any

from hypothesis import strategies as st

from core.models.layers import LAYERS, LayerSettings
from core.settings.fields import bounds

# All kinds of layers, with numbers that are not their defaults.
EVERY_LAYER = (
    "conv 8 5 stride=2 padding=1, batch_norm, relu, max_pool 3 stride=2 padding=1, residual 8, leaky_relu slope=0.2, "
    "residual 12 stride=2, gelu, avg_pool 2 padding=1, tanh, flatten, dense 9, sigmoid, dropout 0.25, batch_norm"
)

MOST = 9  # of a random number; larger ones are only slower


@st.composite
def layer(draw: st.DrawFn, most: int = MOST) -> LayerSettings:
    """Any kind, each of its numbers as small as a test has time for."""
    spec = LAYERS[draw(st.sampled_from(list(LAYERS.entries)))]
    values: dict[str, Any] = {"name": spec.name}
    for name, info in spec.settings.model_fields.items():
        if name == "name":
            continue
        low, high = bounds(info)
        assert low is not None and high is not None
        if info.annotation is float:
            value: Any = draw(st.floats(low, high))
        else:
            value = draw(st.integers(int(low), min(int(high), most)))
        values[name] = draw(st.sampled_from([value, None])) if info.default is None else value
    return spec.settings(**values)


lists = st.lists(layer(), max_size=8)
