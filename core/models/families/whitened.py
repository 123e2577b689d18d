"""A small convolutional network made to learn fast: its first layer is computed from the images, not learnt."""

from typing import TYPE_CHECKING, Literal

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models.families.cnn import Maps, used_up
from core.models.families.mlp import MAX_LAYERS
from core.models.spec import ModelSettings, ModelSpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import Tensor, nn

# Added to each direction's variance before dividing by its root, so that directions which hardly occur in the images
# are not blown up to noise; for images of spread 1 (Jordan 2024, arXiv:2404.00498).
LEAST_VARIANCE = 5e-4


class WhitenedSettings(ModelSettings):
    """A whitening layer, then blocks of convolution, 2×2 max-pool, batch norm and ReLU, then one dense layer."""

    name: Literal["whitened_cnn"] = "whitened_cnn"
    patch: int = setting(
        4,
        title="Patch side",
        code=lambda cnn: f"nn.Conv2d(…, kernel_size={cnn.patch}…)",
        help="The first layer looks at squares of this side, in pixels. It is computed once from the training images, "
        "so that what it puts out is uncorrelated and evenly spread, and then stays as it is.",
        low=2,
        high=8,
        too_high="More patterns than the layer has filters for.",
        too_low="Each filter sees too little.",
    )
    stride: int = setting(
        2,
        title="Patch stride",
        code=lambda cnn: f"nn.Conv2d(…, stride={cnn.stride}…)" if cnn.stride > 1 else "",
        help="Pixels from one patch to the next. At 2 all later layers have a quarter of the work.",
        low=1,
        high=8,
        too_high="Details vanish.",
        too_low="Slow.",
    )
    filters: int = setting(
        32,
        title="Patch filters",
        code=lambda cnn: f"nn.Conv2d(…, {cnn.filters}, kernel_size=…)",
        help="Filters of the first layer: the patterns that occur most, each once as it is and once negated.",
        low=2,
        high=384,
        step=2,
        slider=(2, 128),
        too_high="The last ones answer to noise.",
        too_low="Colours and fine details are lost at the door.",
    )
    channels: tuple[Maps, ...] = setting(
        (64, 128),
        title="Channels",
        code=lambda cnn: f"nn.Conv2d(…, {cnn.channels[0]}, kernel_size=…)" if cnn.channels else "",
        most=MAX_LAYERS,
        help="Feature maps of each block, first to last. Each block halves height and width.",
        too_high="Slow, and it overfits a small data set.",
        too_low="Too few features to tell the classes apart.",
    )
    convolutions: int = setting(
        1,
        title="Convolutions a block",
        help="The first of each block comes before its pooling, further ones after it, where they cost a quarter.",
        low=1,
        high=4,
        too_high="Slow, and harder to train.",
        too_low="Little is combined before the image is made smaller.",
    )


SMALLER_STRIDE = (
    "{setting} has {channels} blocks, but an image of {width}×{height} pixels becomes too small in block {depth}; "
    "take fewer blocks, a smaller {stride} or a larger {size}"
)


def build(settings: WhitenedSettings, channels: int, size: tuple[int, int], classes: int) -> "nn.Module":
    """(N, C, H, W) → (N, classes) logits. `BadInput` when a patch has fewer patterns than that, or the image
    shrinks to nothing on the way."""
    from torch import nn

    patch, stride = settings.patch, settings.stride
    if settings.filters > 2 * channels * patch**2:
        raise BadInput(
            "{setting} is {filters}, but a patch of {patch}×{patch} pixels in {how} has only {channels} "
            "patterns; allowed: at most {value}, twice as many",
            filters=settings.filters,
            patch=patch,
            how="colour" if channels == 3 else "grey",
            channels=channels * patch**2,
            value=2 * channels * patch**2,
            setting=SettingName("model.filters"),
        )
    padding = (patch - 1) // 2
    stem = nn.Conv2d(channels, settings.filters, patch, stride=stride, padding=padding, bias=False)
    stem.weight.requires_grad_(False)
    layers: list[nn.Module] = [stem, nn.ReLU()]
    height, width = ((side + 2 * padding - patch) // stride + 1 for side in size)
    maps = settings.filters
    for depth, wider in enumerate(settings.channels, start=1):
        height, width = height // 2, width // 2
        if min(height, width) < 1:
            raise used_up(SMALLER_STRIDE, settings.channels, size, depth, stride=SettingName("model.stride"))
        layers += [convolution(maps, wider), nn.MaxPool2d(2), nn.BatchNorm2d(wider), nn.ReLU()]
        for _ in range(1, settings.convolutions):
            layers += [convolution(wider, wider), nn.BatchNorm2d(wider), nn.ReLU()]
        maps = wider
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(maps * height * width, classes))


def convolution(maps: int, wider: int) -> "nn.Module":
    """3×3, keeping the size; without a bias, since batch norm follows."""
    from torch import nn

    return nn.Conv2d(maps, wider, 3, padding=1, bias=False)


def whiten(stem: "nn.Conv2d", images: "Tensor") -> None:
    """Set the first layer from training images (N, C, H, W), as the model gets them: half of its filters are the
    patterns that their patches are made of (eigenvectors of the covariance), the others these negated, as ReLU passes
    one side only."""
    import torch

    filters, _, patch, _ = stem.weight.shape
    patches = torch.nn.functional.unfold(images.float().cpu(), patch, stride=patch)  # (N, C·patch², places)
    values, vectors = torch.linalg.eigh(torch.cov(patches.transpose(0, 1).flatten(1).double()))
    chosen = slice(-((filters + 1) // 2), None)  # eigenvalues ascend
    half = (vectors[:, chosen] / (values[chosen] + LEAST_VARIANCE).sqrt()).T.flip(0)
    with torch.no_grad():
        stem.weight.copy_(torch.cat([half, -half])[:filters].view(stem.weight.shape))


def first_weights(settings: WhitenedSettings, layer: str) -> str:
    if layer != "model":
        return ""
    filters, patch = settings.filters, settings.patch
    both = f"torch.cat([patterns, -patterns]){f'[:{filters}]' if filters % 2 else ''}"
    return (
        "\n# conv1 is not learnt but computed, which is quicker: half of its filters are the main patterns of small\n"
        "# squares of images (principal components), half the same times −1, as relu lets only numbers above 0 pass.\n"
        f"patches = F.unfold(sample, {patch}, stride={patch}).transpose(0, 1).flatten(1)"
        "  # a column for each square\n"
        "values, vectors = torch.linalg.eigh(torch.cov(patches.double()))  # the strongest come last\n"
        f"patterns = (vectors / (values + {LEAST_VARIANCE}).sqrt()).T.flip(0)[:{(filters + 1) // 2}]"
        "  # of equal strength\n"
        f"model.conv1.weight.data = {both}.view_as(model.conv1.weight).float()\n"
        "model.conv1.requires_grad_(False)\n"
    )


SPECS = (
    ModelSpec(
        name="whitened_cnn",
        title="Fast CNN",
        about="A CNN whose first layer is computed from the images instead of learnt, so that it learns much in its "
        "first epoch. For small colour photographs.",
        settings=WhitenedSettings,
        build=build,
        initialise=lambda model, images: whiten(model[0], images),
        first_weights=first_weights,
        smallest=8,
    ),
)
