"""Preparing once: what is left behind, when it is done again, and what cancelling and failing leave."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets import progress
from core.datasets.catalog import spec
from core.datasets.progress import paced
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.prepared import prepare as preparing
from core.prepared.arrays import Meta, Prepared
from core.prepared.cache_entry import CacheEntry
from core.prepared.prepare import PrepareProgress, find, prepare, require
from core.prepared.writer import Writer
from core.sandbox import image_decoding
from tests.datasets.makers import archive, folder, image, mnist, prepared, reports, two_classes, write


def _leftovers(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in workspace.cache.iterdir() if path.suffix != ".lock")


def test_what_is_left_behind(workspace: Workspace) -> None:
    mnist(workspace.data / "mnist", packed=True)
    seen = reports(workspace, "mnist")
    assert seen[0] == PrepareProgress("reading images", 0, 70_000, "images") and seen[-1].done == 60
    assert _leftovers(workspace) == ["mnist"]
    files = {path.name for path in (workspace.cache / "mnist").iterdir()}
    assert files == {"images.npy", "labels.npy", "copies.npy", "meta.json"}
    images = np.load(workspace.cache / "mnist" / "images.npy")
    assert images.shape == (60, 28, 28, 1) and images.dtype == np.uint8
    assert np.load(workspace.cache / "mnist" / "labels.npy").dtype == np.int64


def test_the_second_time_there_is_nothing_to_do(workspace: Workspace, tmp_path: Path) -> None:
    mnist(workspace.data / "mnist")
    paths = [folder(tmp_path / "pets", two_classes()), archive(tmp_path / "pets.zip", two_classes())]
    for name, path in [("mnist", None), *(("folder", path) for path in paths)]:
        first = prepared(workspace, name, path)
        changed = (first.folder / "meta.json").stat().st_mtime_ns
        assert reports(workspace, name, path) == []
        assert (first.folder / "meta.json").stat().st_mtime_ns == changed


def test_a_changed_source_is_prepared_anew(workspace: Workspace, tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", two_classes())
    before = prepared(workspace, "folder", path)
    labels, first = before.labels, before.image(0).copy()
    write(path / "ants" / "new.png", image())
    after = prepared(workspace, "folder", path)
    assert after.meta.count == before.meta.count + 1 and after.meta.fingerprint != before.meta.fingerprint
    assert len(labels) == 10 and (before.image(0) == first).all(), "what is mapped stays as it was"
    write(path / "ants" / "new.png", image(colour=(1, 2, 4)))
    assert prepared(workspace, "folder", path).meta.fingerprint != after.meta.fingerprint
    (path / "ants" / "new.png").unlink()
    assert prepared(workspace, "folder", path).meta.fingerprint == before.meta.fingerprint
    packed = archive(tmp_path / "pets.zip", two_classes())
    count = prepared(workspace, "folder", packed).meta.count
    archive(packed, two_classes(count=6))
    assert prepared(workspace, "folder", packed).meta.count == count + 2
    assert not [name for name in _leftovers(workspace) if not name.startswith("folder-pets-") or "." in name]


def test_a_source_that_is_gone_does_not_matter_any_more(workspace: Workspace, tmp_path: Path) -> None:
    path = archive(tmp_path / "pets.zip", two_classes())
    prepared(workspace, "folder", path)
    path.unlink()
    assert reports(workspace, "folder", path) == []
    assert require(DataSource("folder", str(path)), workspace).meta.count == 10


def test_the_fingerprint_tells_content_apart(workspace: Workspace, tmp_path: Path) -> None:
    files = two_classes("train/") | two_classes("val/")
    renamed = {name.replace("bees", "wasps"): content for name, content in files.items()}
    moved = {name.replace("val/", "test/"): content for name, content in files.items()}
    swapped = dict(zip(files, [*files.values()][::-1], strict=True))
    prints = [
        prepared(workspace, "folder", folder(tmp_path / str(number), one)).meta.fingerprint
        for number, one in enumerate([files, renamed, moved, swapped, files])
    ]
    assert len(set(prints)) == 4 and prints[0] == prints[4]


def test_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert DataSource("mnist").key == "mnist"
    made = DataSource("folder", str(tmp_path / "My Pets (2).zip")).key
    assert made.startswith("folder-my-pets-2-") and len(made) == len("folder-my-pets-2-") + 8
    monkeypatch.chdir(tmp_path)
    assert DataSource("folder", "pets/../My Pets (2).zip").key == made
    assert DataSource("folder", str(tmp_path / "other" / "My Pets (2).zip")).key != made
    with pytest.raises(BadInput, match="unknown data set"):
        DataSource("nope")
    with pytest.raises(BadInput, match="needs a path"):
        _ = DataSource("folder").key


def test_require_says_what_to_do(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"“MNIST” is not prepared yet; .* prepare mnist`"):
        require(DataSource("mnist"), workspace)
    pets = tmp_path / "pets.zip"
    with pytest.raises(Problem, match=r"The images of “pets\.zip” are not here: there is no .*pets\.zip"):
        require(DataSource("folder", str(pets)), workspace)
    pets.touch()
    with pytest.raises(Problem, match=r"“pets\.zip” is not prepared yet; "):
        require(DataSource("folder", str(pets)), workspace)


@pytest.mark.parametrize("steps", [1, 2])
def test_cancelling_leaves_nothing(
    workspace: Workspace, tmp_path: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "REPORT_INTERVAL_S", 0)
    mnist(workspace.data / "mnist")
    running = [
        prepare(DataSource("mnist"), workspace),
        prepare(DataSource("folder", str(folder(tmp_path / "pets", two_classes()))), workspace),
    ]
    for one in running:
        for _ in range(steps):
            next(one)
        assert list(workspace.cache.glob("*.part"))
        one.close()
        assert _leftovers(workspace) == []
    assert prepared(workspace, "mnist").meta.count == 60, "and the lock is free"


def test_a_cancelled_second_time_keeps_the_first(workspace: Workspace, tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", two_classes())
    before = prepared(workspace, "folder", path).meta
    write(path / "ants" / "new.png", image())
    running = prepare(DataSource("folder", str(path)), workspace)
    next(running)
    running.close()
    assert require(DataSource("folder", str(path)), workspace).meta == before


def test_another_process_can_ask_it_to_stop(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_INTERVAL_S", 0)
    mnist(workspace.data / "mnist")
    running = prepare(DataSource("mnist"), workspace)
    next(running)
    CacheEntry(DataSource("mnist"), workspace).cancel.touch()
    with pytest.raises(Problem, match="“MNIST” was cancelled"):
        list(running)
    assert _leftovers(workspace) == []


def test_remains_of_a_killed_process_are_cleared(workspace: Workspace) -> None:
    mnist(workspace.data / "mnist")
    slot = CacheEntry(DataSource("mnist"), workspace)
    for path in (slot.part / "images.npy", slot.downloads / "MNIST" / "raw" / "x"):
        write(path, b"half")
    assert prepared(workspace, "mnist").meta.count == 60
    assert _leftovers(workspace) == ["mnist"] and not slot.downloads.exists()


def test_the_second_process_waits_and_finds_it_done(workspace: Workspace) -> None:
    mnist(workspace.data / "mnist")
    first = prepare(DataSource("mnist"), workspace)
    seen: list[PrepareProgress] = []
    next(first)
    waiting = threading.Thread(target=lambda: seen.extend(prepare(DataSource("mnist"), workspace)))
    waiting.start()
    time.sleep(0.5)
    assert waiting.is_alive()
    list(first)
    waiting.join(5)
    assert {one.stage for one in seen} == {"waiting for another preparation"}


def test_a_full_disk_is_a_sentence(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    mnist(workspace.data / "mnist")
    monkeypatch.setattr(Writer, "add", full)
    with pytest.raises(Problem, match="“MNIST” could not be prepared: no space left on device; free some space"):
        reports(workspace, "mnist")
    assert _leftovers(workspace) == []


def test_a_home_that_cannot_be_written_is_a_sentence(workspace: Workspace, tmp_path: Path) -> None:
    mnist(workspace.data / "mnist")
    write(tmp_path / "home", b"a file in the way")
    with pytest.raises(Problem, match=r"could not be prepared: .*home"):
        list(prepare(DataSource("mnist"), Workspace(tmp_path / "home", workspace.data, "")))


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "copies.npy", "meta.json"])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_damage_is_noticed_and_repaired(workspace: Workspace, name: str, harm: str) -> None:
    mnist(workspace.data / "mnist")
    file = prepared(workspace, "mnist").folder / name
    file.unlink() if harm == "gone" else os.truncate(file, 200)
    assert find(DataSource("mnist"), workspace) is None
    damaged = Prepared(workspace.cache / "mnist")
    with pytest.raises(Problem, match=f"missing or damaged .{name}.: prepare the data set again"):
        damaged.image(0), damaged.labels, damaged.copies
    assert prepared(workspace, "mnist").array.shape == (60, 28, 28, 1)


def test_meta_survives_json(workspace: Workspace, tmp_path: Path) -> None:
    files = two_classes() | {"ants/x.txt": b"x"}
    for meta in (prepared(workspace, "folder", folder(tmp_path / "pets", files)).meta,):
        assert Meta.model_validate_json(meta.model_dump_json()) == meta


def test_find_is_quick(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(folder(tmp_path / "pets", two_classes()))
    list(prepare(DataSource("folder", path), workspace))
    for module, name in ((preparing, "open_image_source"), (np, "load")):
        monkeypatch.setattr(module, name, None)
    assert find(DataSource("folder", path), workspace)


def test_reports_are_paced() -> None:
    def fast() -> object:
        for stage in ("one", "two"):
            for done in range(1, 5001):
                yield PrepareProgress(stage, done, 5000, "images")

    began = time.monotonic()
    seen = list(paced(fast()))  # type: ignore[arg-type]
    assert len(seen) <= 6 + 20 * (time.monotonic() - began)
    assert [one.done for one in seen if one.stage == "one"][-1] == seen[-1].done == 5000
    assert len(seen) == len(set(seen))
    assert len(list(paced([seen[0]] * 1000))) == 1, "what does not move is not repeated"


def test_memory_stays_bounded(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many images wait to be decoded, only a few groups of them are in memory."""
    begun, taken, most = [0], [0], [0]
    real = image_decoding._pictures

    def counted(*arguments: object) -> object:
        begun[0] += 1
        most[0] = max(most[0], begun[0] - taken[0])
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(image_decoding, "_pictures", counted)
    monkeypatch.setattr(image_decoding, "GROUP_FILES", 2)
    monkeypatch.setattr(progress, "REPORT_INTERVAL_S", 0)
    made = folder(tmp_path / "pets", two_classes(count=75))
    for report in prepare(DataSource("folder", str(made)), workspace):
        if report.stage == "reading images":
            taken[0] = report.done // 2
    assert begun[0] == 75 and 0 < most[0] <= 2 * (os.cpu_count() or 1) + 3


