"""Data sets as class folders in a ZIP: what leaves comes back as it was."""

import zipfile
from collections import Counter
from pathlib import Path

import pytest

from core.cli.parser import main
from core.datasets.edits import image_digest
from core.datasets.source import DataSource
from core.errors import Unwritable
from core.files.paths import Workspace
from core.importing.archive import Archive
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.prepared.class_folders import folder_names, renamed, write_class_folders
from core.prepared.draft import Draft
from tests.datasets.photo_makers import picture

Content = Counter[tuple[str, str, str]]


def content(prepared: Prepared) -> Content:
    """Split, class and pixels of every image."""
    names = prepared.meta.classes
    return Counter(
        (split, names[prepared.labels[i]], image_digest(prepared.image(int(i))))
        for split in prepared.meta.splits
        for i in prepared.indices(split)
    )


def test_a_version_comes_back_with_the_same_images_and_labels(
    workspace: Workspace, digits: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = DataSource("digits")
    draft = Draft(source, digits, workspace)
    draft.relabel([0, 1], "ring/loop")
    draft.exclude([5])
    draft.move([7], "test")
    version = draft.save("v2").source
    list(prepare.prepare(version, workspace))
    monkeypatch.setenv("EPOCHLAB_HOME", str(workspace.home))
    assert main(["export-data", "digits", "--version", "v2", "--to", str(tmp_path / "out.zip"), "--json"]) == 0
    back = DataSource("folder", str(tmp_path / "out.zip"))
    list(prepare.prepare(back, workspace))
    expected = content(prepare.require(version, workspace))
    as_folders: Content = Counter()
    for (split, name, digest), n in expected.items():
        as_folders[split, name.replace("/", "_"), digest] += n
    assert content(prepare.require(back, workspace)) == as_folders
    assert sum(expected.values()) == 1796


def test_photographs_keep_the_names_of_their_files_and_two_of_one_name_are_two(
    workspace: Workspace, tmp_path: Path
) -> None:
    for place, name in enumerate(("ants", "bees")):
        for number in range(3):
            file = tmp_path / "photos" / name / f"im {number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture(10 * place + number, (30 + number, 20)))
    source = DataSource("folder", str(tmp_path / "photos"))
    list(prepare.prepare(source, workspace))
    prepared = prepare.require(source, workspace)
    draft = Draft(source, prepared, workspace)
    moved = next(i for i in range(6) if prepared.file(i) == "ants/im 0.jpg")
    draft.relabel([moved], "bees")
    twin = next(i for i in range(6) if prepared.file(i) == "bees/im 0.jpg")
    draft.move([moved, twin], "train")
    version = draft.save("v2").source
    list(prepare.prepare(version, workspace))
    last = list(write_class_folders(prepare.require(version, workspace), tmp_path / "out.zip"))[-1]
    assert (last.done, last.total) == (6, 6)
    names = Archive(tmp_path / "out.zip").names
    assert {"train/bees/im 0.png", "train/bees/im 0 2.png"} <= set(names) and len(set(names)) == 6


def test_what_cannot_be_a_folder_is_made_safe_and_told() -> None:
    classes = ("T-shirt/top", "..", "", "con", "a", "A", "T-shirt_top", ".hidden", "end. ", "犬")
    folders = folder_names(classes)
    assert folders == ["T-shirt_top", "__", "_", "con_", "a", "A 2", "T-shirt_top 2", "_hidden", "end", "犬"]
    assert renamed(classes)[0] == ("T-shirt/top", "T-shirt_top") and ("犬", "犬") not in renamed(classes)


def test_writing_that_is_stopped_or_refused_leaves_nothing(digits: Prepared, tmp_path: Path) -> None:
    writing = write_class_folders(digits, tmp_path / "out" / "digits.zip")
    next(writing)
    writing.close()
    assert not list((tmp_path / "out").iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(Unwritable):
        next(write_class_folders(digits, tmp_path / "file" / "digits.zip"))


def test_the_same_images_make_the_same_file(digits: Prepared, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        list(write_class_folders(digits, tmp_path / name))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert all(not one.compress_type for one in zipfile.ZipFile(tmp_path / "one.zip").infolist())
