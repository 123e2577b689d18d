"""A data set that a run needs and that is not prepared yet: whether the run prepares it, and what that takes."""

import os

from core.datasets import catalog, local_copies
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.locale import _, translate
from core.prepared.prepare import find

DOWNLOAD_MB_PER_S = 5  # of a home's connection; told beside the time that is made of it
IMAGES_PER_S = 20_000  # that are read where they are small and of one size
PHOTOGRAPHS_PER_S = 100  # that a core decodes


def comes_with_the_run(source: DataSource, workspace: Workspace) -> bool:
    """Whether a run prepares it as it begins: a built-in set that is not there. What people have as files is prepared
    where they choose it: settings may come from a stranger, and open no folder."""
    return (
        not source.is_folder and not source.version and source.name in catalog.catalog() and not find(source, workspace)
    )


def in_words(source: DataSource, workspace: Workspace) -> str:
    """What is told before Start."""
    title = translate(catalog.spec(source.name).title)
    return _("Start prepares {title} first: {effort}.", title=title, effort=effort(source, workspace))


def effort(source: DataSource, workspace: Workspace) -> str:
    """What it takes to prepare a built-in set: the download, the images, and about how long both take."""
    spec = catalog.spec(source.name)
    images = sum(spec.counts.values())
    rate = IMAGES_PER_S if spec.size else PHOTOGRAPHS_PER_S * (os.cpu_count() or 1)
    downloads = spec.download_mb and not local_copies.locate(spec, workspace.data)
    time = images / rate + (spec.download_mb / DOWNLOAD_MB_PER_S if downloads else 0)
    words = _("a few seconds") if time < 10 else _("about {time:duration}", time=round(time))
    if not downloads:
        return _("{images:count} images, in {time}", images=images, time=words)
    return _(
        "{mb:count} MB to download and {images:count} images, in {time} at {speed} MB/s",
        mb=spec.download_mb,
        images=images,
        time=words,
        speed=DOWNLOAD_MB_PER_S,
    )
