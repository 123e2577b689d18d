"""Nothing that is imported or uploaded breaks the app or reaches outside its folders."""

import io
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.importing import archive as archives
from core.importing import import_images
from core.importing.archive import Archive, save_upload
from core.importing.layout import layout
from core.inference import photo
from core.prepared.prepare import find, prepare
from core.sandbox import image_decoder, image_decoding, process
from core.sandbox.image_decoder import Closed, Decoders
from core.sandbox.image_files import Picture
from tests.datasets.makers import archive, folder, image, prepared, two_classes, zipped
from tests.fuzzing import tries
from tests.importing import hostile_images, hostile_zips

IMAGES = hostile_images.makes()
GIGABYTE = 1 << 30
UNPLAIN = re.compile(r"Errno|Traceback|Error\b|Exception|Warning|<class|0x[0-9a-f]|\bNone\b|[\x00-\x1f\x7f-\x9f\u202e]")


def plain(words: str) -> None:
    """What every sentence for a person has to be."""
    assert words and not UNPLAIN.search(words) and len(words) < 600 and "!" not in words, words


def everything(root: Path) -> set[Path]:
    return set(root.rglob("*"))


def new_home(folder: Path) -> tuple[Path, Workspace]:
    """A workspace beside the file that is imported, so that it shows what is written elsewhere."""
    home = folder / "home"
    return home, Workspace(home, home / "data", "")


def outside(home: Path) -> set[Path]:
    return {path for path in everything(home.parent) if home not in [path, *path.parents]}


@pytest.fixture(scope="module")
def decoders():
    """The processes that decode, and whether one of them ever took more than it may."""
    made = Decoders(most=2)
    yield made
    made.close()


def resident(child: process.Child) -> int:
    """The most bytes of a process that were in memory at once."""
    status = Path(f"/proc/{child._process.pid}/status").read_text("utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) << 10


def test_there_are_enough_of_them() -> None:
    assert len(hostile_zips.REFUSED) + len(hostile_zips.SKIPPED) >= 40 and len(IMAGES) >= 40


def test_they_are_the_same_bytes_at_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "localtime", None)  # a sentence may quote a ZIP's table, and the hour in it
    for name, (make, _) in (hostile_zips.REFUSED | hostile_zips.SKIPPED).items():
        if name != "bomb":  # two gigabytes, packed by hand and without a time
            make(tmp_path / "made.zip")


@pytest.mark.parametrize("name", list(hostile_zips.REFUSED))
def test_a_zip_that_is_no_data_set_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    make, why = hostile_zips.REFUSED[name]
    home, workspace = new_home(tmp_path)
    make(tmp_path / "pets.zip")
    with pytest.raises(BadInput) as refused:
        list(prepare(DataSource("folder", str(tmp_path / "pets.zip")), workspace))
    plain(str(refused.value))
    assert why in str(refused.value)
    assert find(DataSource("folder", str(tmp_path / "pets.zip")), workspace) is None
    assert outside(home) == {tmp_path / "pets.zip"}
    assert all(path.suffix == ".lock" for path in everything(home) if path.is_file())


@pytest.mark.parametrize("name", list(hostile_zips.SKIPPED))
def test_what_is_good_in_a_zip_is_prepared_and_the_rest_is_listed(name: str, tmp_path: Path) -> None:
    make, why = hostile_zips.SKIPPED[name]
    home, workspace = new_home(tmp_path)
    make(tmp_path / "pets.zip")
    meta = prepared(workspace, "folder", tmp_path / "pets.zip").meta
    assert meta.classes == ("ants", "bees") and meta.count >= 9
    assert meta.count + len(meta.skipped) >= 10
    assert bool(meta.skipped) == bool(why) and all(why in reason for _, reason in meta.skipped)
    for file, reason in meta.skipped:
        plain(file), plain(reason)
    assert outside(home) == {tmp_path / "pets.zip"}


@pytest.mark.parametrize("name", ["text", "zeros", "bomb", "parent", "honest"])
def test_an_upload_goes_through_the_same_door(name: str, workspace: Workspace, tmp_path: Path) -> None:
    make, why = (hostile_zips.REFUSED | hostile_zips.SKIPPED)[name]
    make(tmp_path / "made.zip")
    with (tmp_path / "made.zip").open("rb") as stream:
        if not why:
            assert prepared(workspace, "folder", save_upload("../../x/pets.zip", stream, workspace)).meta.count == 10
            return
        with pytest.raises(BadInput, match=why):
            list(prepare(DataSource("folder", str(save_upload("../../x/pets.zip", stream, workspace))), workspace))
    assert all(path.parent == workspace.uploads for path in tmp_path.rglob("pets*.zip"))


def test_what_is_read_is_counted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Archive(archive(tmp_path / "pets.zip", {"a": bytes(400)}))
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 1000)
    assert len(tree.read("a") + tree.read("a")) == 800
    with pytest.raises(BadInput, match="unpacks to more than"):
        tree.read("a")


