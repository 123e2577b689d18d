"""The built-in sets of image files: small ones in the layout of the real ones are read as torchvision's own class
reads them, image for image and label for label, unpacked or in their archives."""

import bz2
import inspect
import io
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from core.datasets import local_copies, packed, photos
from core.datasets.catalog import catalog, spec
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.prepared.prepare import find, prepare
from core.sandbox import image_decoder
from tests.datasets import photo_makers
from tests.datasets.makers import folder, idx, pixels, prepared, reports, tar, write
from tests.datasets.photo_makers import Files, picture, put


@pytest.fixture(autouse=True)
def no_system_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_copies, "SYSTEM", ())


def seen_by_torchvision(root: Path, name: str) -> dict[str, list[tuple[np.ndarray, int]]]:
    """What torchvision's own class reads of a set that is unpacked, by split."""
    from torchvision import datasets

    kinds: dict[str, dict[str, Callable[[], Any]]] = {
        "oxford-iiit-pet": {
            "train": lambda: datasets.OxfordIIITPet(root, "trainval"),
            "test": lambda: datasets.OxfordIIITPet(root, "test"),
        },
        "flowers-102": {
            split: lambda split=split: datasets.Flowers102(root, split) for split in ("train", "val", "test")
        },
        "food-101": {split: lambda split=split: datasets.Food101(root, split) for split in ("train", "test")},
        "gtsrb": {split: lambda split=split: datasets.GTSRB(root, split) for split in ("train", "test")},
        "eurosat": {"all": lambda: datasets.EuroSAT(root)},
    }
    return {split: [(np.asarray(image), label) for image, label in make()] for split, make in kinds[name].items()}


