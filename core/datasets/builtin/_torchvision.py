"""What torchvision does for several data sets: their download."""

from collections.abc import Callable
from functools import partial
from pathlib import Path


def torchvision_set(kind: str, *parts: dict[str, str]) -> Callable[[Path], None]:
    """A function that has `torchvision.datasets.<kind>` download itself into a root.

    `parts` are further arguments, one dict for each download that makes up the set.
    """

    def download(root: Path) -> None:
        from torchvision import datasets
        from torchvision.datasets import utils

        bars = utils.tqdm
        utils.tqdm = partial(bars, disable=True)  # progress is shown by whoever called
        try:
            for part in parts or ({},):
                getattr(datasets, kind)(root, download=True, **part)
        finally:
            utils.tqdm = bars

    return download