def test_an_upload_of_any_name_is_saved_or_refused(workspace: Workspace) -> None:
    content = zipped({"a": b"x"})
    for name in ("é" * 300 + ".zip", "", "..", "a\0b.zip", "\ud800.zip", "con\n.zip", "/etc/passwd", "ב" * 150):
        saved = save_upload(name, io.BytesIO(content), workspace)
        assert saved.parent == workspace.uploads and saved.suffix == ".zip" and len(os.fsencode(saved.name)) < 200


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", list(IMAGES))
def test_an_image_is_read_or_refused_in_words(name: str, whole: bool, decoders: Decoders) -> None:
    content, why = IMAGES[name]
    began = time.monotonic()
    (found,) = decoders.pictures([content], whole=whole)
    assert time.monotonic() - began < image_decoder.DECODE_TIMEOUT_S + 2
    assert all(resident(child) <= GIGABYTE for child in decoders._idle)
    if isinstance(found, str):
        plain(found)
        # How odd a file may be before its decoder gives up is the decoder's to say.
        assert why in found or why == "empty"
    else:
        assert not why and min(found.pixels.shape[:2]) > 0


@pytest.mark.parametrize("name", [name for name, (_, why) in IMAGES.items() if why])
def test_an_uploaded_picture_that_is_none_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        photo.read_image(IMAGES[name][0], name)
    plain(str(refused.value))
    assert name in str(refused.value) and str(refused.value).endswith(".")


def test_good_files_beside_the_hostile_ones_are_prepared(workspace: Workspace, tmp_path: Path) -> None:
    made = archive(tmp_path / "pets.zip", two_classes() | {f"bees/{name}": one for name, (one, _) in IMAGES.items()})
    meta = prepared(workspace, "folder", made).meta
    bad = {f"bees/{name}" for name, (_, why) in IMAGES.items() if why}
    assert bad <= {file for file, _ in meta.skipped}
    assert meta.count + len(meta.skipped) == 10 + len(IMAGES)


def test_a_file_that_takes_its_time_costs_itself_alone(monkeypatch: pytest.MonkeyPatch, decoders: Decoders) -> None:
    decoders.start()
    big = image((8000, 8000), kind="PNG")
    monkeypatch.setattr(image_decoder, "DECODE_TIMEOUT_S", 0.1)
    found = decoders.pictures([image(), big, image()])
    assert found[1] == image_decoder.STOPPED["time"]
    assert isinstance(found[0], Picture) and isinstance(found[2], Picture)


def test_a_busy_computer_is_not_blamed_on_the_image(monkeypatch: pytest.MonkeyPatch, decoders: Decoders) -> None:
    def busy(*of: object) -> list:
        raise process.Stopped("clock", "for a log")

    monkeypatch.setattr(decoders, "_ask", busy)
    with pytest.raises(Problem, match=r"^The computer was too busy to decode an image"):
        decoders.pictures([image(), image()])


def test_decoders_stay_and_are_replaced(decoders: Decoders) -> None:
    decoders.pictures([image()])
    (pid,) = {child._process.pid for child in decoders._idle[-1:]}
    decoders.pictures([image()])
    assert decoders._idle[-1]._process.pid == pid, "no new process for another file"
    for child in decoders._idle:
        child.kill()
    assert isinstance(decoders.pictures([image()])[0], Picture)


def test_a_decoder_imports_no_torch() -> None:
    heavy = "('torch', 'scipy', 'streamlit')"
    code = f"import sys, core.sandbox.image_decoder; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=process.ROOT).returncode == 0


def test_whoever_waits_when_the_decoders_are_closed_hears_of_it() -> None:
    made, heard = Decoders(most=1), []

    def ask() -> None:
        try:
            made.pictures([image((8000, 8000))] * 20)
        except Closed:
            heard.append(True)

    made.start()
    waiting = threading.Thread(target=ask)
    waiting.start()
    time.sleep(0.2)
    made.close()
    waiting.join(60)
    assert heard and not waiting.is_alive()


def test_when_no_decoder_can_be_started_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.sys, "executable", "/nowhere/python")
    with pytest.raises(Problem, match="No process could be started") as told:
        Decoders(most=1).pictures([image()])
    plain(str(told.value))


def test_a_preparation_gives_signs_of_life_while_a_file_takes_long(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_decoding, "PROGRESS_INTERVAL_S", 0.01)
    made = archive(tmp_path / "pets.zip", two_classes() | {"ants/big.png": image((6000, 6000))})
    seen = list(prepare(DataSource("folder", str(made)), workspace))
    assert any(report.stage == "reading images" and report.done == 0 for report in seen)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders there")
