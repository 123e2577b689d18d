"""A model starts from what another run has learnt: which layers, and why not."""

import pytest
import torch

from core.errors import BadInput
from core.loading.input_spec import InputSpec
from core.models import model_specs
from core.run_config import RunConfig
from core.training.earlier import Earlier, fitting, take
from core.training.model import build_model
from tests.models.layers.lists import EVERY_LAYER

CLASSES = ("0", "1", "2")


def spec_of(channels: int = 1, side: int = 16) -> InputSpec:
    return InputSpec(channels, (side, side), (0.0,) * channels, (1.0,) * channels, photos=False, reflect=False)


def config(weights: str = "random", **changes: object) -> RunConfig:
    return RunConfig().replace(
        {**{name.replace("__", "."): value for name, value in changes.items()}, "model.weights": weights}
    )


def learnt(spec: InputSpec, classes: tuple[str, ...] = CLASSES, **changes: object) -> Earlier:
    """What a run with these settings could have learnt."""
    torch.manual_seed(7)
    settings = config(**changes)
    model = build_model(settings, spec, len(classes), weights=False)
    weights = {name: tensor + 0 * tensor for name, tensor in model.state_dict().items()}
    return Earlier("1a2b3c4d", "first", 4, 0, settings.model, spec, classes, weights)


OF_RUN = "run:1a2b3c4d"
LAYERS = {"model__name": "layers", "model__layers": EVERY_LAYER}


@pytest.mark.parametrize("name", list(model_specs()))
@pytest.mark.parametrize("classes", [CLASSES, ("3", "4", "5"), ("a", "b", "c", "d", "e")])
def test_every_family_starts_with_all_layers_or_all_but_the_last(name: str, classes: tuple[str, ...]) -> None:
    changes = LAYERS if name == "layers" else {"model__name": name}
    side = 32 if name == "layers" else 16
    earlier, new = learnt(spec_of(side=side), **changes), config(OF_RUN, **changes)
    torch.manual_seed(1)
    model = build_model(new, spec_of(side=side), len(classes))
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    start = take(model, new, spec_of(side=side), classes, earlier)
    whole = classes == CLASSES
    assert start.layers - start.taken == (0 if whole else 1) and (start.run, start.epoch) == ("1a2b3c4d", 4)
    *_, head = [key.rpartition(".")[0] for key in before]
    for key, tensor in model.state_dict().items():
        old = before if not whole and key.startswith(f"{head}.") else earlier.weights
        assert torch.equal(tensor, old[key]), key


def test_the_loss_and_a_dropout_change_the_names_of_layers_and_nothing_else() -> None:
    for changes in ({"model__name": "mlp"}, {"model__name": "resnet18"}):
        earlier = learnt(spec_of(), **changes)
        new = config(OF_RUN, loss__name="nll", **changes)
        if changes["model__name"] == "mlp":
            new = new.replace({"model.dropout": 0.5})
        model = build_model(new, spec_of(), 3)
        start = take(model, new, spec_of(), CLASSES, earlier)
        assert start.taken == start.layers
        own = list(model.state_dict().values())
        assert all(torch.equal(a, b) for a, b in zip(own, earlier.weights.values(), strict=True))


@pytest.mark.parametrize(("new", "spec", "words"), [
    ({"model__name": "mlp"}, spec_of(), "which has the model CNN, and here it is MLP: choose CNN"),
    ({"model__channels": [8, 64]}, spec_of(),
     r"model\.channels is \[8, 64\], and \[32, 64\] in the run “first”, .* set it as there"),
    ({}, spec_of(side=28), r"images of 16×16 pixels, and these come with 28×28: set data\.size to 16"),
    ({}, spec_of(channels=3), "from images with 1 channels, and these have 3"),
])  # fmt: skip
def test_what_does_not_fit_is_told_with_what_to_do(new: dict, spec: InputSpec, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        fitting(config(OF_RUN, **new), spec, CLASSES, learnt(spec_of()))


def test_a_network_without_a_fixed_size_takes_images_of_another_one() -> None:
    lists = {"model__name": "layers", "model__layers": "conv 8 3, relu, global_avg_pool"}
    start = fitting(config(OF_RUN, **lists), spec_of(side=40), CLASSES, learnt(spec_of(side=20), **lists))
    assert start.taken == start.layers == 2


def test_weights_that_go_back_to_imagenet_say_so() -> None:
    photos = spec_of(3, 128)
    earlier = learnt(photos, model__name="resnet18", weights="imagenet")
    with pytest.raises(BadInput, match=r"run:1a2b3c4d; allowed for the weights of “first”: run:1a2b3c4d:imagenet"):
        fitting(config(OF_RUN, model__name="resnet18"), spec_of(), CLASSES, earlier)
    start = fitting(config(f"{OF_RUN}:imagenet", model__name="resnet18"), photos, CLASSES, earlier)
    assert start.taken == start.layers
