"""The built-in sets in their original files: where they are found, what is read, what is refused."""

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from core.datasets import local_copies
from core.datasets.catalog import spec
from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.prepared.prepare import find, prepare
from tests.datasets.makers import MNIST, cifar10, idx, mnist, pixels, prepared, python2_pickle, reports, tar, write


@pytest.fixture(autouse=True)
def no_system_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_copies, "SYSTEM", ())


def test_digits_have_a_fixed_stratified_test_part(workspace: Workspace) -> None:
    digits = prepared(workspace, "digits")
    assert digits.meta.splits == {"train": 1437, "test": 360}
    assert digits.array.shape == (1797, 8, 8, 1) and digits.array.max() == 255
    assert set(digits.meta.class_counts["test"]) <= {35, 36, 37}
    assert digits.meta.fingerprint == "9a3ca353bcf7a2786f7fe416a2239672", "runs are compared by it: the split is fixed"


@pytest.mark.parametrize("where", ["MNIST/raw", "MNIST", "mnist"])
@pytest.mark.parametrize("packed", [True, False])
def test_mnist_is_found_where_people_put_it(workspace: Workspace, where: str, packed: bool) -> None:
    content = mnist(workspace.data / where, packed=packed)
    found = prepared(workspace, "mnist")
    assert found.meta.splits == {"train": 40, "test": 20}
    assert found.meta.source == f"files in {workspace.data / where}"
    np.testing.assert_array_equal(found.array[:40, ..., 0], content[MNIST[0]])
    np.testing.assert_array_equal(found.array[40:, ..., 0], content[MNIST[2]])
    np.testing.assert_array_equal(found.labels, np.concatenate([content[MNIST[1]], content[MNIST[3]]]))


def test_a_system_folder_comes_last(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_copies, "SYSTEM", (tmp_path / "share",))
    mnist(tmp_path / "share" / "fashion-mnist", packed=True)
    assert prepared(workspace, "fashion-mnist").meta.source == f"files in {tmp_path / 'share' / 'fashion-mnist'}"
    copy = local_copies.locate(spec("fashion-mnist"), workspace.data)
    mnist(workspace.data / "FashionMNIST" / "raw")
    nearer = local_copies.locate(spec("fashion-mnist"), workspace.data)
    assert copy and nearer and nearer.folder == workspace.data / "FashionMNIST" / "raw"


def test_a_file_that_a_browser_unpacked_keeps_its_name(workspace: Workspace) -> None:
    for name, array in mnist(workspace.data / "mnist", packed=True).items():
        write(workspace.data / "mnist" / f"{name}.gz", idx(array))
    assert prepared(workspace, "mnist").meta.count == 60


def test_statistics_are_those_of_the_training_part(workspace: Workspace) -> None:
    content = mnist(workspace.data / "mnist")
    meta = prepared(workspace, "mnist").meta
    train = content[MNIST[0]] / 255
    assert meta.mean == pytest.approx([train.mean()], abs=1e-12)
    assert meta.std == pytest.approx([train.std()], abs=1e-12)
    assert meta.class_counts == {"train": (4,) * 10, "test": (2,) * 10}


def _replaced(workspace: Workspace, name: str, content: bytes) -> str:
    mnist(workspace.data / "mnist")
    write(workspace.data / "mnist" / name, content)
    with pytest.raises(BadInput) as error:
        reports(workspace, "mnist")
    assert find(DataSource("mnist"), workspace) is None
    assert not list(workspace.cache.glob("*.part"))
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (MNIST[0], idx(pixels(40, 28, 28))[:-100], "ends early: 39 of 40"),
        (MNIST[0], idx(pixels(40, 28, 28)) + b"x", "goes on after its 40"),
        (MNIST[0], b"<!DOCTYPE html>" * 10, "does not start like an IDX file of images"),
        (MNIST[0], idx(pixels(40, 20, 28)), "images are 20 × 28 pixels, not 28 × 28"),
        (MNIST[0], idx(pixels(39, 28, 28)), "has 39 images, but there are 40 labels"),
        (MNIST[0], idx(pixels(0, 28, 28)), "is empty"),
        (MNIST[1], idx(np.full(40, 10)), "labels are not all from 0 to 9"),
        (MNIST[3], idx(pixels(20, 28, 28)), "does not start like an IDX file of labels"),
        (MNIST[2], gzip.compress(idx(pixels(20, 28, 28)))[:-500], "compressed data are damaged"),
        (MNIST[2], b"\x1f\x8b" + bytes(100), "compressed data are damaged"),
    ],
)
def test_a_broken_file_is_named(workspace: Workspace, name: str, content: bytes, why: str) -> None:
    sentence = _replaced(workspace, name, content)
    assert str(workspace.data / "mnist" / name) in sentence and why in sentence


def test_emnist_is_stored_upright_and_counts_letters_from_one(workspace: Workspace) -> None:
    arrays = pixels(26, 28, 28, seed=1), np.arange(1, 27), pixels(26, 28, 28, seed=2), np.arange(1, 27)
    for file, array in zip(spec("emnist-letters").files, arrays, strict=True):
        write(workspace.data / "EMNIST" / "raw" / file, idx(array), packed=True)
    letters = prepared(workspace, "emnist-letters")
    np.testing.assert_array_equal(letters.image(3)[..., 0], arrays[0][3].T)
    assert letters.labels[:3].tolist() == [0, 1, 2] and letters.meta.classes[0] == "a"
    write(workspace.data / "EMNIST" / "raw" / spec("emnist-letters").files[1], idx(np.arange(26)), packed=True)
    with pytest.raises(BadInput, match="from 1 to 26"):
        reports(Workspace(workspace.home / "b", workspace.data, ""), "emnist-letters")


