"""Inputs of several requests, answered in one forward pass."""

import queue
import threading
from concurrent.futures import Future

import numpy as np
import torch
from torch import Tensor

from core.inference.predictor import Predictor
from core.loading.batches import evaluation_batch


class Batches:
    """A thread that has the model. Nothing waits for others to come: whatever has come during one forward pass is the
    next batch, so a lone request is answered at once and many share a pass."""

    def __init__(self, answerer: Predictor) -> None:
        self.answerer, self.most = answerer, evaluation_batch(answerer.spec)
        self._waiting: queue.SimpleQueue[tuple[Tensor, Future[np.ndarray]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="batches", daemon=True).start()

    def ask(self, inputs: Tensor) -> "Future[np.ndarray]":
        """One input (1, C, H, W), as `Predictor.inputs` gives it → its probabilities (classes,)."""
        asked: Future[np.ndarray] = Future()
        self._waiting.put((inputs, asked))
        return asked

    def _work(self) -> None:
        while True:
            together = [self._waiting.get()]
            while len(together) < self.most and not self._waiting.empty():
                together.append(self._waiting.get())
            wanted = [(inputs, asked) for inputs, asked in together if asked.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)

    def _answer(self, together: list[tuple[Tensor, "Future[np.ndarray]"]]) -> None:
        try:
            answers = self.answerer.answers(torch.cat([inputs for inputs, _asked in together]))
        except Exception as error:
            if len(together) == 1:
                together[0][1].set_exception(error)
                return
            for one in together:  # the others are not to blame
                self._answer([one])
            return
        for (_inputs, asked), answer in zip(together, answers, strict=True):
            asked.set_result(answer)
