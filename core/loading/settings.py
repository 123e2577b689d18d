"""Which images a run learns from, and how they are split, sized, scaled and augmented."""

from typing import Literal

from core.settings.fields import Settings, setting


class DataConfig(Settings):
    """Which images, and how they are split, sized and scaled."""

    name: str = setting("digits", title="Data set", help="What the model learns from.")
    path: str | None = setting(
        None, title="Folder or ZIP", help="Where your own images lie, on the server's disk.", most=4096
    )
    limit: int | None = setting(
        None,
        title="Training images",
        help="Take only so many of the training images, the same share of each class.",
        empty="all of them",
        low=1,
        too_high="Nothing is lost but time.",
        too_low="Quick, but validation accuracy stays low: there is too little to learn from.",
        advanced=True,
    )
    validation: float = setting(
        0.1,
        title="Validation share",
        help="Share of the training images held out to judge the model while it learns. At 0 it is judged on the "
        "test set after every epoch, as tutorials do; that judges too kindly a model chosen by this score.",
        low=0,
        high=0.5,
        step=0.05,
        too_high="Little is left to learn from.",
        too_low="The validation curve is noisy.",
    )
    shuffle: bool = setting(
        True,
        title="Shuffle",
        help="Show the images in a new order in every epoch. Without it, the model follows the order of the files.",
        advanced=True,
    )
    size: int | None = setting(
        None,
        title="Image side",
        help="Bring images to this side in pixels.",
        empty="as they are; photographs as it suits the model",
        low=8,
        high=512,
        too_high="Slow: the work grows with the square of the side.",
        too_low="Details vanish.",
        advanced=True,
    )
    normalize: Literal["dataset", "zero_one", "half", "imagenet"] = setting(
        "dataset",
        title="Pixel scale",
        help="How 0–255 becomes what the model sees. Values around 0 with a spread near 1 are learnt from fastest.",
        labels={
            "dataset": "Mean 0, spread 1 (of this data set)",
            "zero_one": "0 to 1",
            "half": "−1 to 1 (mean 0.5, std 0.5)",
            "imagenet": "ImageNet's mean and std",
        },
        advanced=True,
    )


class AugmentConfig(Settings):
    """Data augmentation: random changes that keep an image's class, drawn anew for every image in every epoch."""

    flip: bool = setting(
        False,
        title="Mirror",
        help="Mirror half of the images left to right. Right for clothes and animals, wrong for digits and letters.",
    )
    shift: float = setting(
        0.0,
        title="Shift",
        help="Move the image by up to this share of its side, in any direction.",
        low=0,
        high=0.5,
        step=0.01,
        slider=(0, 0.3),
        too_high="Things leave the image and cannot be recognised.",
        too_low="The model may depend on where things stand.",
    )
    rotate: float = setting(
        0.0,
        title="Rotate",
        help="Turn the image by up to so many degrees, either way.",
        low=0,
        high=180,
        step=1,
        slider=(0, 45),
        too_high="A 6 becomes a 9.",
        too_low="Slanted things are recognised less well.",
    )
    scale: float = setting(
        0.0,
        title="Zoom",
        help="Enlarge or shrink by up to this share.",
        low=0,
        high=0.9,
        step=0.01,
        slider=(0, 0.5),
        too_high="Things grow out of the image or become specks.",
        too_low="The model may depend on how large things are.",
    )
    crop: float = setting(
        1.0,
        title="Random crop",
        help="Cut out a random part of at least this share of the area, of any shape from 3:4 to 4:3, and bring it "
        "to full size. 1 is off; 0.08 is what ImageNet is trained with.",
        low=0.05,
        high=1,
        step=0.01,
        too_high="At 1 nothing is cut.",
        too_low="What makes the class may be cut away.",
    )
    erase: float = setting(
        0.0,
        title="Erase",
        help="Blank a square of this share of the side at a random place, so that no single part is relied on.",
        low=0,
        high=0.9,
        step=0.05,
        slider=(0, 0.6),
        too_high="Nothing is left to recognise.",
        too_low="The model may look at one detail alone.",
    )
