"""A trained model as a checkpoint holds it, with what is needed to use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from core.errors import Problem
from core.files.paths import Workspace
from core.loading.input_spec import InputSpec
from core.prepared.arrays import Meta
from core.run_config import RunConfig
from core.runs.confidence import PLAIN, Confidence, kept_confidence
from core.runs.store import Run
from core.training import checkpoint
from core.training.model import build_model, input_spec_of


def trained_checkpoint(run: Run, workspace: Workspace, which: str = checkpoint.LAST) -> Path:
    """The checkpoint of a run. `Problem` with what to do if there is none."""
    path = checkpoint.checkpoint_path(workspace.run(run.id), which)
    if not path.exists():
        elsewhere = not workspace.has_own_database and run.place not in (None, workspace.place)
        if elsewhere and not path.parent.is_dir():
            raise Problem(
                "The files of {name:name} ({id}) are not in {folder}: it was trained in {place}. Let EPOCHLAB_RUNS "
                "name the folder that the computers share, or choose another run.",
                name=run.name,
                id=run.id,
                folder=str(workspace.runs),
                place=run.place,
            )
        raise Problem(
            "{name:name} ({id}) has no checkpoint yet: one is written after its first epoch. Wait for it, resume the "
            "run, or choose another.",
            name=run.name,
            id=run.id,
        )
    return path


@dataclass(frozen=True)
class Trained:
    """A model as a checkpoint holds it, with what is needed to use it."""

    model: nn.Module  # on the processor, in evaluation mode
    config: RunConfig
    meta: Meta  # of the data set it was trained on
    spec: InputSpec
    precision: str  # that it was trained with: float32 or bfloat16
    start: Mapping[str, Any] | None = None  # what it began with of another run
    confidence: Confidence = PLAIN  # how its probabilities are given
    best_epoch: int = 0  # of the run until then; 0 where a checkpoint does not say it


def load_model(path: Path) -> Trained:
    """Build the network of a checkpoint and put its weights in."""
    values = checkpoint.load(path)
    with checkpoint.reading_checkpoint(path):
        config = RunConfig.from_dict(values["config"])
        meta = Meta.model_validate_json(values["meta"])
        spec = input_spec_of(config, meta)
        model = build_model(config, spec, len(meta.classes), weights=False)
        model.load_state_dict(values["model"])
    precision, start = values.get("precision", "float32"), values.get("start")
    best = int(values.get("progress", {}).get("best_epoch", 0))
    return Trained(model.eval(), config, meta, spec, precision, start, kept_confidence(path), best)


def safetensors_file(model: nn.Module, name: str, config: RunConfig, meta: Meta) -> bytes:
    """The weights in a file that runs no code when it is read, with the run's name, its settings and the description of
    its data set in the header."""
    import safetensors.torch

    weights = {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
    header = {"name": name, "config": config.to_json(), "meta": meta.model_dump_json()}
    return safetensors.torch.save(weights, metadata=header)
