"""Edits of a data set and the versions that are saved of them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.edits import from_text, image_digest, to_text
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.prepared import imports
from core.prepared.arrays import Prepared
from core.prepared.draft import Draft
from core.prepared.prepare import find, imported, prepare, require
from core.prepared.versions import edits_of, images_folder, versions
from core.run_config import RunConfig
from core.runs.lab import Lab
from tests.datasets.makers import folder, image, two_classes, write

DIGITS = DataSource("digits")


@pytest.fixture
def draft(workspace: Workspace, digits: Prepared) -> Draft:
    return Draft(DIGITS, digits, workspace)


def version_of(draft: Draft, name: str = "v2") -> Prepared:
    source = draft.save(name).source
    list(prepare(source, draft.workspace))
    return require(source, draft.workspace)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_version_has_the_edits_and_nothing_else(draft, digits):
    before = files_of(digits.folder)
    draft.relabel([0, 1], "8")
    draft.relabel([2], "nine")
    draft.exclude([5])
    draft.move([7], "val")
    draft.move([1500], "train")
    draft.note([9], "blurred")
    draft.keep([10])
    added = np.full((8, 8, 1), 200, np.uint8)
    assert draft.add([added, added], "3", "test") == 1 and draft.add([added], "3", "test") == 0
    made = version_of(draft)
    made.require_whole()
    assert made.meta.splits == {"train": 1437 - 2 + 1, "val": 1, "test": 360 - 1 + 1}
    assert made.meta.classes == (*digits.meta.classes, "nine")
    assert made.meta.edited.changes == 7 and made.meta.edited.base == digits.meta.fingerprint != made.meta.fingerprint
    was = made.origin
    labels = np.array(digits.labels)
    labels[[0, 1, 2]] = 8, 8, 10
    there = was >= 0
    assert np.array_equal(made.labels[there], labels[was[there]]) and made.labels[~there] == [3]
    assert np.array_equal(made.array[there], digits.array[was[there]])
    assert np.array_equal(made.array[~there][0], added)
    assert 5 not in was and was[made.indices("val")] == [7] and 1500 in was[made.indices("train")]
    assert sorted(was[there]) == [place for place in range(1797) if place != 5]
    assert files_of(digits.folder) == before, "the set as it came is not touched"


def test_the_same_edits_make_the_same_data(draft):
    draft.exclude([3])
    one = version_of(draft, "one")
    draft.note([5], "a note changes no image")
    other = version_of(draft, "other")
    assert one.meta.fingerprint == other.meta.fingerprint and one.folder != other.folder
    assert [version.name for version in versions(DIGITS, draft.workspace)] == ["one", "other"]
    assert draft.free_name() == "v4"


def test_a_class_whose_images_all_have_another_one_is_gone(draft, digits):
    draft.relabel(np.flatnonzero(digits.labels == 6), "9")
    made = version_of(draft)
    assert made.meta.classes == tuple("012345789")
    assert (np.array(made.meta.classes)[made.labels] == "9").sum() == int(np.isin(digits.labels, [6, 9]).sum())


def test_edits_are_taken_back(draft, digits):
    draft.relabel([0], "8")
    draft.relabel([0], digits.meta.classes[digits.labels[0]])
    draft.move([1], "test")
    draft.move([1], "train")
    draft.note([2], "odd")
    draft.note([2], " ")
    assert draft.edits == ()
    draft.exclude([3, 4])
    first, second = draft.edits
    draft.undo(first)
    assert draft.edits == (second,)
    assert list(np.flatnonzero(draft.overlay.splits < 0)) == [4]


def test_two_tabs_lose_nothing_of_each_other(draft, digits, workspace):
    tabs = [Draft(DIGITS, digits, workspace) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: tabs[number % 4].exclude([number]), range(40)))
    assert sorted(edit.number for edit in draft.edits) == list(range(40))


def test_a_version_does_not_change(draft):
    draft.exclude([3])
    made = version_of(draft)
    draft.exclude([4])
    assert len(edits_of(DataSource("digits", version="v2"), draft.workspace)) == 1
    assert list(prepare(DataSource("digits", version="v2"), draft.workspace)) == []
    with pytest.raises(BadInput, match="already"):
        draft.save("V2")
    draft.restore(DataSource("digits", version="v2"))
    assert len(draft.edits) == 1 and made.meta.splits["train"] == 1436
    with pytest.raises(BadInput, match="These edits are saved as version “v2” already"):
        draft.save("v3")
    draft.replace(draft.edits, [replace(draft.edits[0], made="2026-01-01T00:00:00Z")])  # taken back, and made again
    with pytest.raises(BadInput, match="“v2” already"):
        draft.save("v3")
    assert [one.name for one in versions(DIGITS, draft.workspace)] == ["v2"]


@pytest.mark.parametrize("edit", [lambda draft: None, lambda draft: (draft.note([1], "x"), draft.keep([2]))])
def test_what_changes_nothing_is_no_version(draft, edit):
    edit(draft)
    with pytest.raises(BadInput, match="no edit yet"):
        draft.save("v2")


def test_too_little_is_no_version(draft, digits):
    draft.exclude(digits.indices("test"))
    with pytest.raises(BadInput, match="no image left to test on"):
        draft.save("v2")
    draft.undo(*draft.edits)
    draft.exclude(np.flatnonzero(digits.labels[: digits.meta.splits["train"]] != 4))
    with pytest.raises(BadInput, match="fewer than two classes"):
        draft.save("v2")
    assert versions(DIGITS, draft.workspace) == []


def test_an_unknown_version_is_told_with_those_there_are(draft):
    draft.exclude([3])
    draft.save("clean")
    with pytest.raises(BadInput, match=r"unknown version 'claen'; have: clean\. Did you mean clean"):
        list(prepare(DataSource("digits", version="claen"), draft.workspace))


def test_a_list_finds_its_images_where_they_stand_now(workspace, tmp_path):
    path = folder(tmp_path / "pets", two_classes())
    source = DataSource("folder", str(path))
    list(prepare(source, workspace))
    base = require(source, workspace)
    draft = Draft(source, base, workspace)
    last = int(base.indices("train")[-1])
    draft.relabel([last], "ants")
    draft.exclude([0])
    shared, moved, gone = from_text(to_text(draft.edits)), base.file(last), base.file(0)
    before = version_of(draft)
    assert before.files == [base.file(place) for place in before.origin]
    (path / gone).unlink()
    write(path / "ants" / "0new.png", image())
    list(prepare(before_source := DataSource("folder", str(path), version="v2"), workspace))
    after, now = require(before_source, workspace), require(source, workspace)
    assert after.meta.edited.unmatched == 1 and after.meta.fingerprint != before.meta.fingerprint
    assert after.meta.classes[after.labels[after.files.index(moved)]] == "ants"
    assert [meta.version for meta in imported(workspace)] == [""], "a version is no import of its own"
    other = Draft(source, now, workspace)
    other.undo(*other.edits)
    unmatched = other.take_over(shared)
    assert [edit.action for edit in unmatched] == ["exclude"] and [edit.file for edit in other.edits] == [moved]
    imports.remove(source, workspace)
    assert find(before_source, workspace) is None and other.edits, "the edits are there when it is imported again"


def test_of_two_copies_the_edited_one_is_found_where_it_stands_now(workspace, tmp_path):
    """Their pixels are the same; a wrong label or a leak is edited of one of them."""
    tone = {name: image(colour=level) for name, level in (("a", 10), ("b", 60), ("c", 110), ("d", 160), ("e", 210))}
    names = {"train/ants/a": "a", "train/ants/b": "b", "train/bees/a copy": "a", "train/bees/c": "c",
             "test/ants/b copy": "b", "test/ants/d": "d", "test/bees/e": "e"}  # fmt: skip
    path = folder(tmp_path / "pets", {f"{name}.png": tone[one] for name, one in names.items()})
    source = DataSource("folder", str(path))
    list(prepare(source, workspace))
    base = require(source, workspace)
    draft = Draft(source, base, workspace)
    wrong, leaked = base.files.index("train/bees/a copy.png"), base.files.index("test/ants/b copy.png")
    draft.relabel([wrong], "ants")
    draft.exclude([leaked])
    version_of(draft)
    for name in ("train/ants/0", "test/ants/0"):  # its copy is now where each of them was, or none is
        write(path / f"{name}.png", image(colour=250))
    version = replace(source, version="v2")
    list(prepare(version, workspace))
    after = require(version, workspace)
    left_out = set(require(source, workspace).files) - set(after.files)
    assert left_out == {"test/ants/b copy.png"} and after.meta.edited.unmatched == 0
    changed = {after.files[i] for i in np.flatnonzero(after.labels == after.meta.classes.index("ants"))}
    assert "train/bees/a copy.png" in changed and "train/bees/c.png" not in changed
    (path / "test/ants/b copy.png").unlink()
    list(prepare(version, workspace))
    after = require(version, workspace)
    assert after.meta.edited.unmatched == 1 and "train/ants/b.png" in after.files, "the copy was never edited"


def test_what_an_image_was_the_set_says_and_not_a_list(draft):
    place = int(draft.prepared.indices("train")[0])
    own = draft.prepared.meta.classes[draft.prepared.labels[place]]
    other = next(name for name in draft.prepared.meta.classes if name != own)
    draft.relabel([place], other)
    (edit,) = draft.edits
    draft.undo(edit)
    assert draft.take_over([replace(edit, was="another")]) == () and draft.edits == (edit,)
    draft.take_over([replace(edit, value=own)])
    assert draft.edits == (), "it has this class already"


def test_a_deleted_version_is_there_again_once_the_same_edits_are_saved(draft: Draft, lab: Lab):
    draft.exclude([0])
    before, source = version_of(draft).meta.fingerprint, DataSource("digits", version="v2")
    run = lab.store.add(RunConfig().replace(source.settings), "learned", state="finished")
    lab.store.add(RunConfig(), "of the set as it came", state="finished")
    assert [one.id for one in lab.runs_on(source)] == [run.id] and len(lab.runs_on(DIGITS)) == 2
    lab.forget(source)
    assert versions(DIGITS, draft.workspace) == [] and not find(source, draft.workspace)
    assert draft.edits and find(DIGITS, draft.workspace) and lab.run(run.id).state == "finished"
    with pytest.raises(Problem, match=r"Version “v2” of “Digits.*” was deleted. What runs have learned from it stays"):
        require(source, draft.workspace)
    assert version_of(draft).meta.fingerprint == before


def test_a_version_outlives_its_folder(workspace, tmp_path):
    path = folder(tmp_path / "pets", two_classes())
    source = DataSource("folder", str(path))
    list(prepare(source, workspace))
    draft = Draft(source, require(source, workspace), workspace)
    draft.exclude([0])
    made = version_of(draft)
    path.rename(tmp_path / "away")
    assert list(prepare(DataSource("folder", str(path), version="v2"), workspace)) == []
    assert made.meta.source_version


def test_images_that_only_a_deleted_version_adds_go_with_it(draft: Draft):
    grey = [np.full((8, 8, 1), level, np.uint8) for level in (1, 2, 3)]
    draft.add(grey, "3", "train")
    first = draft.save("v2").source
    draft.undo(*draft.edits[:2])
    second = draft.save("v3").source
    draft.undo(*draft.edits)
    draft.add(grey[1:2], "3", "train")
    folder = images_folder(DIGITS, draft.workspace)
    imports.remove(first, draft.workspace)
    assert {one.stem for one in folder.iterdir()} == {image_digest(grey[1]), image_digest(grey[2])}
    draft.undo(*draft.edits)
    draft.file.write_text("no list")  # it may have any of them
    imports.remove(second, draft.workspace)
    assert len(list(folder.iterdir())) == 2


def test_an_added_image_that_was_changed_is_told(draft):
    draft.add([np.zeros((8, 8, 1), np.uint8)], "3", "train")
    source = draft.save("v2").source
    (file,) = images_folder(DIGITS, draft.workspace).iterdir()
    file.write_bytes(b"no picture")
    with pytest.raises(Problem, match="cannot be read"):
        list(prepare(source, draft.workspace))
    assert find(source, draft.workspace) is None


@pytest.mark.parametrize("shape", [(8, 8, 3), (9, 8, 1)])
def test_an_image_of_another_form_is_not_added(draft, shape):
    with pytest.raises(ValueError, match="does not fit"):
        draft.add([np.zeros(shape, np.uint8)], "3", "train")


def test_a_damaged_list_is_told(draft):
    draft.exclude([3])
    draft.file.write_text("nonsense")
    with pytest.raises(BadInput, match="no list of edits"):
        draft.exclude([4])
