"""What preparing built-in data sets measures, for those who have not done so: a script can then be written without the
images. Sets that are not here are measured by the script itself."""

from dataclasses import dataclass

from core.datasets.drawing_style import DrawingStyle


@dataclass(frozen=True)
class Measured:
    """Of the training images."""

    mean: tuple[float, ...]  # by channel, 0–1
    std: tuple[float, ...]
    style: DrawingStyle | None = None  # of drawings


MNIST = DrawingStyle(
    height=28, width=28, light_on_dark=True, peak=255, paper=0, stroke=2.402, thickest=3.717, extent=19.963,
    slant=(-0.462, 0.249), widest=1.095, blur=0.306, centred="mass", centre=(14.501, 14.482), margin=None, own=(),
)  # fmt: skip
DIGITS = DrawingStyle(
    height=8, width=8, light_on_dark=True, peak=255, paper=0, stroke=1.374, thickest=2.167, extent=7.928,
    slant=(-0.113, 0.202), widest=0.701, blur=0.283, centred="box", centre=(4.0, 4.082), margin=None, own=(),
)  # fmt: skip

# By the name of the data set. A test measures those whose images are at hand again.
MEASURED = {
    "mnist": Measured((0.1307,), (0.3082,), MNIST),
    "digits": Measured((0.3056,), (0.376,), DIGITS),
    "fashion-mnist": Measured((0.286,), (0.353,)),
    "cifar10": Measured((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
}
