"""Decoding many image files one after the other: several processes at work, and only a few files in memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

from core.sandbox.image_decoder import Decoders
from core.sandbox.image_files import Picture

GROUP_FILES = 64  # files decoded in one go
GROUP_BYTES = 1 << 20  # of them all; a larger file is a group of its own
PROGRESS_INTERVAL_S = 0.5  # seconds without a result after which an empty one is yielded


def decoded(
    names: Iterable[str],
    bytes_of: Callable[[str], int],
    content: Callable[[str], bytes | str],
) -> Iterator[list[Picture | str]]:
    """The images of some files in their order, or why there are none; empty lists while a group is slow.

    `bytes_of` says how large a file is. `content` gives its bytes, or in a few words why they cannot be read; threads
    call it. Only a few groups are under way, so that memory stays bounded: one is read while another is decoded.
    """
    decoders = Decoders(most=os.cpu_count() or 1)
    pool = ThreadPoolExecutor(decoders.most)
    pending: deque[Future[list[Picture | str]]] = deque()

    def first() -> Iterator[list[Picture | str]]:
        while not wait([pending[0]], PROGRESS_INTERVAL_S).done:
            yield []
        yield pending.popleft().result()

    try:
        for group in _groups(names, bytes_of):
            pending.append(pool.submit(_pictures, group, content, decoders))
            if len(pending) > 2 * decoders.most:
                yield from first()
        while pending:
            yield from first()
    finally:
        decoders.close()
        pool.shutdown(cancel_futures=True)


def _groups(names: Iterable[str], bytes_of: Callable[[str], int]) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for name in names:
        if group and (len(group) == GROUP_FILES or size + bytes_of(name) > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(name)
        size += bytes_of(name)
    if group:
        yield group


def _pictures(names: list[str], content: Callable[[str], bytes | str], decoders: Decoders) -> list[Picture | str]:
    """Each file's image, or why there is none."""
    contents = [content(name) for name in names]
    pictures = iter(decoders.pictures([one for one in contents if isinstance(one, bytes)]))
    return [next(pictures) if isinstance(one, bytes) else one for one in contents]