@pytest.fixture
def any_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision takes small files for whole ones."""
    from torchvision.datasets import flowers102, stl10, utils

    for module in (utils, flowers102, stl10):
        monkeypatch.setattr(module, "check_integrity", lambda path, md5=None: Path(path).is_file())


NAMES = ("oxford-iiit-pet", "flowers-102", "food-101", "eurosat", "gtsrb")
ARCHIVES = {
    "oxford-iiit-pet": "oxford-iiit-pet/images.tar.gz",
    "flowers-102": "flowers-102/102flowers.tgz",
    "food-101": "food-101.tar.gz",
    "eurosat": "eurosat/EuroSAT.zip",
    "gtsrb": "gtsrb/GTSRB_Final_Test_Images.zip",
}


@pytest.mark.parametrize("name", NAMES)
def test_images_and_labels_are_torchvisions(workspace: Workspace, name: str, any_checksum: None) -> None:
    put(workspace.data, name, packed_up=False)
    ours, theirs = prepared(workspace, name), seen_by_torchvision(workspace.data, name)
    if name == "eurosat":  # it has no parts of its own: ours are chosen from all
        (everything,) = theirs.values()
        assert ours.meta.splits == {"train": 80, "test": 20} and set(ours.meta.class_counts["test"]) == {2}
        unseen = [label for _, label in everything]
        for index in range(ours.meta.count):
            same = [n for n, (image, label) in enumerate(everything) if np.array_equal(image, ours.image(index))]
            assert [everything[n][1] for n in same] == [ours.labels[index]]
            unseen.remove(everything[same[0]][1])
        assert not unseen and ours.array.shape == (100, 64, 64, 3)
        return
    assert ours.meta.splits == {split: len(images) for split, images in theirs.items()}
    assert ours.meta.size is None and ours.meta.channels == 3
    for split, images in theirs.items():
        for index, (image, label) in zip(ours.indices(split), images, strict=True):
            np.testing.assert_array_equal(ours.image(index), image)
            assert ours.labels[index] == label


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_gives_the_same_as_what_is_in_it(workspace: Workspace, name: str) -> None:
    put(workspace.data, name, packed_up=False)
    elsewhere = Workspace(workspace.home / "b", workspace.home / "b" / "data", "")
    put(elsewhere.data, name, packed_up=True)
    kept = set(elsewhere.data.rglob("*"))
    one, other = prepared(workspace, name), prepared(elsewhere, name)
    assert one.meta.fingerprint == other.meta.fingerprint == other.measured_fingerprint()
    assert one.files == other.files and len(one.files) == one.meta.count
    assert set(elsewhere.data.rglob("*")) == kept, "nothing is unpacked beside it"
    assert {path.name for path in other.folder.iterdir()} <= {
        "images.npy", "labels.npy", "shapes.npy", "copies.npy", "files.txt", "meta.json",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_classes_are_those_that_torchvision_names(workspace: Workspace, name: str, any_checksum: None) -> None:
    from torchvision import datasets

    classes = spec(name).classes
    if name == "flowers-102":
        assert list(classes) == datasets.Flowers102.classes
        return
    put(workspace.data, name, packed_up=False)
    if name == "oxford-iiit-pet":
        assert list(classes) == datasets.OxfordIIITPet(workspace.data).classes
    elif name == "food-101":
        assert [one.replace(" ", "_") for one in classes] == datasets.Food101(workspace.data).classes
    elif name == "eurosat":
        theirs = datasets.EuroSAT(workspace.data).classes
        assert [one.replace(" ", "").lower() for one in theirs] == [
            one.replace(" or ", "").replace(" ", "") for one in classes
        ]
    else:
        assert len(classes) == 43 and (classes[14], classes[27], classes[41]) == (
            "Stop",
            "Pedestrians",
            "End of no passing",
        )


@pytest.mark.parametrize("name", ["eurosat", "gtsrb"])
def test_what_torchvision_hides_in_a_function_is_still_what_it_has(name: str) -> None:
    from torchvision import datasets

    source = inspect.getsource({"eurosat": datasets.EuroSAT, "gtsrb": datasets.GTSRB}[name].download)
    for remote in spec(name).download():  # type: ignore[misc]
        (url,) = remote.urls
        file = url.rsplit("/", 1)[1]
        assert url.removesuffix(file) in source and file in source and remote.md5 in source


def test_photographs_are_brought_to_a_shorter_side_of_256_and_to_colour(workspace: Workspace) -> None:
    put(workspace.data, "oxford-iiit-pet", packed_up=False)
    root = workspace.data / "oxford-iiit-pet" / "images"
    write(root / "abyssinian_1.jpg", picture(1, (900, 600)))
    write(root / "abyssinian_3.jpg", picture(2, (60, 50), mode="L"))
    write(root / "American_Bulldog_1.jpg", picture(3, (500, 20)))
    ours = prepared(workspace, "oxford-iiit-pet")
    assert [ours.image(index).shape for index in range(3)] == [(256, 384, 3), (50, 60, 3), (20, 80, 3)]
    assert (ours.image(1)[..., 0] == ours.image(1)[..., 2]).all()


@pytest.mark.parametrize("packed_up", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_broken_image_is_named(
    workspace: Workspace, name: str, packed_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt: list[str] = []

    def cut(where: Path, archive_name: str, files: Files, packed_up: bool) -> None:
        images = [one for one in files if one.endswith((".jpg", ".ppm"))]
        if images and not spoilt:
            spoilt.append(images[-1])
            files[images[-1]] = files[images[-1]][:-200]
        real(where, archive_name, files, packed_up)

    real = photo_makers.put_files
    monkeypatch.setattr(photo_makers, "put_files", cut)
    put(workspace.data, name, packed_up)
    with pytest.raises(BadInput, match="is broken: damaged") as error:
        reports(workspace, name)
    assert spoilt[0] in str(error.value) and str(workspace.data) in str(error.value)
    assert find(DataSource(name), workspace) is None and not list(workspace.cache.glob("*.part"))


@pytest.mark.parametrize("name", NAMES)
def test_an_image_that_is_missing_is_named(workspace: Workspace, name: str) -> None:
    put(workspace.data, name, packed_up=False)
    image = sorted(path for path in workspace.data.rglob("*") if path.suffix in (".jpg", ".ppm"))[0]
    image.unlink()
    if name == "eurosat":  # its folders say what there is
        assert prepared(workspace, name).meta.count == 99
        return
    with pytest.raises(BadInput, match=r"is broken: it has no ") as error:
        reports(workspace, name)
    assert image.name in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_archive_is_named(workspace: Workspace, name: str) -> None:
    put(workspace.data, name, packed_up=True)
    file = workspace.data / ARCHIVES[name]
    write(file, file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(BadInput) as error:
        reports(workspace, name)
    assert f"{file} is broken" in str(error.value)


@pytest.mark.parametrize("name", [*NAMES, "usps", "qmnist", "stl10"])
def test_without_the_files_and_a_network_a_sentence_says_what_to_put_where(
    workspace: Workspace, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.datasets import download

    monkeypatch.setattr(download, "_roads", lambda remote: ["http://127.0.0.1:9/"])
    with pytest.raises(Problem) as error:
        reports(workspace, name)
    one = spec(name)
    assert f"{one.title} is not on this computer and could not be downloaded from 127.0.0.1" in str(error.value)
    assert f"put {', '.join(one.files)} into {workspace.data / one.where}" in str(error.value)


def test_an_archive_shows_how_far_it_is_and_can_be_cancelled(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.datasets import progress

    monkeypatch.setattr(progress, "REPORT_INTERVAL_S", 0)
    put(workspace.data, "food-101", packed_up=True)
    size = (workspace.data / "food-101.tar.gz").stat().st_size
    running = prepare(DataSource("food-101"), workspace)
    seen = [next(running) for _ in range(100)]
    steps = [one for one in seen if one.stage == "unpacking food-101.tar.gz"]
    assert len(steps) > 4 and {(one.total, one.unit) for one in steps} == {(size, "bytes")}
    running.close()
    assert {path.suffix for path in workspace.cache.iterdir()} == {".lock"}


def test_a_photograph_that_takes_too_long_stops_nothing_but_itself(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(workspace.data, "flowers-102", packed_up=False)
    huge = io.BytesIO()
    Image.new("RGB", (6000, 6000)).save(huge, "PNG")
    write(workspace.data / "flowers-102" / "jpg" / "image_00002.jpg", huge.getvalue())
    monkeypatch.setattr(image_decoder, "DECODE_TIMEOUT_S", 0.2)
    with pytest.raises(BadInput, match=r"image_00002\.jpg is broken: takes longer than 10 s to be decoded"):
        reports(workspace, "flowers-102")


@pytest.mark.parametrize(
    ("name", "file", "content", "why"),
    [
        ("oxford-iiit-pet", "oxford-iiit-pet/annotations/test.txt", b"Abyssinian_1 2 1 1\n", "line 1 does not name"),
        ("oxford-iiit-pet", "oxford-iiit-pet/annotations/test.txt", b"../../x_1 1\n", "line 1 does not name"),
        ("oxford-iiit-pet", "oxford-iiit-pet/annotations/trainval.txt", b"", "it is empty"),
        ("food-101", "food-101/meta/train.json", b"[1, 2]", "no list of photographs"),
        ("food-101", "food-101/meta/train.json", b"{", "no list of photographs"),
        ("food-101", "food-101/meta/train.json", b'{"soup": ["soup/1"]}', "none of the 101, soup"),
        ("food-101", "food-101/meta/train.json", b'{"sushi": ["../../../x"]}', "lies outside it"),
        ("gtsrb", "gtsrb/GT-final_test.csv", b"Filename;ClassId\n0.ppm;43\n", "labels are not all from 0 to 42"),
        ("gtsrb", "gtsrb/GT-final_test.csv", b"ClassId\n1\n", "no list of images"),
        ("gtsrb", "gtsrb/GT-final_test.csv", b"Filename;ClassId\n", "is empty"),
        ("gtsrb", "gtsrb/GTSRB/Training/00043/1.ppm", b"", "labels are not all from 0 to 42"),
        ("eurosat", "eurosat/2750/Desert/1.jpg", b"", "none of the 10, Desert"),
        ("eurosat", "eurosat/2750/River/River_1.jpg", picture(1, (60, 64)), "image is 60 × 64 pixels, not 64 × 64"),
        ("flowers-102", "flowers-102/setid.mat", b"words", "cannot be read as a MATLAB file"),
    ],
)
def test_lists_that_make_no_sense_are_named(
    workspace: Workspace, name: str, file: str, content: bytes, why: str
) -> None:
    put(workspace.data, name, packed_up=False)
    write(workspace.data / file, content)
    with pytest.raises(BadInput) as error:
        reports(workspace, name)
    assert " is broken: " in str(error.value) and why in str(error.value)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"trnid": [[8]]}, "the images in trnid are not all from 1 to 7"),
        ({"trnid": [[0]]}, "the images in trnid are not all from 1 to 7"),
        ({"trnid": [[1.5]]}, "trnid is no list of whole numbers"),
        ({"other": [[1]]}, "with trnid"),
    ],
)
def test_splits_of_flowers_that_make_no_sense(
    workspace: Workspace, values: dict[str, list[list[float]]], why: str
) -> None:
    put(workspace.data, "flowers-102", packed_up=False)
    savemat(workspace.data / "flowers-102" / "setid.mat", {"valid": [[1]], "tstid": [[2]]} | values)
    with pytest.raises(BadInput, match=r"setid\.mat is broken") as error:
        reports(workspace, "flowers-102")
    assert why in str(error.value)


def test_a_member_too_large_for_an_image_is_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_FILE_MB", 0)
    put(workspace.data, "eurosat", packed_up=True)
    with pytest.raises(BadInput, match="is larger than 0 MB"):
        reports(workspace, "eurosat")


def test_links_and_harmful_names_in_a_tar_archive_are_passed_over(workspace: Workspace) -> None:
    """Nothing is unpacked under its own name, so a name can do no harm; a link is no image."""
    put(workspace.data, "flowers-102", packed_up=False)
    root = workspace.data / "flowers-102"
    with tarfile.open(root / "102flowers.tgz", "w:gz") as made:
        for path in sorted((root / "jpg").iterdir()):
            made.add(path, f"./jpg/{path.name}")
        for name, target in (("jpg/image_00001.jpg", "/etc/passwd"), ("../../evil", "")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE, target) if target else (tarfile.REGTYPE, "")
            made.addfile(member)
    shutil.rmtree(root / "jpg")
    assert prepared(workspace, "flowers-102").meta.count == 7
    assert {path.name for path in root.iterdir()} == {"102flowers.tgz", "imagelabels.mat", "setid.mat"}


def test_small_images_of_one_size_come_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Made:
        names: list[str] = []  # noqa: RUF012

        def bytes_of(self, name: str) -> int:
            return 1000

        def read(self, name: str) -> bytes:
            return picture(int(name), (8, 8), "PNG")

        def where(self, name: str) -> Path:
            return Path(name)

    monkeypatch.setattr(photos, "BLOCK", 4 * 8 * 8 * 3)
    listed = [photos.Photo("train" if n < 10 else "test", n, str(n)) for n in range(13)]
    blocks: Iterator[Any] = (one for one in photos.photos(listed, Made(), (8, 8)) if one is not photos.WAITING)
    assert [(one.split, one.labels.tolist()) for one in blocks] == [
        ("train", [0, 1, 2, 3]), ("train", [4, 5, 6, 7]), ("train", [8, 9]), ("test", [10, 11, 12]),
    ]  # fmt: skip


# Sets of one size in files of their own kind


def usps(count: int, seed: int) -> bytes:
    levels = np.random.default_rng(seed).uniform(-1, 1, (count, 256)).round(6)
    lines = (
        f"{number % 10 + 1} " + " ".join(f"{place}:{level:g}" for place, level in enumerate(row, 1)) + " \n"
        for number, row in enumerate(levels)
    )
    return "".join(lines).encode()


def test_usps_is_torchvisions(workspace: Workspace) -> None:
    from torchvision import datasets

    for name, count in (("usps.bz2", 1030), ("usps.t.bz2", 12)):
        write(workspace.data / name, bz2.compress(usps(count, seed=count)))
    ours = prepared(workspace, "usps")
    assert ours.meta.splits == {"train": 1030, "test": 12} and ours.array.shape == (1042, 16, 16, 1)
    for split in ("train", "test"):
        theirs = datasets.USPS(workspace.data, train=split == "train")
        np.testing.assert_array_equal(ours.array[ours.indices(split), ..., 0], theirs.data)
        assert ours.labels[ours.indices(split)].tolist() == theirs.targets


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bz2.compress(usps(3, 0))[:-20], "cannot be unpacked"),
        (b"no archive", "cannot be unpacked"),
        (bz2.compress(b""), "it is empty"),
        (bz2.compress(usps(3, 0) + b"7 1:0.5\n"), "line 4 has no 256 grey levels"),
        (bz2.compress(usps(3, 0).replace(b"1:", b"1:9", 1)), "line 1 has no 256 grey levels"),
        (bz2.compress(usps(3, 0).replace(b"1:", b"1:nan ", 1)), "line 1 "),
        (bz2.compress(b"11" + usps(1, 0)[1:]), "line 1 has the label 11"),
        (bz2.compress(b"words"), "line 1 is no label"),
        (bz2.compress("é 1:2\n".encode()), "line 1 is no label"),
        (bz2.compress(b"7 " + b"1" * 10**6), "line 1 is no label"),
    ],
)
def test_a_broken_usps_file(workspace: Workspace, content: bytes, why: str) -> None:
    for name in ("usps.bz2", "usps.t.bz2"):
        write(workspace.data / name, content)
    with pytest.raises(BadInput, match=r"usps\.bz2 is broken") as error:
        reports(workspace, "usps")
    assert why in str(error.value)


def records(labels: np.ndarray) -> bytes:
    """QMNIST's eight numbers about each image, as its files have them."""
    table = np.arange(len(labels) * 8).reshape(-1, 8)
    table[:, 0] = labels
    return bytes([0, 0, 12, 2]) + np.array(table.shape, ">i4").tobytes() + table.astype(">i4").tobytes()


