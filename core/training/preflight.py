"""Whether a run can start at all, found out before anything of it exists."""

from core.config import RunConfig
from core.data.prepared import Prepared
from core.data.split import parts
from core.models import memory
from core.models.summary import Summary, summarise
from core.training.device import choose_device


def check(config: RunConfig, prepared: Prepared) -> Summary:
    """`BadInput` where the device is not there, the images are too few to split, the model cannot be built for
    images of this size, or it cannot fit into memory. Returns the model's layers; nothing of it is made."""
    device = choose_device(config.training.device)
    images = parts(prepared, config.data.validation, config.data.limit, config.training.seed).train
    model = summarise(config, prepared.meta)
    memory.check(config, model, len(images), device)
    return model
