"""The network of a run before its first step, as epoch 0 has measured it."""

import threading

import torch
from torch import nn

from core.loading.batches import RunData
from core.models import model_spec
from core.training.earlier import Earlier, take
from core.training.model import build_model
from core.training.settings import RunSettings
from core.training.state import sample

_seeding = threading.Lock()  # torch's random numbers for all: the threads of a server take turns


def untrained(config: RunSettings, data: RunData, earlier: Earlier | None = None) -> nn.Module:
    """On the processor; `earlier` as in `new_state`. The random numbers of everybody else go on as if nothing had been
    drawn. Raises as building a network does where it starts from weights that are not there.
    """
    with _seeding, torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        model = build_model(config, data.spec, len(data.prepared.meta.classes))
    initialise = model_spec(config.model.name).initialise
    if initialise and earlier is None:
        initialise(model, sample(data.train))
    if earlier:
        take(model, config, data.spec, data.prepared.meta.classes, earlier)
    return model.eval()
