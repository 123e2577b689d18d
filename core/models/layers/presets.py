"""Lists of layers to begin with: published networks, those of tutorials, and the families' own."""

from dataclasses import dataclass

from core.locale import N_


@dataclass(frozen=True)
class Preset:
    """A list of layers, without the dense layer to the classes, in the one way of writing it."""

    name: str
    title: str
    layers: str


PRESETS = {
    one.name: one
    for one in (
        Preset(
            "cnn",
            N_("CNN"),
            "conv 32 3 padding=1, batch_norm, relu, max_pool 2, conv 64 3 padding=1, batch_norm, relu, max_pool 2, "
            "flatten, dense 128, relu",
        ),
        # LeCun et al. 1998, doi:10.1109/5.726791, as it is written today: its images of 32×32 are 28×28 with padding.
        Preset(
            "lenet5",
            N_("LeNet-5 (1998)"),
            "conv 6 5 padding=2, tanh, avg_pool 2, conv 16 5, tanh, avg_pool 2, flatten, dense 120, tanh, dense 84, "
            "tanh",
        ),
        Preset(
            "mnist_mlp",
            N_("MNIST tutorial, the first network"),
            "flatten, dense 64, relu, dense 64, relu, dense 64, relu",
        ),
        Preset(
            "mnist_cnn",
            N_("MNIST tutorial, a convolutional network"),
            "conv 64 3 padding=1, batch_norm, relu, max_pool 2, conv 128 3 padding=1, batch_norm, relu, max_pool 2, "
            "flatten, dense 1024, relu, dropout 0.5",
        ),
        Preset(
            "fashion_cnn",
            N_("Fashion-MNIST tutorial"),
            "conv 6 5, relu, max_pool 2, conv 12 5, relu, max_pool 2, flatten, dense 120, relu, dense 60, relu",
        ),
        Preset(
            "cifar10_cnn",
            N_("CIFAR-10 tutorial"),
            "conv 6 3, relu, max_pool 2, conv 16 3, relu, max_pool 2, flatten, dense 120, relu, dense 84, relu",
        ),
        # The form of He et al. 2015 for small images (section 4.2), with one block a size and more channels.
        Preset(
            "small_resnet",
            N_("Small ResNet"),
            "conv 32 3 padding=1, batch_norm, relu, residual 32, residual 64 stride=2, residual 128 stride=2, "
            "global_avg_pool",
        ),
    )
}