@pytest.mark.parametrize("packed", [True, False])
def test_cifar10_in_its_folder_or_archive(workspace: Workspace, packed: bool) -> None:
    files = cifar10()
    if packed:  # in the order of the original archive
        tar(workspace.data / "cifar-10-python.tar.gz", dict(sorted(files.items(), key=lambda one: one[0][::-1])))
    else:
        for name, content in files.items():
            write(workspace.data / name, content)
    cifar = prepared(workspace, "cifar10")
    assert cifar.meta.splits == {"train": 50, "test": 10} and cifar.array.shape == (60, 32, 32, 3)
    raw = pixels(10, 3072, seed=2)[7]
    np.testing.assert_array_equal(cifar.image(27), raw.reshape(3, 32, 32).transpose(1, 2, 0))
    assert cifar.labels[27] == 7
    assert sorted(path.name for path in workspace.data.iterdir()) == [
        "cifar-10-python.tar.gz" if packed else "cifar-10-batches-py"
    ]


def test_cifar100_takes_the_fine_labels(workspace: Workspace) -> None:
    fine = [*range(99), 99]
    batch = {b"data": pixels(100, 3072), b"fine_labels": fine, b"coarse_labels": [0] * 100}
    members = {f"cifar-100-python/{name}": python2_pickle(batch) for name in ("meta", "test", "train")}
    tar(workspace.data / "cifar-100-python.tar.gz", members)
    cifar = prepared(workspace, "cifar100")
    assert cifar.labels[:100].tolist() == fine and cifar.meta.classes[99] == "worm"


class _Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("this must never run",)


@pytest.mark.parametrize(
    ("batch", "why"),
    [
        (pickle.dumps(_Harm()), "print"),
        (b"not a pickle", "cannot be read"),
        (python2_pickle({b"data": pixels(10, 3072), b"labels": [10] * 10}), "labels are not all from 0 to 9"),
        (python2_pickle({b"data": pixels(10, 3072), b"labels": [1] * 9}), "10 images, but 9 labels"),
        (python2_pickle({b"data": pixels(10, 100), b"labels": [1] * 10}), "not rows of 3\u202f072"),
        (python2_pickle([1, 2]), "cannot be read"),
    ],
)
def test_a_bad_batch_is_refused(
    workspace: Workspace, batch: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in cifar10().items():
        write(workspace.data / name, batch if name.endswith("_3") else content)
    with pytest.raises(BadInput, match="data_batch_3 is broken") as error:
        reports(workspace, "cifar10")
    assert why in str(error.value) and not capsys.readouterr().out


def test_a_broken_cifar_archive(workspace: Workspace) -> None:
    whole = tar(workspace.data / "cifar-10-python.tar.gz", cifar10()).read_bytes()
    write(workspace.data / "cifar-10-python.tar.gz", whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=r"cifar-10-python\.tar\.gz is broken"):
        reports(workspace, "cifar10")
    tar(workspace.data / "cifar-10-python.tar.gz", {"cifar-10-batches-py/test_batch": b"x"})
    with pytest.raises(BadInput, match="has no data_batch_1, "):
        reports(workspace, "cifar10")


def test_svhn_calls_ten_zero(workspace: Workspace) -> None:
    images = pixels(12, 32, 32, 3)
    labels = np.array([*range(1, 11), 10, 3], np.uint8)[:, None]
    workspace.data.mkdir()
    for part in ("train", "test"):
        savemat(
            workspace.data / f"{part}_32x32.mat", {"X": images.transpose(1, 2, 3, 0), "y": labels}, do_compression=True
        )
    svhn = prepared(workspace, "svhn")
    assert svhn.meta.splits == {"train": 12, "test": 12}
    assert svhn.labels[:12].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 3]
    np.testing.assert_array_equal(svhn.array[:12], images)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"X": pixels(32, 32, 3, 4), "y": np.array([0, 1, 2, 3])}, "labels are not all from 1 to 10"),
        ({"X": pixels(32, 32, 3, 4), "y": np.array([1, 2, 3])}, "4 images, but 3 labels"),
        ({"X": pixels(32, 32, 1, 4), "y": np.array([1, 2, 3, 4])}, "not 32 × 32 colour"),
        ({"Z": np.zeros(3)}, "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_broken_svhn_file(workspace: Workspace, content: dict[str, np.ndarray] | None, why: str) -> None:
    for part in ("train", "test"):
        file = write(workspace.data / f"{part}_32x32.mat", b"MATLAB 5.0" + bytes(300))
        if content is not None:
            savemat(file, content)
    with pytest.raises(BadInput, match=r"train_32x32\.mat is broken") as error:
        reports(workspace, "svhn")
    assert why in str(error.value)


def test_the_real_mnist(workspace: Workspace, real_data: Path) -> None:
    workspace = Workspace(workspace.home, real_data, workspace.database)
    meta = prepared(workspace, "mnist").meta
    assert meta.splits == dict(spec("mnist").counts)
    assert meta.mean == pytest.approx([0.1307], abs=1e-4) and meta.std == pytest.approx([0.3081], abs=2e-4)
    assert list(prepare(DataSource("mnist"), workspace)) == []
