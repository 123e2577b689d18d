"""A finished run's folder for those without this program: what any editor, spreadsheet and PyTorch can read."""

import csv
import io

import safetensors.torch
import yaml
from torch import nn

from core.errors import Unwritable
from core.files import atomic
from core.locale import _
from core.prepared.arrays import Meta
from core.runs.lab import Lab
from core.runs.store import Run

CONFIG, METRICS, WEIGHTS = "config.yaml", "metrics.csv", "weights/last.safetensors"


def write_readable(run: Run, lab: Lab, model: nn.Module, meta: Meta) -> None:
    """The settings, the numbers of each epoch, and the last weights as the safetensors exporter writes them. Once, at
    the end: after every epoch the weights would take time. A disk that refuses them harms nothing; the log says so."""
    folder = lab.workspace.run(run.id)
    weights = {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
    header = {"name": run.name, "config": run.config.to_json(), "meta": meta.model_dump_json()}
    try:
        settings = yaml.safe_dump(run.config.to_dict(), sort_keys=False, allow_unicode=True)
        atomic.write(settings.encode(), folder / CONFIG)
        atomic.write(epochs_text(run, lab).encode(), folder / METRICS)
        atomic.write(safetensors.torch.save(weights, metadata=header), folder / WEIGHTS)
    except Unwritable as error:
        lab.files.note(run.id, _("The readable copies of its results could not be written: {error}", error=str(error)))


def epochs_text(run: Run, lab: Lab) -> str:
    """CSV: a row an epoch, from 0 on; what an epoch does not have is empty."""
    rows = [epoch.flat(run.config.data.measured_on) for epoch in lab.store.epochs(run.id)]
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return buffer.getvalue()
