"""Every data set in the catalogue, whichever there are, describes itself fully."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from core.datasets import catalog as catalogue
from core.datasets.catalog import DatasetSpec, catalog, spec
from core.errors import BadInput
from core.files.paths import Workspace
from core.importing.folder_splits import ORDER
from core.run_config import RunConfig
from core.settings import registry
from tests.datasets.makers import prepared


@pytest.mark.parametrize("one", catalog().values(), ids=lambda one: one.name)
def test_a_spec_is_complete(one: DatasetSpec) -> None:
    assert spec(one.name) is one
    assert one.title and one.about.endswith(".") and one.homepage.startswith("http")
    assert len(set(one.classes)) == len(one.classes) >= 2
    assert all(isinstance(name, str) and " - " not in name for name in one.classes)
    assert one.channels in (1, 3) and (one.size is None or min(one.size) >= 8)
    assert [split for split in one.counts if split != "val"] == ["train", "test"]
    assert list(one.counts) == [split for split in ORDER if split in one.counts]
    assert one.where in one.folders and one.files == one.layouts[0]
    assert one.files or not one.download, "what is downloaded are files"


@pytest.mark.parametrize("one", [one for one in catalog().values() if one.preview], ids=lambda one: one.name)
def test_a_preview_shows_images_of_its_set_unchanged(one: DatasetSpec) -> None:
    """Eight images, with clear columns between them; those of the digits are looked for among all that there are."""
    assert one.preview and one.size
    with Image.open(one.preview) as picture:
        levels, opaque = np.moveaxis(np.asarray(picture.convert("LA")), 2, 0)
    height, width = one.size
    starts = np.flatnonzero(np.diff(opaque[0].astype(int), prepend=0) > 0)
    assert len(starts) == 8 and levels.shape[0] == height
    shown = [levels[:, start : start + width] for start in starts]
    assert all((opaque[:, start : start + width] == 255).all() for start in starts)
    if one.name == "digits":
        known = {np.rint(image * (255 / 16)).astype(np.uint8).tobytes() for image in load_digits().images}
        assert all(image.tobytes() in known for image in shown)


def test_the_sets_are_there() -> None:
    assert set(catalog()) >= {
        "digits", "mnist", "fashion-mnist", "kmnist", "emnist-letters", "emnist-balanced", "cifar10", "cifar100", "svhn"
    }  # fmt: skip
    assert next(iter(catalog())) == "digits"
    assert spec("mnist").classes == tuple("0123456789")
    assert len(spec("cifar100").classes) == 100 and len(spec("emnist-balanced").classes) == 47
    assert not spec("svhn").flips and spec("cifar10").flips


def test_an_unknown_name_names_the_choices() -> None:
    with pytest.raises(BadInput, match=r"unknown data set 'mnits'; have: digits, .*mnist.*, folder"):
        spec("mnits")


def test_the_catalogue_needs_no_torch() -> None:
    code = (
        "import sys; from core.datasets import catalog; from core.prepared import job; catalog.catalog(); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_another_packages_data_set_is_one_of_them(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = replace(spec("digits"), name="their-digits", title="Theirs")
    monkeypatch.setattr(registry, "plugins", lambda: (registry.Plugin("theirs", (theirs, "something else")),))
    monkeypatch.setattr(catalogue, "REGISTRY", replace(catalogue.REGISTRY))  # one that has not looked yet
    assert list(catalog())[-1] == "their-digits" and spec("their-digits") is theirs
    assert prepared(workspace, "their-digits").meta.title == "Theirs"
    assert RunConfig().replace({"data.name": "their-digits"}).data.name == "their-digits"


@pytest.mark.parametrize("name", ["folder", "folder-1", "../x", "A", "", "a/b"])
def test_a_name_that_is_no_folder_of_the_cache_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a data set"):
        replace(spec("digits"), name=name)