def test_pipes_devices_and_files_that_may_not_be_read(workspace: Workspace, tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", two_classes())
    os.mkfifo(root / "ants" / "pipe.png")
    (root / "ants" / "random.png").symlink_to("/dev/zero")
    (root / "bees" / "self.png").symlink_to(root / "bees" / "self.png")
    meta = prepared(workspace, "folder", root).meta
    assert meta.count == 10 and [file for file, _ in meta.skipped] == [
        "ants/pipe.png", "ants/random.png", "bees/self.png"]  # fmt: skip
    assert [reason for _, reason in meta.skipped][:2] == ["not an ordinary file"] * 2
    with pytest.raises(BadInput, match="cannot be opened: not an ordinary file"):
        photo.read_image(root / "ants" / "pipe.png", "pipe.png")


def test_files_that_vanish_shrink_or_become_pipes_while_they_are_read(workspace: Workspace, tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", two_classes(count=8))
    reading = prepare(DataSource("folder", str(root)), workspace)
    real = import_images._content

    def harm(tree: object, name: str) -> bytes | str:
        if name == "ants/1.png":
            (root / name).unlink()
        if name == "ants/2.png":
            os.truncate(root / name, 30)
        if name == "ants/3.png" and (root / name).is_file():
            (root / name).unlink()
            os.mkfifo(root / name)
        return real(tree, name)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_images, "_content", harm)
        list(reading)
    found = find(DataSource("folder", str(root)), workspace)
    assert found and found.meta.count == 13
    assert [file for file, _ in found.meta.skipped] == ["ants/1.png", "ants/2.png", "ants/3.png"]
    for _, reason in found.meta.skipped:
        plain(reason)


def test_names_in_any_script_and_with_any_punctuation(workspace: Workspace, tmp_path: Path) -> None:
    names = [
        "猫",
        "собака",
        "قطة",
        "a'b\"c",
        "100%",
        "[x](y)",
        "<b>",
        "$x$",
        "a;b|c&d",
        "emoji 🐜",
        " space ",
        "-rf",
        "e\u0301",
    ]
    root = folder(
        tmp_path / "pets",
        {f"{name}/{n}.png": image(colour=(i, n, 0)) for i, name in enumerate(names) for n in range(2)},
    )
    (root / "é").mkdir()  # the same word to a reader as the last one: one class
    (root / "é" / "x.png").write_bytes(image(colour=(50, 0, 0)))
    os.makedirs(os.fsencode(root) + b"/\xff\xfe")
    for n in (b"1", b"2"):
        Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe/" + n + b".png")).write_bytes(image(colour=(60, n[0], 0)))
    meta = prepared(workspace, "folder", root).meta
    assert len(meta.classes) == len(names) + 1 and meta.count == 2 * len(names) + 3
    for name in meta.classes:
        plain(name)


def test_ten_thousand_classes(workspace: Workspace, tmp_path: Path) -> None:
    one = image((2, 2))
    files = {f"train/class {number}/1.png": one for number in range(10_000)} | {"test/class 7/1.png": one}
    meta = prepared(workspace, "folder", archive(tmp_path / "many.zip", files)).meta
    assert len(meta.classes) == 10_000 and meta.count == 10_001


def test_folders_too_deep_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "pets" / "/".join("a" * 1 for _ in range(60))).mkdir(parents=True)
    with pytest.raises(BadInput, match="deep in each other"):
        list(prepare(DataSource("folder", str(tmp_path / "pets")), workspace))


@pytest.mark.parametrize("path", ["a\0b", "~nobody-of-this-name/x", "x" * 5000, "\ud800"])
def test_a_path_that_cannot_be_one_is_a_sentence(workspace: Workspace, path: str) -> None:
    with pytest.raises(BadInput) as refused:
        list(prepare(DataSource("folder", path), workspace))
    assert not UNPLAIN.search(str(refused.value))


MUTATIONS = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6), st.integers(0, 3)), max_size=6)


def mutated(content: bytes, changes: list[tuple[float, bytes, int]]) -> bytes:
    """Bytes replaced, put in, or taken out at some places (0: start, 1: end)."""
    for where, new, kind in changes:
        at = int(where * len(content))
        end = (at + len(new), at, at + 5 * len(new), len(content) if where > 0.5 else at + 1)[kind]
        content = content[:at] + (new if kind < 2 else b"") + content[end:]
    return content


SEEDS = [content for name, (content, why) in IMAGES.items() if not why and len(content) < 50_000]


@given(st.sampled_from(SEEDS), MUTATIONS)
@tries(60)
def test_mutated_images(decoders: Decoders, seed: bytes, changes: list[tuple[float, bytes, int]]) -> None:
    for found in decoders.pictures([mutated(seed, changes)]):
        if isinstance(found, str):
            plain(found)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive(tmp_path_factory.mktemp("packed") / "pets.zip", two_classes(count=2))


@given(MUTATIONS)
@tries(40)
def test_mutated_zips(packed: Path, changes: list[tuple[float, bytes, int]]) -> None:
    """Opened, listed, laid out and read; decoding has its own test."""
    path = packed.with_name("mutated.zip")
    path.write_bytes(mutated(packed.read_bytes(), changes))
    try:
        tree = Archive(path)
        plan = layout(tree.names, "mutated")
    except BadInput as refused:
        plain(str(refused))
        return
    for _, _, name in plan.files:
        content = import_images._content(tree, name)
        if isinstance(content, str):
            plain(content)
