"""The folder of a finished run, read with the libraries that anybody has."""

import json

import pandas as pd
import safetensors.torch
import torch
import yaml

from core.runs import readable
from core.runs.trained import load_model, trained_checkpoint
from tests.faults import Disk


def test_settings_numbers_and_weights_are_plain_files(trained, lab):
    folder = lab.workspace.run(trained.id)
    assert yaml.safe_load((folder / "config.yaml").read_text()) == json.loads(trained.config.to_json())
    table, epochs = pd.read_csv(folder / "metrics.csv"), lab.store.epochs(trained.id)
    assert table["epoch"].tolist() == [one.epoch for one in epochs] and pd.isna(table["train_loss"][0])
    assert table["val_accuracy"].tolist() == [one["val_accuracy"] for one in epochs]
    weights = safetensors.torch.load_file(folder / "weights" / "last.safetensors")
    own = load_model(trained_checkpoint(trained, lab.workspace)).model
    assert all(torch.equal(weights[name], tensor) for name, tensor in own.state_dict().items())


def test_a_disk_that_takes_none_of_them_is_told_in_the_log_alone(trained, lab, monkeypatch):
    loaded = load_model(trained_checkpoint(trained, lab.workspace))
    with monkeypatch.context() as patch:
        Disk(lab.workspace.runs, patch, 1)  # 0 is a folder that is there
        readable.write_readable(trained, lab, loaded.model, loaded.meta)
    assert "could not be written" in lab.files.log(trained.id)