def qmnist(root: Path, *, zipped: bool) -> None:
    for part, count in (("train", 30), ("test", 40)):
        images = idx(pixels(count, 28, 28, seed=count))
        for name, content in (("images-idx3-ubyte", images), ("labels-idx2-int", records(np.arange(count) % 10))):
            write(root / "QMNIST" / "raw" / f"qmnist-{part}-{name}{'.gz' * zipped}", content, packed=zipped)


def test_qmnist_is_torchvisions(workspace: Workspace) -> None:
    from torchvision import datasets

    qmnist(workspace.data, zipped=False)
    ours = prepared(workspace, "qmnist")
    for split in ("train", "test"):
        theirs = datasets.QMNIST(workspace.data, what=split)
        np.testing.assert_array_equal(ours.array[ours.indices(split), ..., 0], theirs.data.numpy())
        assert ours.labels[ours.indices(split)].tolist() == [theirs[n][1] for n in range(len(theirs))]
    again = Workspace(workspace.home / "b", workspace.home / "b" / "data", "")
    qmnist(again.data, zipped=True)
    assert prepared(again, "qmnist").meta.fingerprint == ours.meta.fingerprint


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (records(np.full(30, 10)), "its labels are not all from 0 to 9"),
        (idx(np.arange(30) % 10), "does not start like an IDX file of labels"),
        (records(np.arange(30) % 10)[:-8], "it ends early: 29 of 30 are there"),
        (records(np.arange(30) % 10).replace(b"\0\0\0\x08", b"\0\0\0\x07", 1), "7 numbers about each image, not 8"),
    ],
)
def test_broken_labels_of_qmnist(workspace: Workspace, content: bytes, why: str) -> None:
    qmnist(workspace.data, zipped=False)
    write(workspace.data / "QMNIST" / "raw" / "qmnist-train-labels-idx2-int", content)
    with pytest.raises(BadInput, match="qmnist-train-labels-idx2-int is broken") as error:
        reports(workspace, "qmnist")
    assert why in str(error.value)


