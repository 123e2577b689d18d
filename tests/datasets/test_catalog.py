"""Every data set in the catalogue, whichever there are, describes itself fully."""

import subprocess
import sys

import pytest

from core.datasets.catalog import DatasetSpec, catalog, spec
from core.errors import BadInput


@pytest.mark.parametrize("one", catalog().values(), ids=lambda one: one.name)
def test_a_spec_is_complete(one: DatasetSpec) -> None:
    assert spec(one.name) is one
    assert one.title and one.about.endswith(".") and one.homepage.startswith("http")
    assert len(set(one.classes)) == len(one.classes) >= 2
    assert all(isinstance(name, str) and " - " not in name for name in one.classes)
    assert one.channels in (1, 3) and min(one.size) >= 8
    assert list(one.counts) == ["train", "test"]
    assert one.where in one.folders and one.files == one.layouts[0]
    assert bool(one.files) == bool(one.download), "what has files can be downloaded"


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
