"""Named RunConfigs: four from well-known tutorials, kept exactly, and some of our own."""

from dataclasses import dataclass

from core.errors import unknown
from core.loading.augmentations import augment_settings
from core.loading.settings import DataConfig
from core.models.families.cnn import CNNSettings
from core.models.families.efficientnet_lite import LiteSettings
from core.models.families.mlp import MLPSettings
from core.models.families.vision import VisionSettings
from core.models.families.whitened import WhitenedSettings
from core.prepared.arrays import Meta
from core.run_config import RunConfig
from core.training.losses.cross_entropy import CrossEntropySettings
from core.training.losses.nll import NLLSettings
from core.training.optimizers.adam import AdamSettings, AdamWSettings
from core.training.optimizers.sgd import SGDSettings
from core.training.schedules.by_epoch import StepSettings
from core.training.schedules.by_step import OneCycleSettings
from core.training.settings import TrainingConfig

SMALL_SIDE_PX = 64  # pixels; a network for photographs would enlarge smaller images, and learn slowly


@dataclass(frozen=True)
class Recipe:
    """A starting point: what it shows, where it comes from, and what to expect of it."""

    name: str
    title: str
    about: str
    config: RunConfig
    expects: float | None = None  # test accuracy that its runs reach; None: it depends on the images
    # Seconds that a run took on two cores of a server's processor of 2023, as benchmarks/README.md has them; None: it
    # depends on the images
    takes_s: int | None = None
    tutorial: bool = False  # measures on the test set after every epoch, as its tutorial does
    folder: bool = False  # works on the person's own images; the person gives data.path


