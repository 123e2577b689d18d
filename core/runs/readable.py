"""A finished run's folder for those without this program: what any editor, spreadsheet and PyTorch can read."""

import yaml
from torch import nn

from core.errors import Unwritable
from core.files import atomic
from core.files.csv_text import csv_text
from core.locale import _
from core.prepared.arrays import Meta
from core.runs.files import CONFIG, METRICS, WEIGHTS
from core.runs.lab import Lab
from core.runs.store import Run
from core.runs.trained import safetensors_file


def write_readable(run: Run, lab: Lab, model: nn.Module, meta: Meta) -> None:
    """The settings, the numbers of each epoch, and the last weights as the safetensors exporter writes them. Once, at
    the end: after every epoch the weights would take time. A disk that refuses them harms nothing; the log says so."""
    folder = lab.workspace.run(run.id)
    try:
        settings = yaml.safe_dump(run.config.to_dict(), sort_keys=False, allow_unicode=True)
        atomic.write(settings.encode(), folder / CONFIG)
        atomic.write(epochs_text(run, lab).encode(), folder / METRICS)
        atomic.write(safetensors_file(model, run.name, run.config, meta), folder / WEIGHTS)
    except Unwritable as error:
        lab.files.note(run.id, _("The readable copies of its results could not be written: {error}", error=str(error)))


def epochs_text(run: Run, lab: Lab) -> str:
    """CSV: a row an epoch, from 0 on; what an epoch does not have is empty."""
    rows = [epoch.flat(run.config.data.measured_on) for epoch in lab.store.epochs(run.id)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return csv_text(columns, ([row.get(column) for column in columns] for row in rows))
