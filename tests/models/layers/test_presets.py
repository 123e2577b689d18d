"""Lists to begin with: those of families and recipes are the same networks, the published ones have the sizes that are
known of them."""

import pytest

from core.loading.input_spec import InputSpec
from core.models.build import build_network
from core.models.families.layers import LayersSettings, rows_of
from core.models.layers.presets import PRESETS
from core.models.layers.text import canonical
from core.models.spec import ModelSettings
from core.recipes import recipe
from core.run_config import RunConfig

SAME: dict[str, ModelSettings] = {"cnn": RunConfig().replace({"model.name": "cnn"}).model} | {
    name: recipe(name.replace("_", "-")).config.model
    for name in ("mnist_mlp", "mnist_cnn", "fashion_cnn", "cifar10_cnn")
}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("channels,side", [(1, 28), (3, 32), (3, 64)])
def test_a_preset_is_well_written_and_fits(name: str, channels: int, side: int) -> None:
    assert PRESETS[name].name == name and canonical(PRESETS[name].layers) == PRESETS[name].layers
    assert rows_of(LayersSettings(layers=PRESETS[name].layers), channels, (side, side), 10)


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("channels,side", [(1, 28), (3, 32)])
def test_those_of_families_and_recipes_are_the_same_networks(name: str, channels: int, side: int) -> None:
    spec = InputSpec(channels, (side, side), (0.0,), (1.0,), photos=False, reflect=False)
    ours, theirs = (
        build_network(settings, spec, 10) for settings in (LayersSettings(layers=PRESETS[name].layers), SAME[name])
    )
    assert str(ours) == str(theirs)
    assert [(k, v.shape) for k, v in ours.state_dict().items()] == [
        (k, v.shape) for k, v in theirs.state_dict().items()
    ]


def test_lenet_has_the_61706_parameters_that_are_known_of_it() -> None:
    rows = rows_of(LayersSettings(layers=PRESETS["lenet5"].layers), 1, (28, 28), 10)
    assert sum(row.effect.parameters for row in rows if row.effect) == 61706
