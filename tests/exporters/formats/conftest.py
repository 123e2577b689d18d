"""A model of every family, as it begins."""

from collections.abc import Callable

import pytest
import torch

from core.exporters.spec import Exported
from core.files.paths import Workspace
from core.models import MODELS
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.confidence import Confidence
from core.runs.store import Run
from core.runs.trained import Trained
from core.training.model import build_model, input_spec_of

FAMILIES = list(MODELS.entries)


@pytest.fixture
def exported(workspace: Workspace, digits: Prepared) -> Callable[..., Exported]:
    """What a run with such a model, and settings by their dotted names, would have to export."""

    def made(model: str, **settings: object) -> Exported:
        config = RunConfig().replace({"model.name": model, "data.name": "digits", **settings})
        spec = input_spec_of(config, digits.meta)
        torch.manual_seed(0)
        network = build_model(config, spec, len(digits.meta.classes), weights=False).eval()
        for name, numbers in network.named_buffers():  # as if batch norms had seen images
            if name.endswith("running_var"):
                numbers.uniform_(0.5, 2)
        trained = Trained(network, config, digits.meta, spec, "float32", confidence=Confidence(temperature=1.5))
        run = Run("abcd1234", f"a {model}", "finished", config, 0.0, 0.0)
        return Exported(run, trained, workspace)

    return made
