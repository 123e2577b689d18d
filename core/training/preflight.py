"""Whether a run can start at all, checked before anything of it is created."""

from math import prod

from core.errors import BadInput
from core.loading.split import parts
from core.locale.messages import SettingName
from core.models.summary import Summary
from core.prepared.arrays import Prepared
from core.training import memory
from core.training.device import choose_device
from core.training.losses import LOSSES
from core.training.model import summarise
from core.training.optimizers import OPTIMIZERS
from core.training.settings import RunSettings


def check(config: RunSettings, prepared: Prepared) -> Summary:
    """`BadInput` where the device is not there, the images are too few to split or for a batch, the model cannot be
    built for images of this size, the loss or the optimizer does not suit it, or it cannot fit into memory. Returns the
    model's layers; nothing of it is made."""
    device = choose_device(config.training.device)
    images = parts(prepared, config.data.validation, config.data.limit, config.training.seed).train
    model = summarise(config, prepared.meta)
    LOSSES[config.loss.name].check(config.loss, len(prepared.meta.classes))
    OPTIMIZERS[config.optimizer.name].check(config.optimizer, model.learning)
    check_batches(config, model, len(images))
    memory.check(config, model, len(images), device)
    return model


def check_batches(config: RunSettings, model: Summary, images: int) -> None:
    """`BadInput` when batches are single images and the model's batch norm then has one value a channel, which has no
    spread. A last batch of one image never comes up: it joins the one before."""
    if min(config.training.batch_size, images) > 1:
        return
    if any(row.kind.startswith("BatchNorm") and prod(row.output_shape[1:]) == 1 for row in model.rows):
        if images > 1:
            raise BadInput(
                "this model's batch norm compares the images of a batch with one another, and here every batch "
                "is a single image: choose a {setting} of at least 2, or another model",
                setting=SettingName("training.batch_size"),
            )
        raise BadInput(
            "this model's batch norm compares the images of a batch with one another, and here every batch "
            "is a single image: choose a {setting}, or a data set, of more images, or another model",
            setting=SettingName("data.limit"),
        )
