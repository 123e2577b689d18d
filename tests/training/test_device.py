import pytest
import torch
from torch import nn

from core.errors import BadInput
from core.run_config import RunConfig
from core.training import device as module
from core.training.device import available_devices, choose_device, choose_precision, choose_threads


def test_a_missing_device_is_named_with_what_there_is(monkeypatch):
    monkeypatch.setattr(module, "available_devices", lambda: ["cpu"])
    with pytest.raises(BadInput, match=r"training\.device is 'cuda'.*allowed: auto, cpu"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_the_processor_is_always_there():
    assert available_devices()[-1] == "cpu"


@pytest.mark.parametrize("able", [True, False])
def test_automatic_precision_follows_the_chip(monkeypatch, able):
    monkeypatch.setattr(module, "has_bfloat16_units", lambda device: able)
    wide = nn.Sequential(nn.Conv2d(32, 64, 3))
    cpu = torch.device("cpu")
    assert choose_precision(RunConfig(), cpu, wide, 10**8) == ("bfloat16" if able else "float32")
    assert choose_precision(RunConfig(), cpu, wide, 10**5) == "float32", "too little work to pay for it"
    assert choose_precision(RunConfig(), cpu, nn.Sequential(nn.Linear(64, 64)), 10**8) == "float32"
    assert choose_precision(RunConfig().replace({"training.precision": "float32"}), cpu, wide, 10**8) == "float32"


def test_convolutions_in_groups_stay_in_float32_on_a_processor():
    cpu, grouped = torch.device("cpu"), nn.Sequential(nn.Conv2d(64, 64, 3), nn.Conv2d(64, 64, 3, groups=64))
    assert choose_precision(RunConfig(), cpu, grouped, 10**8) == "float32"
    with pytest.raises(BadInput, match="not reliably; allowed: auto, float32"):
        choose_precision(RunConfig().replace({"training.precision": "bfloat16"}), cpu, grouped, 10**8)


def test_small_steps_take_one_thread():
    assert choose_threads(15 * 60_000) == 1
    assert choose_threads(10**9) >= 1
