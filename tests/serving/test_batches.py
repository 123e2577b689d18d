"""Inputs that wait are answered together, and none is refused for another's sake."""

import threading

import numpy as np
import pytest
import torch

from core.errors import Problem
from core.files.paths import Workspace
from core.inference import predictor
from core.prepared.arrays import Prepared
from core.runs.store import Run
from core.serving.batches import Batches


def test_what_came_during_one_pass_is_the_next(trained: Run, workspace: Workspace, digits: Prepared) -> None:
    answerer = predictor.load(trained, workspace)
    passes: list[int] = []
    begun, go = threading.Event(), threading.Event()
    forward = answerer.model.forward

    def slow(inputs: torch.Tensor) -> torch.Tensor:
        passes.append(len(inputs))
        begun.set()
        assert go.wait(20)
        return forward(inputs)

    answerer.model.forward = slow
    images = [digits.image(index) for index in range(20)]
    batches = Batches(answerer)
    asked = [batches.ask(answerer.inputs([images[0]]))]
    assert begun.wait(20)
    asked += [batches.ask(answerer.inputs([one])) for one in images[1:]]
    asked[7].cancel()
    go.set()
    answers = [one.result(20) for one in asked if not one.cancelled()]
    assert passes == [1, 18]
    expected = answerer.predict(images)
    assert np.allclose(answers, np.delete(expected, 7, 0), atol=1e-6)


def test_one_without_an_answer_takes_none_from_the_others(trained: Run, workspace: Workspace, digits: Prepared) -> None:
    answerer = predictor.load(trained, workspace)
    batches = Batches(answerer)
    fine = answerer.inputs([digits.image(0)])
    asked = [batches.ask(one) for one in (fine, fine * float("nan"), fine)]
    with pytest.raises(Problem, match="numbers became too large"):
        asked[1].result(20)
    assert np.allclose(asked[0].result(20), asked[2].result(20))
