"""Copies of a data set that are already on this computer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.datasets.catalog import DatasetSpec
from core.errors import BadInput

SYSTEM = (Path("/usr/share/datasets"), Path("/usr/local/share/datasets"))  # where Linux packages put data sets


@dataclass(frozen=True)
class Copy:
    """The files of one layout, as far as one folder has them."""

    folder: Path
    paths: dict[str, Path]  # the layout's name of a file → the file
    missing: tuple[str, ...]


def locate(spec: DatasetSpec, data: Path) -> Copy | None:
    """The first complete copy under the data root or the system's folders; None if there is none."""
    return next((copy for copy in _copies(spec, data) if not copy.missing), None)


def incomplete(spec: DatasetSpec, data: Path) -> Copy | None:
    """The first copy that has some of its files, for telling a person which ones are missing."""
    return next((copy for copy in _copies(spec, data) if copy.missing and copy.paths), None)


def broken(path: Path, why: str) -> BadInput:
    """The error for a file that is there but is not what its name says."""
    return BadInput(
        "{path} is broken: {why}; replace it with a fresh copy, or remove it to have it downloaded.", path=path, why=why
    )


def _copies(spec: DatasetSpec, data: Path) -> Iterator[Copy]:
    for folder in [*(data / name for name in spec.folders), *(root / spec.name for root in SYSTEM)]:
        for layout in spec.layouts:
            paths = {name: path for name in layout if (path := _existing(folder, name))}
            yield Copy(folder, paths, tuple(name for name in layout if name not in paths))


def _existing(folder: Path, name: str) -> Path | None:
    """The folder (its name ends with `/`), or the file under one of the names that are in use: unpacked or not,
    `-idx3` or `.idx3`."""
    if name.endswith("/"):
        return folder / name if (folder / name).is_dir() else None
    plain = name.removesuffix(".gz")
    for variant in (plain, f"{plain}.gz", plain.replace("-idx", ".idx"), f"{plain.replace('-idx', '.idx')}.gz"):
        if (folder / variant).is_file():
            return folder / variant
    return None