def test_a_new_set_needs_nothing_but_its_spec(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from core.datasets import catalog
    from core.datasets.blocks import Block

    def read(_paths: object, _scratch: object) -> object:
        yield Block("train", np.zeros((3, 9, 8, 3), np.uint8), np.array([0, 1, 1]))
        yield Block("test", np.full((1, 9, 8, 3), 255, np.uint8), np.array([0]))

    made = replace(spec("digits"), name="made", size=(9, 8), channels=3, classes=("x", "y"), read=read)  # type: ignore[arg-type]
    monkeypatch.setattr(catalog, "catalog", lambda: {"made": made})
    found = prepared(workspace, "made")
    assert found.array.shape == (4, 9, 8, 3) and found.meta.class_counts == {"train": (1, 2), "test": (1, 0)}
    assert found.meta.mean == (0.0, 0.0, 0.0) and found.meta.std == (1 / 255,) * 3


def test_images_come_as_pillow_sees_them(workspace: Workspace, tmp_path: Path) -> None:
    path = folder(
        tmp_path / "pets", {f"{name}/{n}.jpg": image((40 + n, 30), kind="JPEG") for name in "ab" for n in range(4)}
    )
    pets = prepared(workspace, "folder", path)
    for index in range(pets.meta.count):
        shown = pets.image(index)
        with Image.open(path / "ab"[pets.labels[index]] / f"{shown.shape[1] - 40}.jpg") as original:
            np.testing.assert_array_equal(shown, np.asarray(original))
