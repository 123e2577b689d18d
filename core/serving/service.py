"""A run's model, loaded once, that answers pictures for many at a time."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np
import torch

from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.inference import photo, predictor
from core.inference.answer import answer_of, how_read
from core.inference.pictures import Pictures, ReadAs
from core.models.build import multiply_adds
from core.runs.store import Run
from core.serving.batches import Batches
from core.serving.refusal import unexpected
from core.training.device import choose_threads

TOGETHER = 8  # images that wait together when it counts, by which the threads are chosen


class Service:
    """Answers pictures of strangers as `predict` does. `Problem` where the run has no such checkpoint."""

    def __init__(self, run: Run, workspace: Workspace, which: str) -> None:
        self.run, self.which = run, which
        self.answerer = answerer = predictor.load(run, workspace, which)
        torch.set_num_threads(choose_threads(TOGETHER * multiply_adds(answerer.model, answerer.spec)))
        self.pictures = Pictures(workspace, run, answerer, ReadAs())
        self.batches = Batches(answerer)
        self._readers = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "reader")

    def get_ready(self) -> str:
        """Do what the first picture would wait for. In a sentence, what cannot be done; "" for all."""
        photo.get_ready()
        height, width = self.answerer.spec.size
        self.answerer.predict([np.zeros((height, width, 1), np.uint8)])
        try:
            _ = self.pictures.usual
            if self.pictures.of_drawings:
                _ = self.pictures.drawn_style
        except Problem as problem:
            return str(problem)
        return ""

    async def answer(self, source: bytes | BinaryIO, name: str, pictures: Pictures) -> tuple[int, dict[str, Any]]:
        """The status and the JSON for one picture, its content or open: its answer, or why there is none."""

        status = 503  # a computer too busy to decode; a bad file is BadInput

        def read() -> tuple[torch.Tensor, dict[str, Any]]:
            nonlocal status
            reading = pictures.read(source, name)
            status = 422
            shown = pictures.shown(reading.pixels)
            return self.answerer.inputs([shown.image]), how_read(reading, shown)

        try:
            inputs, how = await asyncio.get_running_loop().run_in_executor(self._readers, read)
            status = 500
            probabilities = await asyncio.wrap_future(self.batches.ask(inputs))
        except Problem as problem:
            return 422 if isinstance(problem, BadInput) else status, {"file": name, "error": str(problem)}
        except Exception as error:
            return 500, {"file": name, "error": unexpected(error)}
        return 200, asdict(answer_of(name, probabilities, self.answerer, how))
