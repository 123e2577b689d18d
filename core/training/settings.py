"""How long a run trains, in what portions, and on what; and what training needs to know of all its settings."""

from typing import Any, Literal, Protocol

from core.loading.augmentations.spec import AugmentSettings
from core.loading.settings import DataConfig
from core.models.spec import ModelSettings
from core.settings.fields import Settings, setting
from core.training.losses.spec import LossSettings
from core.training.optimizers.spec import OptimizerSettings
from core.training.schedules.spec import ScheduleSettings

# What becomes of the learning rate where a run goes on from another one: the schedule stands where its settings would
# have brought it by then (`rule`), the last rate stays (`hold`), or the schedule begins anew over the epochs that are
# left (`restart`).
ForkSchedule = Literal["rule", "hold", "restart"]
MAX_EPOCHS = 1000  # of a run


class TrainingConfig(Settings):
    """How long, in what portions, and on what."""

    epochs: int = setting(
        5,
        title="Epochs",
        code=lambda training: f"epochs = {training.epochs}",
        help="How often the model sees every training image.",
        low=1,
        high=MAX_EPOCHS,
        slider=(1, 50),
        too_high="Overfitting: the model remembers its training images, and validation loss turns upwards.",
        too_low="Both curves are still improving when it stops.",
    )
    batch_size: int = setting(
        64,
        title="Batch size",
        code=lambda training: f"batch_size = {training.batch_size}",
        help="Images per step. The gradient is averaged over them.",
        low=1,
        high=16384,
        slider=(1, 1024),
        log=True,
        too_high="Few steps an epoch, so it needs more epochs or a higher learning rate; memory may run out.",
        too_low="Noisy steps and a slow epoch.",
    )
    seed: int = setting(
        0,
        title="Seed",
        code=lambda training: f"torch.manual_seed({training.seed})",
        help="Start of all randomness. The same seed and settings on the same machine give the same run.",
        low=0,
        high=2**31 - 1,
        advanced=True,
    )
    patience: int = setting(
        0,
        title="Early stopping",
        code=lambda training: f"epoch - best_epoch >= {training.patience}" if training.patience else "",
        help="Stop after so many epochs without a better validation accuracy, or test accuracy where no validation "
        "images are held out. 0: never.",
        low=0,
        high=100,
        slider=(0, 20),
        too_high="It goes on long after the best epoch.",
        too_low="A chance dip ends the run.",
        advanced=True,
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = setting(
        "auto",
        title="Device",
        code=lambda training: "device = …" if training.device == "auto" else f'device = "{training.device}"',
        help="What computes. Automatic takes a GPU where there is one.",
        labels={"auto": "Automatic", "cpu": "Processor", "cuda": "NVIDIA GPU", "mps": "Apple GPU"},
        advanced=True,
    )
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto",
        title="Precision",
        code=lambda training: "torch.autocast(device, torch.bfloat16)" if training.precision == "bfloat16" else "",
        help="bfloat16 keeps 8 of float32's 24 significant bits and is much faster on convolutions where the chip "
        "has units for it. Automatic uses it only there.",
        labels={"auto": "Automatic", "float32": "float32", "bfloat16": "bfloat16"},
        advanced=True,
    )


class RunSettings(Protocol):
    """The settings of a run, part by part, as training takes them. `RunConfig` composes and reads them."""

    @property
    def data(self) -> DataConfig: ...
    @property
    def model(self) -> ModelSettings: ...
    @property
    def loss(self) -> LossSettings: ...
    @property
    def optimizer(self) -> OptimizerSettings: ...
    @property
    def schedule(self) -> ScheduleSettings: ...
    @property
    def augment(self) -> AugmentSettings: ...
    @property
    def training(self) -> TrainingConfig: ...
    def to_dict(self) -> dict[str, Any]: ...
