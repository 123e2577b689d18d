"""Weights that a model starts from: noticed, and fetched, before a run needs them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torchvision.models import get_model_weights

from core.errors import Problem
from core.models.families import vision
from core.models.families.vision import VisionSettings
from core.models.weights import WEIGHTS_UNAVAILABLE, missing_weights
from tests.file_server import serving

IMAGENET = VisionSettings(weights="imagenet")
NOWHERE = "http://127.0.0.1:9/"  # the port of discard, on which nothing listens


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where weights go; there are none anywhere."""
    monkeypatch.setenv("EPOCHLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(vision, "ADDRESS", NOWHERE)
    return tmp_path / "data" / "weights"


@pytest.fixture
def address(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of files in `served`, in the place of PyTorch's."""
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as url:
        monkeypatch.setattr(vision, "ADDRESS", url)
        yield url


def test_the_files_are_those_of_torchvision() -> None:
    for name, (file, size) in vision.FILES.items():
        published = get_model_weights(name)["IMAGENET1K_V1"]
        assert (published.url, published.meta["_file_size"]) == (vision.weights_file(name)[0], size)
        assert vision.weights_file(name)[1] == file
    assert set(vision.FILES) == {spec.name for spec in vision.SPECS}


def test_only_weights_that_are_asked_for_and_not_here_are_missing(place: Path, tmp_path: Path) -> None:
    assert missing_weights(VisionSettings()) is None
    file = missing_weights(IMAGENET)
    assert file and (file.place, file.host) == (place / "resnet18-f37072fd.pth", "127.0.0.1")
    assert file.size == pytest.approx(46.8e6, rel=0.01)
    place.mkdir(parents=True)
    file.place.touch()
    assert missing_weights(IMAGENET) is None
    file.place.unlink()
    hub = Path(torch.hub.get_dir()) / "checkpoints" / file.place.name  # where other programs leave it
    assert hub.is_relative_to(tmp_path)
    hub.parent.mkdir(parents=True)
    hub.touch()
    assert missing_weights(IMAGENET) is None


def test_whether_they_can_be_fetched_is_asked_of_the_server(address: str, tmp_path: Path) -> None:
    file = missing_weights(IMAGENET)
    assert file and file.out_of_reach == "File not found"
    (tmp_path / "served" / file.place.name).touch()
    assert file.out_of_reach == ""


def test_without_a_network_that_is_said_with_both_ways_on(place: Path) -> None:
    file = missing_weights(IMAGENET)
    assert file and file.out_of_reach == "Connection refused"
    with pytest.raises(
        Problem, match=r"\(Connection refused\)\. Either put that file by hand at .*weights=random"
    ) as e:
        file.fetch()
    assert e.value.code == WEIGHTS_UNAVAILABLE and str(file.place) in str(e.value)


def test_they_are_fetched_and_checked(address: str, tmp_path: Path) -> None:
    content = b"weights of a kind"
    name = f"resnet18-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    (tmp_path / "served" / name).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vision.FILES, "resnet18", (name, 0.1))
        file = missing_weights(IMAGENET)
        assert file and file.fetch().read_bytes() == content and missing_weights(IMAGENET) is None
        file.place.unlink()
        (tmp_path / "served" / name).write_bytes(content + b"!")
        with pytest.raises(Problem, match="invalid hash value"):
            file.fetch()
        assert not file.place.exists()