RECIPES = (
    Recipe(
        "digits-quick",
        "Digits in seconds",
        "A small CNN on the built-in 8×8 digits. Nothing to download: about 98\u00a0% within seconds.",
        RunConfig(
            data=DataConfig(name="digits"),
            model=CNNSettings(channels=(32, 64), widths=(64,)),
            optimizer=AdamSettings(lr=0.001),
            training=TrainingConfig(epochs=20, batch_size=16),
        ),
        expects=0.98,
        takes_s=4,
    ),
    Recipe(
        "mnist-mlp",
        "MNIST, the first network",
        "Three hidden layers of 64 neurons, NLL loss, Adam. Untrained it guesses (about 8\u00a0%); "
        "one epoch gives 95\u00a0%.",
        RunConfig(
            data=DataConfig(name="mnist", normalize="zero_one", validation=0.0),
            model=MLPSettings(widths=(64, 64, 64)),
            loss=NLLSettings(),
            optimizer=AdamSettings(lr=0.001),
            training=TrainingConfig(epochs=2, batch_size=15),
        ),
        expects=0.96,
        takes_s=5,
        tutorial=True,
    ),
    Recipe(
        "mnist-cnn",
        "MNIST, a convolutional network",
        "Two blocks of convolution, batch norm and max-pool, then a wide dense layer with dropout. About 99\u00a0%.",
        RunConfig(
            data=DataConfig(name="mnist", normalize="half", validation=0.0),
            model=CNNSettings(channels=(64, 128), widths=(1024,), dropout=0.5),
            optimizer=AdamSettings(lr=0.001),
            training=TrainingConfig(epochs=10, batch_size=64),
        ),
        expects=0.99,
        takes_s=410,
        tutorial=True,
    ),
    Recipe(
        "mnist-fast",
        "MNIST, fast and accurate",
        "Large batches, a one-cycle schedule and label smoothing: 99.2\u00a0% or more in three epochs.",
        RunConfig(
            data=DataConfig(name="mnist", validation=0.05),
            model=CNNSettings(channels=(32, 64, 128), widths=()),
            loss=CrossEntropySettings(label_smoothing=0.1),
            optimizer=AdamWSettings(lr=0.01, weight_decay=0.01),
            schedule=OneCycleSettings(),
            augment=augment_settings()(shift=0.07, rotate=8, scale=0.08),
            training=TrainingConfig(epochs=3, batch_size=256),
        ),
        expects=0.992,
        takes_s=41,
    ),
    Recipe(
        "fashion-cnn",
        "Fashion-MNIST",
        "A LeNet on clothes, in the files' own order. Training accuracy about 80\u00a0%, then 86\u00a0%.",
        RunConfig(
            data=DataConfig(name="fashion-mnist", normalize="zero_one", shuffle=False, validation=0.0),
            model=CNNSettings(channels=(6, 12), kernel_size=5, padding=0, batch_norm=False, widths=(120, 60)),
            optimizer=AdamSettings(lr=0.01),
            training=TrainingConfig(epochs=2, batch_size=100),
        ),
        expects=0.85,
        takes_s=6,
        tutorial=True,
    ),
    Recipe(
        "fashion-fast",
        "Fashion-MNIST, fast and accurate",
        "The same on clothes, which may also be mirrored: 91\u00a0% or more in six epochs.",
        RunConfig(
            data=DataConfig(name="fashion-mnist", validation=0.05),
            model=CNNSettings(channels=(32, 64, 128), widths=()),
            loss=CrossEntropySettings(label_smoothing=0.1),
            optimizer=AdamWSettings(lr=0.01, weight_decay=0.01),
            schedule=OneCycleSettings(),
            augment=augment_settings()(flip=True, shift=0.05),
            training=TrainingConfig(epochs=6, batch_size=256),
        ),
        expects=0.91,
        takes_s=86,
    ),
    Recipe(
        "cifar10-cnn",
        "CIFAR-10, colour photographs",
        "A LeNet on ten kinds of things in 32×32 colour. Harder: 61\u00a0% in training after five epochs, and it "
        "overfits in a hundred: nearly all training images, but 57\u00a0% on the test set.",
        RunConfig(
            data=DataConfig(name="cifar10", normalize="zero_one", validation=0.0),
            model=CNNSettings(channels=(6, 16), padding=0, batch_norm=False, widths=(120, 84)),
            optimizer=AdamSettings(lr=0.001),
            training=TrainingConfig(epochs=100, batch_size=10),
        ),
        expects=0.57,
        takes_s=890,
        tutorial=True,
    ),
    Recipe(
        "cifar10-fast",
        "CIFAR-10, fast and accurate",
        "A first layer computed from the images, mirrored and shifted images, and a one-cycle schedule: about "
        "81\u00a0% in 14 epochs.",
        RunConfig(
            data=DataConfig(name="cifar10", validation=0.05),
            model=WhitenedSettings(channels=(32, 64, 128)),
            loss=CrossEntropySettings(label_smoothing=0.1),
            optimizer=AdamWSettings(lr=0.01, weight_decay=0.01),
            schedule=OneCycleSettings(warmup=0.15),
            augment=augment_settings()(flip=True, shift=0.06),
            training=TrainingConfig(epochs=14, batch_size=128),
        ),
        expects=0.81,
        takes_s=97,
    ),
    Recipe(
        "folder-photos",
        "Your own photographs",
        "Transfer learning in seconds: a network that knows ImageNet looks at every photograph once, and its last "
        "layer learns your classes. No download. A fifth of the training images is held out for validation.",
        RunConfig(
            data=DataConfig(name="folder", normalize="half", size=224, validation=0.2),
            model=LiteSettings(weights="imagenet", trains="head"),
            optimizer=AdamSettings(lr=0.003),
            training=TrainingConfig(epochs=30, batch_size=32),
        ),
        folder=True,
    ),
    Recipe(
        "folder-resnet18",
        "Your own photographs, all layers",
        "Transfer learning as in PyTorch's tutorial: a ResNet-18 that knows ImageNet learns your classes from a few "
        "hundred photographs. A fifth of the training images is held out for validation.",
        RunConfig(
            data=DataConfig(name="folder", normalize="imagenet", size=224, validation=0.2),
            model=VisionSettings(name="resnet18", weights="imagenet"),
            optimizer=SGDSettings(lr=0.001, momentum=0.9),
            schedule=StepSettings(every=7, factor=0.1),
            augment=augment_settings()(crop=0.08, flip=True),
            training=TrainingConfig(epochs=25, batch_size=4),
        ),
        folder=True,
    ),
    Recipe(
        "folder-cnn",
        "Your own drawings or small images",
        "A small CNN, from random weights, on drawings, handwriting or icons, slightly turned, moved and scaled. A "
        "fifth of the training images is held out for validation.",
        RunConfig(
            data=DataConfig(name="folder", validation=0.2),
            model=CNNSettings(channels=(32, 64), widths=(128,), dropout=0.25),
            optimizer=AdamWSettings(lr=0.003, weight_decay=0.01),
            schedule=OneCycleSettings(),
            augment=augment_settings()(shift=0.07, rotate=8, scale=0.08),
            training=TrainingConfig(epochs=30, batch_size=16),
        ),
        folder=True,
    ),
)


def fitting(meta: Meta | None) -> Recipe:
    """The recipe for a person's own images: of drawings and other small ones it is a network of their size, of
    photographs, and of images that are not looked at yet, one that knows photographs."""
    small = meta is not None and (meta.drawable or (meta.size is not None and max(meta.size) <= SMALL_SIDE_PX))
    return recipe("folder-cnn" if small else "folder-photos")


def recipe(name: str) -> Recipe:
    """The recipe of that name; `BadInput` names the choices when there is none."""
    for entry in RECIPES:
        if entry.name == name:
            return entry
    raise unknown("recipe", name, [r.name for r in RECIPES])
