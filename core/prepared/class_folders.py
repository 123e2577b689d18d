"""A prepared data set as class folders in a ZIP, as it is imported here and by most programs: train/CLASS/NAME.png."""

import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path, PurePosixPath

from core.datasets.progress import PrepareProgress
from core.files import atomic
from core.files.png import png
from core.locale import N_
from core.prepared.arrays import Prepared
from core.sanitize import folder_name

WRITING = N_("writing images")  # the stage
QUICK = 1  # of the levels of compression: photographs get a tenth larger, in a third of the time
NO_NAME = "_"  # of what has no visible character
MADE = (1980, 1, 1, 0, 0, 0)  # the date of every file, so that the same images make the same ZIP


def folder_names(classes: Sequence[str]) -> list[str]:
    """The folder of each class: its name, or one as near to it as any system takes. No two are the same, whether or not
    capital letters count."""
    found: dict[str, str] = {}  # as compared → folder
    for name in classes:
        folder = start = folder_name(name) or NO_NAME
        number = 2
        while folder.casefold() in found:
            folder = f"{start} {number}"
            number += 1
        found[folder.casefold()] = folder
    return list(found.values())


def renamed(classes: Sequence[str]) -> list[tuple[str, str]]:
    """The classes whose folder cannot be called as they are, and what it is called."""
    return [(name, folder) for name, folder in zip(classes, folder_names(classes), strict=True) if folder != name]


def write_class_folders(prepared: Prepared, path: Path) -> Generator[PrepareProgress, None, None]:
    """Write all images, as PNG files without a loss; an image keeps the name of its file where it has one. Yields the
    images written, as it goes; closed before its end it leaves nothing. `Unwritable` when the disk refuses.

    Images are as they were prepared: photographs are at most 256 pixels high or wide, whichever is less."""
    # A PNG does not get any smaller.
    with atomic.replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        yield from _write(prepared, archive)


def _write(prepared: Prepared, archive: zipfile.ZipFile) -> Generator[PrepareProgress, None, None]:
    folders, taken = folder_names(prepared.meta.classes), dict[str, int]()  # place → how many have asked for it
    total, done = prepared.meta.count, 0
    for split in prepared.meta.splits:
        digits = len(str(prepared.meta.splits[split]))
        for number, index in enumerate(prepared.indices(split)):
            file = prepared.file(int(index))
            stem = (folder_name(PurePosixPath(file).stem) or NO_NAME) if file else f"{number:0{digits}}"
            place = start = f"{split}/{folders[prepared.labels[index]]}/{stem}"
            while again := taken.get(place.casefold()):
                taken[place.casefold()] = again + 1
                place = f"{start} {again + 1}"
            taken[place.casefold()] = 1
            archive.writestr(zipfile.ZipInfo(f"{place}.png", MADE), png(prepared.image(int(index)), QUICK))
            done += 1
            yield PrepareProgress(WRITING, done, total, "images")