def stl10() -> Files:
    files: Files = {}
    for part, count in (("test", 7), ("train", 5)):
        files[f"stl10_binary/{part}_X.bin"] = pixels(count, 3, 96, 96, seed=count).tobytes()
        files[f"stl10_binary/{part}_y.bin"] = bytes(number % 10 + 1 for number in range(count))
    return files


def test_stl10_is_torchvisions(workspace: Workspace, any_checksum: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import datasets

    monkeypatch.setattr("core.datasets.builtin.stl10.CHUNK", 3)
    names = b"airplane\nbird\ncar\ncat\ndeer\ndog\nhorse\nmonkey\nship\ntruck\n"
    rest = {"stl10_binary/unlabeled_X.bin": bytes(96 * 96 * 3), "stl10_binary/class_names.txt": names}
    folder(workspace.data, stl10() | rest)
    ours = prepared(workspace, "stl10")
    assert ours.meta.splits == {"train": 5, "test": 7} and ours.array.shape == (12, 96, 96, 3)
    for split in ("train", "test"):
        theirs = datasets.STL10(workspace.data, split)
        assert tuple(theirs.classes) == ours.meta.classes
        for index, (image, label) in zip(ours.indices(split), theirs, strict=True):
            np.testing.assert_array_equal(ours.image(index), np.asarray(image))
            assert ours.labels[index] == label
    again = Workspace(workspace.home / "b", workspace.home / "b" / "data", "")
    tar(again.data / "stl10_binary.tar.gz", stl10() | rest)
    assert prepared(again, "stl10").meta.fingerprint == ours.meta.fingerprint


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("train_X.bin", bytes(100), "does not hold images of 27\u202f648 bytes each"),
        ("train_X.bin", b"", "does not hold images"),
        ("train_X.bin", bytes(4 * 27_648), "4 images, but there are 5 labels"),
        ("train_y.bin", bytes(5), "its labels are not all from 1 to 10"),
        ("test_y.bin", bytes([11] * 7), "its labels are not all from 1 to 10"),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_a_broken_stl10_file(workspace: Workspace, name: str, content: bytes, why: str, zipped: bool) -> None:
    files = stl10() | {f"stl10_binary/{name}": content}
    if zipped:
        tar(workspace.data / "stl10_binary.tar.gz", files)
    else:
        folder(workspace.data, files)
    with pytest.raises(BadInput) as error:
        reports(workspace, "stl10")
    assert f"{name} is broken" in str(error.value) and why in str(error.value)


def test_an_archive_of_stl10_without_its_labels(workspace: Workspace) -> None:
    files = stl10()
    del files["stl10_binary/test_y.bin"]
    tar(workspace.data / "stl10_binary.tar.gz", files)
    with pytest.raises(BadInput, match=r"stl10_binary\.tar\.gz is broken: it has no stl10_binary/test_y\.bin"):
        reports(workspace, "stl10")


def test_every_set_of_many_sizes_comes_after_those_of_one() -> None:
    sizes = [one.size is None for one in catalog().values()]
    assert sizes == sorted(sizes) and sum(sizes) == 4
