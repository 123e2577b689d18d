"""Image files decoded in processes of their own: a malicious file takes no memory and time of other processes.

`python -m core.sandbox.image_decoder` is such a process. It imports Pillow and numpy once and then decodes group after
group, so that a small file costs no more than in the process that asks. If a file stops it, a new process replaces it.
"""

import json
import struct
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import Problem
from core.locale import N_
from core.sandbox import image_files, process
from core.sandbox.image_files import Picture, Unreadable

MEMORY_BYTES = 960 << 20  # bytes of data; with the program itself that stays below 1 GB in memory
DECODE_TIMEOUT_S = 10.0  # of processor time, for a group, and for a single file of a group that took longer
START_TIMEOUT_S = 60.0  # seconds for the imports, on a busy machine
LEVELS = {np.dtype(kind).str: np.dtype(kind) for kind in (np.uint16, np.float32)}  # of images of more than 8 bits
HEAD = struct.Struct("<I")  # bytes of JSON, which stands before the files or the pixels
TOO_BUSY = N_(
    "The computer was too busy to decode an image: other programs took the processor for minutes. Close some of them, "
    "then try again."
)
STOPPED = {
    "memory": N_("needs more than 1 GB of memory to be decoded"),
    "time": N_("takes longer than 10 s to be decoded"),
    "": N_("damaged (it cannot be decoded)"),
}


class Decoders:
    """A few decoding processes, started when they are needed; any thread may ask."""

    def __init__(self, most: int) -> None:
        self.most = most  # processes at a time: a caller waits when all are busy
        self._free = threading.Semaphore(most)
        self._lock = threading.Lock()
        self._idle: list[process.Child] = []
        self._busy: set[process.Child] = set()
        self._closed = False

    def pictures(self, files: Sequence[bytes], *, whole: bool = False) -> list[Picture | str]:
        """Each file's image, or in a few words why there is none; `whole` keeps its size (see `image_files.whole`).

        A group that breaks a limit is decoded file by file, so that the good files in it are not lost.
        """
        try:
            return self._ask(files, whole)
        except process.Stopped as stopped:
            if stopped.limit == "clock":
                raise Problem(TOO_BUSY) from stopped
            if len(files) == 1 and stopped.limit == "time":
                return [STOPPED["time"]]
        return [self._alone(file, whole) for file in files]

    def start(self) -> None:
        """Start a process that waits for the next file, unless there is one."""
        with self._lock:
            there = self._idle or self._busy
        if not there:
            with self._free:
                self._give_back(self._take())

    def close(self) -> None:
        """End all processes; a caller that still waits for an answer gets `Closed`."""
        with self._lock:
            self._closed = True
            children = [*self._idle, *self._busy]
            self._idle.clear()
        for child in children:
            child.kill()

    def _ask(self, files: Sequence[bytes], whole: bool) -> list[Picture | str]:
        if not files:
            return []
        request = _packed({"whole": whole, "sizes": [len(file) for file in files]}, files)
        with self._free:
            child = self._take()
            try:
                return _unpacked(child.ask(request, seconds=DECODE_TIMEOUT_S))
            finally:
                self._give_back(child)

    def _alone(self, file: bytes, whole: bool) -> Picture | str:
        """One file, after something went wrong: it may have been another one, or a process that was killed."""
        try:
            return self._ask([file], whole)[0]
        except process.Stopped as stopped:
            if stopped.limit == "clock":  # says nothing about the file, so it is not remembered as unreadable
                raise Problem(TOO_BUSY) from stopped
            return STOPPED[stopped.limit]

    def _take(self) -> process.Child:
        with self._lock:
            if self._closed:
                raise Closed
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    self._busy.add(child)
                    return child
                child.close()
        try:
            child = process.Child("core.sandbox.image_decoder", memory=MEMORY_BYTES)
            with self._lock:
                self._busy.add(child)
            child.ask(_packed({"whole": False, "sizes": []}, []), seconds=START_TIMEOUT_S)
        except (OSError, process.Stopped) as error:
            raise Problem(
                "No process could be started to decode images in: close other programs to free memory, then try again."
            ) from error
        return child

    def _give_back(self, child: process.Child) -> None:
        with self._lock:
            self._busy.discard(child)
            if child.alive and not self._closed:
                self._idle.append(child)
                return
        child.close()


class Closed(Exception):
    """The decoders were closed while a caller wanted an answer."""


def answer(request: bytes) -> bytes:
    """The answer of the process to a group of files."""
    asked, start = _head(request)
    heads: list[list[int | str] | str] = []
    pixels: list[np.ndarray] = []
    for size in asked["sizes"]:
        try:
            content = request[start : start + size]
            found = image_files.whole(content) if asked["whole"] else image_files.decode(content)
        except Unreadable as reason:
            heads.append(str(reason))
        else:
            levels = "" if found.levels is None else found.levels.dtype.str
            heads.append([*found.pixels.shape, found.reduced, levels, found.collapsed, found.moves, found.holes])
            pixels.append(np.ascontiguousarray(found.pixels))
            pixels += [] if found.levels is None else [np.ascontiguousarray(found.levels)]
        start += size
    return _packed(heads, [one.data.cast("B") for one in pixels])


def _unpacked(content: bytes) -> list[Picture | str]:
    heads, start = _head(content)
    pictures: list[Picture | str] = []
    for head in heads:
        if isinstance(head, str):
            pictures.append(head)
            continue
        *shape, reduced, kind, collapsed, moves, holes = head
        size = int(np.prod(shape))
        pixels = np.frombuffer(content, np.uint8, size, start).reshape(shape)
        levels = np.frombuffer(content, LEVELS[kind], size, start + size).reshape(shape) if kind else None
        pictures.append(Picture(pixels, bool(reduced), levels, bool(collapsed), bool(moves), bool(holes)))
        start += size + (0 if levels is None else levels.nbytes)
    return pictures


def _packed(head: object, parts: Sequence[bytes | memoryview]) -> bytes:
    words = json.dumps(head).encode()
    return b"".join([HEAD.pack(len(words)), words, *parts])


def _head(content: bytes) -> tuple[Any, int]:
    """The JSON before the files or pixels, and where these begin."""
    (length,) = HEAD.unpack_from(content)
    end = HEAD.size + length
    return json.loads(content[HEAD.size : end]), end


if __name__ == "__main__":
    process.serve(answer)
