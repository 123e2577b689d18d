"""The points of the training curves: they follow from the settings and the data, never from the computer."""

import time

import pytest
import torch

from core.run_config import RunConfig
from core.training import fit as fitting
from core.training.data import open_data
from core.training.events import Event, StepMetrics, Training
from core.training.fit import fit
from core.training.state import TrainPosition, TrainState, new_state
from core.training.step_points import EPOCH_POINTS, LEAST_IMAGES, RUN_POINTS, points_per_epoch

CPU = torch.device("cpu")
OF_TIME = ("images_per_second",)  # metrics that say how fast it went


def config(**changes) -> RunConfig:
    base = {"model.name": "mlp", "model.widths": [16], "training.epochs": 2, "training.batch_size": 8}
    return RunConfig().replace(base | {"training.precision": "float32"} | changes)


def points(events: list[Event]) -> list[tuple]:
    """Those of the curves, without what is of time."""
    return [
        (event.step, event.epoch, {name: value for name, value in event.metrics.items() if name not in OF_TIME})
        for event in events
        if isinstance(event, StepMetrics)
    ]


def begun(digits, settings: RunConfig):
    data = open_data(settings, digits, CPU)
    return data, new_state(settings, data, CPU)


def slowed(state: TrainState, seconds: float) -> None:
    """Every forward pass takes so long, as on a slow computer."""
    forward = state.network.forward

    def slow(images):
        time.sleep(seconds)
        return forward(images)

    state.network.forward = slow


def test_a_slow_computer_draws_the_same_points_as_a_fast_one(digits, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config()
    found = []
    for interval, pause in ((60.0, 0.0), (0.002, 0.002), (0.0, 0.0)):
        monkeypatch.setattr(fitting, "EVENT_INTERVAL_S", interval)  # in which a fast computer takes many steps
        data, state = begun(digits, settings)
        slowed(state, pause)
        events = list(fit(settings, data, state))
        signs = sum(isinstance(event, Training) for event in events)
        assert bool(signs) == (interval < 1), "a slow one gives signs of life between its points"
        found.append(points(events))
    assert len(data.train) == 162 and len(found[0]) == 2 * EPOCH_POINTS
    assert found[0] == found[1] == found[2]


def test_the_points_of_an_epoch_hold_all_of_its_steps_evenly(digits) -> None:
    settings = config()
    data, state = begun(digits, settings)
    events = [event for event in fit(settings, data, state) if isinstance(event, StepMetrics)]
    lengths = [b.step - a.step for a, b in zip([StepMetrics(0, 0, {}, 0), *events], events, strict=False)]
    assert sum(lengths) == 2 * len(data.train) and set(lengths) == {6, 7}
    assert {1.0, 2.0} <= {event.epoch for event in events}


@pytest.mark.parametrize("after", [1, 40, 61, 170])
def test_interrupted_anywhere_the_points_are_those_of_a_run_that_nobody_stopped(
    digits, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(fitting, "EVENT_INTERVAL_S", 0.0)  # an event after every step
    settings = config(**{"training.batch_size": 16})
    whole = points(list(fit(settings, *begun(digits, settings))))
    data, first = begun(digits, settings)
    seen = []
    for event in fit(settings, data, first):
        seen.append(event)
        if len(seen) == after:
            break
    second = new_state(settings, data, CPU, weights=False)
    second.load_state_dict(first.state_dict())
    assert points(seen) + points(list(fit(settings, data, second))) == whole


def test_the_sums_of_an_unfinished_point_survive_a_checkpoint_on_disk(digits, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fitting, "EVENT_INTERVAL_S", 0.0)
    settings = config()
    data, state = begun(digits, settings)
    for event in fit(settings, data, state):
        if isinstance(event, Training):
            break
    assert state.progress.point.images == 8 and state.progress.point.loss_sum > 0
    torch.save(state.state_dict(), tmp_path / "last.pt")
    again = new_state(settings, data, CPU, weights=False)
    again.load_state_dict(torch.load(tmp_path / "last.pt", weights_only=True))
    assert again.progress == state.progress


def test_a_checkpoint_of_before_is_understood(digits) -> None:
    settings = config()
    data, state = begun(digits, settings)
    saved = state.state_dict()
    del saved["progress"]["point"]
    again = new_state(settings, data, CPU, weights=False)
    again.load_state_dict(saved)
    assert again.progress == TrainPosition()


@pytest.mark.parametrize(
    ("images", "steps", "epochs", "expected"),
    [
        (207, 52, 25, 6),  # photographs in batches of 4: a point every eight or nine steps
        (207, 7, 25, 6),  # in batches of 32: one every step but for the smallest
        (20, 5, 25, 1),
        (1437, 90, 20, EPOCH_POINTS),
        (60_000, 4000, 2, 60),  # of 1,000 images each
        (60_000, 938, 2, 60),  # whatever the size of a batch
        (1000, 4, 3, 4),  # no more than there are steps
        (50_000, 5000, 1000, RUN_POINTS // 1000),
        (10, 5, 10**6, 1),
    ],
)
def test_how_many_points_an_epoch_has(images: int, steps: int, epochs: int, expected: int) -> None:
    assert points_per_epoch(images, steps, epochs) == expected
    assert epochs * expected <= max(RUN_POINTS, epochs) and (images / expected >= LEAST_IMAGES or expected == 1)
