"""The data sets that come by name. Each is described by one `DatasetSpec` in a module of `core.datasets.builtin`."""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from core.datasets.blocks import Block
from core.errors import unknown

FOLDER = "folder"  # the name of every image folder or ZIP; which one is told by its path


@dataclass(frozen=True)
class DatasetSpec:
    """What a page, a form and `prepare` need to know about one data set.

    `layouts` are the sets of files that hold it; one of them is enough, the first is what a person is asked for.
    A file may also be there without its `.gz`, or with one. `where` is torchvision's place for them, `folders`
    all places to look in, both relative to the data root. `read` gets the path of each file of one layout and
    yields blocks, `train` first; it raises BadInput naming a file that is broken. `download` fills a root.
    """

    name: str
    title: str
    about: str
    classes: tuple[str, ...]
    size: tuple[int, int]  # (H, W) in pixels
    channels: int  # 1 grey, 3 RGB
    counts: Mapping[str, int]  # split → images
    drawable: bool  # a drawing on a canvas makes sense
    flips: bool  # a mirrored image keeps its class
    homepage: str
    layouts: tuple[tuple[str, ...], ...]
    where: str
    folders: tuple[str, ...]
    read: Callable[[Mapping[str, Path]], Iterator[Block]]
    download: Callable[[Path], None] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that a person would place in `where` by hand."""
        return self.layouts[0]


@cache
def catalog() -> dict[str, DatasetSpec]:
    """Every built-in data set by name: the `SPECS` of all public modules in `core.datasets.builtin`, smallest first."""
    from core.datasets import builtin

    names = [module.name for module in pkgutil.iter_modules(builtin.__path__) if not module.name.startswith("_")]
    specs = [one for name in names for one in import_module(f"{builtin.__name__}.{name}").SPECS]
    specs.sort(key=lambda one: (one.size, one.channels, len(one.classes), sum(one.counts.values())))
    return {one.name: one for one in specs}


def spec(name: str) -> DatasetSpec:
    """The built-in data set called `name`; BadInput naming the choices if there is none."""
    found = catalog().get(name)
    if found is None:
        raise unknown("data set", name, [*catalog(), FOLDER])
    return found
