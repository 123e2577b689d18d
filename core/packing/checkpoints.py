"""Checkpoints of a pack: read in a process with limits, and written anew by this one, so that nothing of a stranger's
pickle is kept."""

from types import TracebackType
from typing import Any

from core.errors import BadInput, Problem
from core.locale import translate
from core.packing.checkpoint_check import unpacked
from core.sandbox import process
from core.sandbox.weight_files import MEMORY_BYTES, MEMORY_PER_FILE_BYTE, READ_TIMEOUT_S, TOO_BUSY

ANSWER_BYTES = 2 * 10**9  # bytes that its model may take to answer a few plain images, in addition
MODULE = "core.packing.checkpoint_check"


class CheckpointReader:
    """One process for all checkpoints of a pack: to import torch takes longer than to read most of them."""

    def __init__(self, largest: int) -> None:
        """`largest`: bytes of the largest file that it will be asked."""
        self.memory = MEMORY_BYTES + MEMORY_PER_FILE_BYTE * largest + ANSWER_BYTES
        self._child: process.Child | None = None

    def __enter__(self) -> "CheckpointReader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._child:
            self._child.close()

    def read(self, content: bytes, name: str) -> dict[str, Any]:
        """The values of a checkpoint; `BadInput` naming the file if a run of Epochlab saves none like it."""
        try:
            if self._child is None:
                self._child = process.Child(MODULE, memory=self.memory)
            answer = self._child.ask(content, seconds=2 * READ_TIMEOUT_S)
        except process.Stopped as stopped:
            if self._child:
                self._child.close()
            self._child = None  # another file gets another one
            if stopped.limit == "clock":
                raise Problem(TOO_BUSY, filename=name) from stopped
            raise BadInput(
                "{filename:name} was refused: to read it, or to let its model answer, takes far more memory or time "
                "than any checkpoint of Epochlab. Pack the runs again.",
                filename=name,
            ) from stopped
        if answer[:1] != b"+":
            raise BadInput("{filename:name} {answer}. Pack the runs again.", filename=name,
                           answer=translate(answer[1:].decode()).rstrip("."))  # fmt: skip
        return unpacked(answer[1:])
