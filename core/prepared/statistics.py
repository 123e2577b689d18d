"""Numbers about images and labels, gathered while the images stream by."""

import numpy as np

CHUNK = 1 << 22  # pixels at a time: `bincount` works on a copy of eight bytes a value


class Moments:
    """Mean and standard deviation of each channel, exact: counted over the 256 values a byte can have."""

    def __init__(self, channels: int) -> None:
        self._histogram = np.zeros((channels, 256), np.int64)

    @property
    def channels(self) -> int:
        """How many channels are counted."""
        return len(self._histogram)

    def add(self, images: np.ndarray) -> None:
        """Count some more pixels. images: (..., C) uint8."""
        pixels = images.reshape(-1, len(self._histogram))
        for start in range(0, len(pixels), CHUNK):
            for channel, counts in enumerate(self._histogram):
                counts += np.bincount(pixels[start : start + CHUNK, channel], minlength=256)

    def mean_std(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Per-channel mean and standard deviation in 0–1 units.

        The deviation is at least one grey level (1/255), so that dividing by it is always safe.
        """
        means, deviations = [], []
        for counts in self._histogram:
            n = max(int(counts.sum()), 1)
            first = sum(value * int(count) for value, count in enumerate(counts))
            second = sum(value * value * int(count) for value, count in enumerate(counts))
            means.append(first / n / 255)
            deviations.append(max((second * n - first * first) ** 0.5 / n / 255, 1 / 255))
        return tuple(means), tuple(deviations)


def class_counts(labels: np.ndarray, classes: int) -> tuple[int, ...]:
    """How many of the labels (N,) each class has; one number a class."""
    return tuple(int(count) for count in np.bincount(labels, minlength=classes))
