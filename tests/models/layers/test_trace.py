"""What is said of each row is what PyTorch has: shapes, parameters, multiply-adds, and the formulas for them."""

from math import floor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.loading.input_spec import InputSpec
from core.models.build import build_network, multiply_adds
from core.models.families.layers import LayersSettings
from core.models.layers import LAYERS, LayerSettings
from core.models.layers.spec import MULTIPLY_ADDS, PARAMETERS, Effect
from core.models.layers.text import items, joined, layer_text
from core.models.layers.trace import Row, trace
from tests.fuzzing import tries
from tests.models.layers.lists import lists

shapes = st.tuples(st.integers(1, 4), st.integers(1, 24), st.integers(1, 24))


def network(row: Row) -> torch.nn.Sequential:
    assert row.layer and row.input
    return torch.nn.Sequential(*LAYERS[row.layer.name].build(row.layer, row.input)).eval()


@given(lists, shapes, st.integers(2, 12))
@tries(120)
def test_every_row_says_what_torch_does(layers: list[LayerSettings], shape: tuple[int, int, int], classes: int) -> None:
    rows = trace(list(map(layer_text, layers)), shape, classes)
    assert [row.item for row in rows] == [*map(layer_text, layers), f"dense {classes}"]
    image = torch.zeros(1, *shape)
    for row in rows[:-1]:
        if row.problem:
            assert row.effect is None
            if "its window" in str(row.problem) or "its padding" in str(row.problem):
                with pytest.raises(RuntimeError):  # PyTorch would not take it either
                    network(row)(image)
            break
        assert row.effect and row.input == tuple(image.shape[1:])
        layer = network(row)
        with torch.no_grad():
            image = layer(image)
        assert row.effect.output == tuple(image.shape[1:])
        assert row.effect.parameters == sum(p.numel() for p in layer.parameters())
        check_formulas(row.effect)


def check_formulas(effect: Effect) -> None:
    """Each formula amounts to what it says, and says what the row says."""
    said = {PARAMETERS: effect.parameters, MULTIPLY_ADDS: effect.multiply_adds}
    said |= {"Height": effect.output[-2:][0], "Width": effect.output[-1], "Height and width": effect.output[-1]}
    said |= {"Numbers": effect.output[0]}
    for formula in effect.formulas:
        left, _equals, right = formula.text.replace("\N{NARROW NO-BREAK SPACE}", "").partition(" = ")
        for sign, python in {"·": "*", "−": "-", "⌊": "floor(", "⌋": ")"}.items():
            left = left.replace(sign, python)
        assert eval(left, {"floor": floor}) == int(right) == said[formula.of], formula
    told = {formula.of for formula in effect.formulas}
    assert (PARAMETERS in told) == bool(effect.parameters) and (MULTIPLY_ADDS in told) == bool(effect.multiply_adds)


@given(lists, shapes, st.integers(2, 12))
@tries(60)
def test_the_whole_network_has_the_sum_of_its_rows(
    layers: list[LayerSettings], shape: tuple[int, int, int], classes: int
) -> None:
    settings = LayersSettings(layers=joined(list(map(layer_text, layers))))
    rows = trace(items(settings.layers), shape, classes)
    spec = InputSpec(shape[0], shape[1:], (0.0,) * shape[0], (1.0,) * shape[0], photos=False, reflect=False)
    if any(row.problem for row in rows):
        with pytest.raises(BadInput, match=r"model\.layers, row \d+ \(.*\): "):
            build_network(settings, spec, classes)
        return
    model = build_network(settings, spec, classes)
    effects = [row.effect for row in rows if row.effect]
    assert len(effects) == len(rows)
    assert sum(p.numel() for p in model.parameters()) == sum(one.parameters for one in effects)
    assert multiply_adds(model, spec) == sum(one.multiply_adds for one in effects)
    with torch.no_grad():
        assert model.eval()(torch.zeros(2, *shape)).shape == (2, classes)


def problems(text: str, shape: tuple[int, int, int] = (1, 28, 28)) -> dict[int, str]:
    return {number: str(row.problem) for number, row in enumerate(trace(items(text), shape, 10), 1) if row.problem}


@pytest.mark.parametrize(
    "text,row,words",
    [
        ("max_pool 2, conv 8 15", 2, "picture of 14 × 14 that reaches it, as (14 + 2·0 − 15)/1 + 1 = 0:"),
        (
            "max_pool 14, conv 8 7 padding=2",
            2,
            "its window of 7 × 7 pixels is larger than the picture that reaches it, 6",
        ),
        ("conv 8 3, dense 64", 2, "it needs numbers in a row, but a picture of 8 × 26 × 26 reaches it"),
        ("conv 8 3, relu", 3, "it needs numbers in a row, but a picture of 8 × 26 × 26 reaches it"),
        ("", 1, "it needs numbers in a row, but a picture of 1 × 28 × 28 reaches it"),
        ("flatten, conv 8", 2, "it needs a picture (channels × height × width), but 784 numbers in a row reach it"),
        ("global_avg_pool, residual 8", 2, "it needs a picture"),
        ("flatten, flatten", 2, "784 numbers in a row reach it already: leave it out"),
        ("max_pool 2 padding=2", 1, "its padding of 2 is more than half its window of 2"),
    ],
)
def test_what_does_not_fit_is_named_at_its_row_alone(text: str, row: int, words: str) -> None:
    found = problems(text)
    assert list(found) == [row] and words in found[row]


def test_what_no_computer_holds_is_refused_at_its_row() -> None:
    large = (3, 512, 512)
    assert problems("conv 2048 3 padding=1, global_avg_pool", large)[1].startswith("it puts out 536\u202f870\u202f912")
    assert problems("flatten, dense 2048", large)[2].startswith(
        "with it the network has 1\u202f610\u202f614\u202f784 p"
    )
    wide = "flatten, " + ", ".join(["dense 8192"] * 20)
    assert list(problems(wide)) == [17]  # the sum counts


def test_shapes_are_open_while_the_images_are_not_known() -> None:
    rows = trace(["conv 8 3", "cov", "relu"], None, None)
    assert [row.effect for row in rows] == [None] * 4 and [bool(row.problem) for row in rows] == [0, 1, 0, 0]
