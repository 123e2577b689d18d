"""The URLs from which torchvision downloads its data sets: read from its own classes, when they are needed."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.datasets.catalog import PlainSource, Remote


def files_of(
    kind: str,
    list_of: Callable[[Any], list[tuple[tuple[str, ...], str, str]]],
    unpack: Callable[[Path], None] | None = None,
) -> Callable[[], tuple[Remote, ...]]:
    """What `DatasetSpec.download` is: `list_of` gets the class `torchvision.datasets.<kind>` and says of each file
    the URLs, the place under the data root, and the MD5 sum."""

    def download() -> tuple[Remote, ...]:
        from torchvision import datasets

        return tuple(Remote(urls, place, md5, unpack) for urls, place, md5 in list_of(getattr(datasets, kind)))

    return download


def plain(
    kind: str, train: str = "train=True", test: str = "train=False", val: str = "", more: str = "", upright: str = ""
) -> PlainSource:
    """torchvision's class `kind`, with the arguments that choose its parts."""
    chosen = {"train": train, "val": val, "test": test}
    parts = {
        part: f'datasets.{kind}("data", {arguments}, transform={{transform}}{more}, download=True)'
        for part, arguments in chosen.items()
        if arguments
    }
    return PlainSource(parts, upright=upright)


def split_list(kind: Any) -> list[tuple[tuple[str, ...], str, str]]:
    """The `list_of` of a class that has one file a split."""
    return [((url,), name, md5) for url, name, md5 in (kind.split_list[split] for split in ("train", "test"))]


def file_name(url: str) -> str:
    """The last part of a URL."""
    return urlsplit(url).path.rsplit("/", 1)[-1]


def unpacked(path: Path) -> None:
    """Put the content of a downloaded archive, or of a file packed with gzip, beside it, as torchvision does."""
    if path.suffix == ".gz" and not path.name.endswith(".tar.gz"):
        with gzip.open(path) as packed, path.with_suffix("").open("wb") as file:
            shutil.copyfileobj(packed, file)
    else:
        from torchvision.datasets.utils import extract_archive

        extract_archive(str(path))
