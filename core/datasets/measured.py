"""What preparing a data set measures, for those who have not done so: with it in the entry of the set, a script can be
written without the images; without it, the script measures them itself."""

from dataclasses import dataclass

from core.datasets.drawing_style import DrawingStyle


@dataclass(frozen=True)
class Measured:
    """Of the training images."""

    mean: tuple[float, ...]  # by channel, 0–1
    std: tuple[float, ...]
    style: DrawingStyle | None = None  # of drawings
