"""The formula under a layer ends in the number that PyTorch has."""

import re

import pytest
import torch
from torch import nn

from core.models.layers.of_module import formulas_of

MODULES = [
    (nn.Conv2d(3, 8, 3, padding=1), (3, 12, 20)),
    (nn.Conv2d(3, 8, 5, stride=2, bias=False), (3, 12, 20)),
    (nn.Conv2d(8, 8, 3, groups=8), (8, 10, 10)),
    (nn.Conv2d(4, 6, (1, 3)), (4, 10, 10)),
    (nn.Conv2d(4, 6, 3, dilation=2), (4, 10, 10)),
    (nn.MaxPool2d(2), (3, 9, 9)),
    (nn.MaxPool2d(2, ceil_mode=True), (3, 9, 9)),
    (nn.AvgPool2d(3, 2, 1), (3, 9, 9)),
    (nn.Linear(12, 5), (12,)),
    (nn.Linear(12, 5, bias=False), (12,)),
    (nn.BatchNorm2d(3), (3, 4, 4)),
    (nn.Flatten(), (3, 4, 4)),
    (nn.ReLU(), (3, 4, 4)),
]


@pytest.mark.parametrize(("module", "before"), MODULES, ids=lambda one: str(one)[:40])
def test_the_numbers_are_pytorchs(module: nn.Module, before: tuple[int, ...]) -> None:
    after = tuple(module.eval()(torch.zeros(1, *before)).shape[1:])
    formulas = {formula.of: formula.text for formula in formulas_of(module, before, after)}
    parameters = sum(one.numel() for one in module.parameters())
    ends = {of: int(re.sub(r"\D", "", text.rpartition("=")[2])) for of, text in formulas.items()}
    assert ends.get("Parameters", 0) == parameters
    if "Height and width" in ends:
        assert ends["Height and width"] == after[1] == after[2]
    elif "Height" in ends:
        assert (ends["Height"], ends["Width"]) == after[1:]
    if isinstance(module, nn.Conv2d):
        one_filter = module.weight[0].numel()
        assert ends["Multiply-adds"] == one_filter * module.out_channels * after[1] * after[2]
    # What it says before the sign of equality amounts to what it says after it.
    for text in formulas.values():
        left, _, right = text.rpartition("=")
        plain = left.translate(str.maketrans({"·": "*", "−": "-", "⌊": "int(", "⌋": ")", "\u202f": "", "\u00a0": ""}))
        assert eval(plain) == int(re.sub(r"\D", "", right)), text


def test_a_window_that_is_no_square_or_has_gaps_has_no_formula_for_its_sides() -> None:
    for module, before in MODULES[3:5] + MODULES[6:7]:
        after = tuple(module(torch.zeros(1, *before)).shape[1:])
        assert not {"Height", "Height and width"} & {one.of for one in formulas_of(module, before, after)}
