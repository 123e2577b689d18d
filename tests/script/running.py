"""Scripts that run in the process of the tests, and what a run of the app gives."""

import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.script.text import Script
from core.training.data import open_data
from core.training.events import EpochMetrics
from core.training.fit import fit
from core.training.state import new_state

Row = tuple[float, float, float, float]  # loss and accuracy in training, then on what every epoch is measured on


def run(script: Script, folder: Path, *arguments: str, text: str = "") -> dict[str, Any]:
    """What a script, or a changed `text` of it, leaves, run in this folder with these arguments."""
    assert "core" not in script.imports and "epochlab" not in script.imports
    before, threads, names = Path.cwd(), torch.get_num_threads(), {"__name__": "__main__"}
    os.chdir(folder)
    try:
        with patch.object(sys, "argv", ["train.py", *arguments]):
            exec(compile(text or script.text, "train.py", "exec"), names)
    finally:
        os.chdir(before)
        torch.set_num_threads(threads)
    return names


def rows_of_the_app(config: RunConfig, prepared: Prepared) -> list[Row]:
    device = torch.device("cpu")
    data = open_data(config, prepared, device)
    rows = []
    for event in fit(config, data, new_state(config, data, device)):
        if isinstance(event, EpochMetrics) and event.train:
            rows.append((event.train.loss, event.train.accuracy, event.val.loss, event.val.accuracy))
    return rows
