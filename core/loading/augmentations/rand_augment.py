"""RandAugment (Cubuk et al. 2019, arXiv:1909.13719), by torchvision."""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.loading.augmentations.spec import AugmentationSpec
from core.settings.fields import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor

MAX_OPERATIONS = 5


class RandAugmentSettings(Settings):
    rand_augment: int = setting(
        0,
        title="RandAugment",
        help="Do so many of fourteen changes to each image, one after the other: turn, shear, move, brighten, sharpen, "
        "posterise … 0 is off; 2 is usual. Images are changed one at a time, so training takes longer.",
        low=0,
        high=MAX_OPERATIONS,
        too_high="Nothing is left to recognise.",
        too_low="A large model overfits.",
    )
    rand_augment_magnitude: int = setting(
        9,
        title="RandAugment magnitude",
        help="How strong each change is. 9 of 30 is usual.",
        low=0,
        high=30,
        too_high="Nothing is left to recognise.",
        too_low="The images are hardly changed.",
        when={"rand_augment": tuple(range(1, MAX_OPERATIONS + 1))},
    )


def changed(images: "Tensor", draw: np.ndarray, settings: Any, reflect: bool) -> "Tensor":
    """torchvision draws from torch's own generator: it is seeded with the number of each image, and gets its former
    state back afterwards, so that dropout is not affected."""
    import torch
    from torchvision.transforms import v2

    change = v2.RandAugment(settings.rand_augment, settings.rand_augment_magnitude)
    whole = (images.cpu() * 255).round().byte()  # of the size that most of the changes are made for
    before = torch.get_rng_state()
    try:
        for index, number in enumerate(draw[:, 0]):
            torch.default_generator.manual_seed(int(number * 2**52))
            whole[index] = change(whole[index])
    finally:
        torch.set_rng_state(before)
    return whole.to(images.device).float().div_(255)


SPECS = (
    AugmentationSpec(
        name="rand_augment",
        title="RandAugment",
        about="A few changes of many kinds, chosen anew for every image.",
        settings=RandAugmentSettings,
        on=lambda settings: settings.rand_augment > 0,
        in_words="RandAugment ({rand_augment} changes of magnitude {rand_augment_magnitude})",
        source=lambda settings: f"v2.RandAugment({settings.rand_augment}, {settings.rand_augment_magnitude})",
        pixels=changed,
        order=70,
    ),
)
