"""A list of layers as it is typed: every list can be written and read back; what is none is refused at its row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.models.layers import LAYERS, LayerSettings
from core.models.layers.convolution import ConvSettings
from core.models.layers.pooling import PoolSettings
from core.models.layers.text import (
    MAX_LAYERS,
    as_kind,
    canonical,
    difference,
    items,
    joined,
    layer_text,
    read_layer,
    read_layers,
    tidied,
    with_number,
)
from tests.fuzzing import tries
from tests.models.layers.lists import lists


@given(lists)
@tries(60)
def test_every_list_is_read_as_it_was_written(layers: list[LayerSettings]) -> None:
    text = joined(list(map(layer_text, layers)))
    assert read_layers(text) == layers
    assert canonical(text) == tidied(text) == text


@pytest.mark.parametrize(
    "typed,meant",
    [
        ("conv", ConvSettings()),
        ("conv 8", ConvSettings(channels=8)),
        ("  CONV  8 5 2 1 ", ConvSettings(channels=8, kernel=5, stride=2, padding=1)),
        ("conv 8 padding=2 stride = 3", ConvSettings(channels=8, padding=2, stride=3)),
        ("max_pool", PoolSettings()),
        ("avg_pool 3 2 1", PoolSettings(name="avg_pool", kernel=3, stride=2, padding=1)),
        ("max_pool stride=null", PoolSettings()),
    ],
)
def test_what_is_left_out_has_its_default_and_numbers_stand_in_torchs_order(typed: str, meant: LayerSettings) -> None:
    assert read_layer(typed) == meant


def test_commas_semicolons_and_lines_part_layers() -> None:
    assert items("conv 8,relu;\n\n flatten ,, dense   9") == ["conv 8", "relu", "flatten", "dense 9"]
    assert canonical("conv 8,relu;\nflatten") == "conv 8 3, relu, flatten"


@pytest.mark.parametrize(
    "typed,words",
    [
        ("cov 3", "row 1 (cov 3): unknown layer 'cov'; have: conv, batch_norm"),
        ("cov 3", "Did you mean conv?"),
        ("relu, conv 5000", "row 2 (conv 5000): conv.channels is 5000; allowed: a whole number from 1 to 2048"),
        ("conv 2.5", "conv.channels is 2.5; allowed: a whole number"),
        ("conv x", 'conv.channels is "x"; allowed: a whole number'),
        ("conv 8 kernal=3", "Did you mean conv.kernel?"),
        ("conv 8 channels=9", "channels is there twice"),
        ("conv kernel=3 8", "8 is one number too many, or stands after one with a name"),
        ("dense 8 9", "9 is one number too many"),
        ("relu 0.1", "relu has no numbers: leave 0.1 out"),
        ("dropout 1", "dropout.share is 1; allowed: a number from 0 to 0.95"),
        ("dropout nan", "dropout.share is"),
        (", ".join(["relu"] * (MAX_LAYERS + 1)), "model.layers has 65 layers; allowed: at most 64"),
    ],
)
def test_what_is_no_layer_is_refused_at_its_row(typed: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        canonical(typed)
    assert words in str(caught.value) and "model.layers" in str(caught.value)


@given(st.text(max_size=60))
@tries(90)
def test_any_text_is_a_list_or_a_sentence(text: str) -> None:
    try:
        assert canonical(canonical(text)) == canonical(text)
    except BadInput as problem:
        assert "\n" not in str(problem) and len(str(problem)) < 3000
    assert tidied(tidied(text)) == tidied(text)


def test_what_cannot_be_read_stays_as_it_was_typed() -> None:
    assert tidied("conv 8 3 1 1 , cov  9,relu") == "conv 8 3 padding=1, cov 9, relu"


def test_another_kind_keeps_the_channels_where_both_have_some() -> None:
    assert as_kind("conv 48 5", "residual") == "residual 48"
    assert as_kind("residual 48 stride=2", "conv") == "conv 48 3 padding=1"
    assert as_kind("conv 48 5", "max_pool") == "max_pool 2"
    assert as_kind("what", "dense") == "dense 64"
    assert {as_kind("relu", kind).partition(" ")[0] for kind in LAYERS.entries} == set(LAYERS.entries)


def test_one_number_is_changed() -> None:
    assert with_number("conv 8 3 padding=1", "kernel", 5) == "conv 8 5 padding=1"
    assert with_number("max_pool 3 stride=2", "stride", None) == "max_pool 3"
    assert with_number("conv 8 5 padding=1", "kernel", None) == "conv 8 3 padding=1"
    assert with_number("max_pool 3", "stride", " 2, x") == "max_pool 3 stride=2x"


def test_what_differs_between_two_lists() -> None:
    before = "conv 8 3, relu, max_pool 2, flatten"
    assert difference(before, "conv 9 3, relu, max_pool 2, flatten, dense 9") == "conv 8 3 → conv 9 3, + dense 9"
    assert difference(before, "conv 8 3, flatten") == "− relu, − max_pool 2"
    assert difference(before, before) == ""
