"""The data sets that come by name. Each is described by one `DatasetSpec` in a module of `core.datasets.builtin`, or of
another package."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.datasets.blocks import Block
from core.datasets.measured import Measured
from core.datasets.progress import PrepareProgress
from core.errors import unknown
from core.locale import _
from core.settings.registry import Registry

PREVIEWS = Path(__file__).parent / "previews"  # of the sets whose licences let their images come with the program
FOLDER = "folder"  # the name of every image folder or ZIP; the path says which one


@dataclass(frozen=True)
class Remote:
    """A file that can be downloaded."""

    urls: tuple[str, ...]  # of the same file on several servers, tried in this order
    place: str  # where it goes, relative to the data root
    md5: str  # hex
    unpack: Callable[[Path], None] | None = None  # what is done with it once it is there


@dataclass(frozen=True)
class PlainSource:
    """How a data set is written as plain PyTorch: a Python expression for each part, a `Dataset` of (PIL image, class
    number); `{transform}` in it stands for what prepares an image."""

    parts: Mapping[str, str]  # train, perhaps val, test → expression
    imports: str = "from torchvision import datasets\n"
    before: str = ""  # definitions that the expressions need
    line: str = ""  # the one of them that reads the images, if the expressions do not
    commands: tuple[str, ...] = ()  # for a terminal: they make the folder that the expressions read
    upright: str = ""  # a transform that sets right how the files hold an image, before all others
    # Lines that make `images` (N, H, W, C) uint8 and `labels` (N,) int64 of all parts, in the order in which they are
    # prepared, with the functions of `needs`; "" where the parts, one after the other, give just these
    arrays: str = ""
    needs: tuple[Callable[..., object], ...] = ()
    ordered: bool = True  # whether there are such lines; else only what is prepared has that order
    # The same for transforms that change images at random: each image is read anew whenever it is asked for; None where
    # this is so anyway
    anew: "PlainSource | None" = None


@dataclass(frozen=True)
class DatasetSpec:
    """What a page, a form and `prepare` need to know about one data set.

    `layouts` are the sets of files that hold it; one of them is enough, the first is what a person is asked for.
    A name that ends with `/` is a folder; a file may also be there without its `.gz`, or with one. `where` is
    torchvision's place for them, `folders` all places to look in, both relative to the data root.

    `read` gets the path of each file of one layout, and a folder for temporary files. It yields blocks,
    `train` first, and reports of other slow work; it raises BadInput naming a file that is broken. `download`
    says which files there are on which servers; it may import torchvision. `source` is how people write the set without
    Epochlab; where there is none, they are told to read it as class folders.
    """

    name: str
    title: str
    about: str
    classes: tuple[str, ...]
    size: tuple[int, int] | None  # (H, W) in pixels; None: photographs of many sizes
    channels: int  # 1 grey, 3 RGB
    counts: Mapping[str, int]  # split → images; train, perhaps val, test
    drawable: bool  # a drawing on a canvas makes sense
    flips: bool  # a mirrored image keeps its class
    homepage: str
    layouts: tuple[tuple[str, ...], ...]
    where: str
    folders: tuple[str, ...]
    read: Callable[[Mapping[str, Path], Path], Iterator[PrepareProgress | Block]]
    download: Callable[[], tuple[Remote, ...]] | None = None
    download_mb: int = 0  # MB (1e6 bytes) of its download, nearly; 0: there is none, or it is not known
    source: PlainSource | None = None
    measured: Measured | None = None  # what preparing it measures, where a test has done so
    preview: Path | None = None  # a PNG of a few of its images side by side, shown until the set is on this computer

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.name) or self.name.split("-")[0] == FOLDER:
            # It is the name of a folder in the cache, where those of imports begin with `folder-`.
            raise ValueError(_("{name!r} cannot be the name of a data set", name=self.name))

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that a person would place in `where` by hand."""
        return self.layouts[0]


def _smallest_first(one: DatasetSpec) -> tuple[object, ...]:
    return one.size is None, one.size or (0, 0), one.channels, len(one.classes), sum(one.counts.values())


REGISTRY = Registry("data set", "core.datasets.builtin", DatasetSpec, _smallest_first)


def catalog() -> dict[str, DatasetSpec]:
    """Every data set that comes by name: the built-in ones, smallest first, then those of other packages."""
    return REGISTRY.entries


def spec(name: str) -> DatasetSpec:
    """The data set called `name`; BadInput naming the choices if there is none."""
    found = catalog().get(name)
    if found is None:
        raise unknown("data set", name, [*catalog(), FOLDER])
    return found
