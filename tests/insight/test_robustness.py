"""The accuracy on disturbed images: what is done to them, the curve, and where it is kept."""

import json

import numpy as np
import pytest
import torch

from core.cli.parser import main
from core.insight import robustness
from core.insight.disturbances import DISTURBANCES
from core.insight.evaluation import evaluate
from core.insight.robustness import chosen_images, file_of, find, measure

GROUND = torch.full((1, 1, 1), 0.25)


@pytest.fixture
def images() -> torch.Tensor:
    found = torch.full((4, 1, 20, 20), 0.25)
    found[:, :, 8:12, 6:10] = 1
    return found


def test_each_changes_the_images_more_the_stronger_it_is(images) -> None:
    for kind in DISTURBANCES.values():
        away = [float((kind.change(images, one, GROUND) - images).abs().mean()) for one in kind.strengths[1:]]
        assert kind.strengths[0] == 0 and away[0] > 0 and away[-1] > away[0], kind.name
        assert kind.change(images, kind.strengths[-1], None).shape == images.shape


def test_a_shift_moves_by_that_share_and_the_ground_comes_in(images) -> None:
    moved = DISTURBANCES["shift"].change(images, 0.25, GROUND)
    for image, (down, right) in zip(moved, [(0, 5), (5, 0), (0, -5), (-5, 0)], strict=True):
        assert torch.allclose(image, torch.roll(images[0], (down, right), (1, 2)), atol=1e-4)


def test_a_quarter_turn_is_one_to_either_side(images) -> None:
    turned = DISTURBANCES["rotation"].change(images, 90, GROUND)
    both = [torch.rot90(images[0], turns, (1, 2)) for turns in (1, -1)]
    assert torch.allclose(turned[0], both[1], atol=1e-4) != torch.allclose(turned[0], both[0], atol=1e-4)
    assert torch.allclose(turned[1], torch.rot90(turned[0], 2, (1, 2)), atol=1e-4)


def test_contrast_and_noise_have_their_strength(images) -> None:
    assert torch.allclose(DISTURBANCES["contrast"].change(images, 0.5, None).std(), images.std() / 2)
    grey = torch.full((4, 1, 50, 50), 0.5)
    assert float(DISTURBANCES["noise"].change(grey, 0.1, None).std()) == pytest.approx(0.1, rel=0.05)


def test_undisturbed_it_is_the_accuracy_and_it_falls(trained, lab, digits, monkeypatch) -> None:
    found = measure(trained, "test", "noise", lab.workspace, "last")
    whole = evaluate(trained, "test", lab.workspace)
    assert (found.points[0].correct, found.points[0].total) == (whole.correct, whole.total)
    assert found.points[-1].accuracy < found.points[0].accuracy
    assert found.samples.shape == (len(found.points), 8, 8, 1)
    checkpoint, version = lab.files.checkpoint(trained.id), lab.files.checkpoint_version(trained.id)
    kept = find(checkpoint, "test", "noise", version)
    assert kept and kept.points == found.points and np.array_equal(kept.samples, found.samples)
    assert find(checkpoint, "test", "noise", "other") is find(checkpoint, "test", "blur", version) is None
    file_of(checkpoint, "test", "noise").write_bytes(b"half")
    assert find(checkpoint, "test", "noise", version) is None
    monkeypatch.setattr(robustness, "MAX_IMAGES", 50)
    assert measure(trained, "test", "blur", lab.workspace, "last").points[0].total == 50
    assert len(chosen_images(np.arange(40))) == 40


def test_the_command_tells_the_points(trained, lab, capsys, monkeypatch) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(lab.workspace.home))
    assert main(["evaluate", trained.id, "--under", "rotation", "--json", "--progress"]) == 0
    *beats, told = map(json.loads, capsys.readouterr().out.splitlines())
    assert beats[-1]["done"] == beats[-1]["total"] == 360 * 6
    assert told["under"] == "rotation" and [one["strength"] for one in told["points"]] == [0, 10, 20, 30, 45, 90]
    assert main(["evaluate", trained.id, "--under", "rotation"]) == 0
    assert "degrees" in capsys.readouterr().out
