"""Whether a run can start at all, found out before anything of it exists."""

from core.config import RunConfig
from core.data.prepared import Prepared
from core.data.split import parts
from core.models.summary import summarise
from core.training.device import choose_device


def check(config: RunConfig, prepared: Prepared) -> None:
    """`BadInput` where the device is not there, the images are too few to split, or the model cannot be built for
    images of this size. Builds the model once, without looking for ImageNet's weights."""
    choose_device(config.training.device)
    parts(prepared, config.data.validation, config.data.limit, config.training.seed)
    summarise(config, prepared.meta)
