"""Image folders and ZIPs of every layout, from the files to the prepared set."""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.importing import archive as archives
from core.importing import folder as folders
from core.importing import import_images
from core.importing.archive import Archive, save_upload
from core.importing.folder import Folder
from core.inference.photo import read_picture
from core.loading.split import parts
from core.prepared.prepare import imported, prepare
from core.sandbox import image_decoding
from core.sandbox.image_files import Unreadable
from core.sandbox.image_formats import NOT_AN_IMAGE
from core.sandbox.levels import Levels
from tests.datasets.makers import (
    add,
    archive,
    folder,
    half_a_photograph,
    image,
    mnist,
    prepared,
    reports,
    two_classes,
    write,
    zipped,
)

Make = Callable[[dict[str, bytes]], Path]


@pytest.fixture(params=["folder", "zip"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Puts files into a folder, or into a ZIP: both have to come out alike."""
    if request.param == "folder":
        return lambda files: folder(tmp_path / "pets", files)
    return lambda files: archive(tmp_path / "pets.zip", files)


def test_splits_that_are_there_are_kept(workspace: Workspace, make: Make) -> None:
    files = two_classes("wrap/train/") | two_classes("wrap/val/", 2) | two_classes("wrap/test/", 3)
    pets = prepared(workspace, "folder", make(files))
    assert pets.meta.splits == {"train": 10, "val": 4, "test": 6}
    assert pets.meta.title == "pets" and pets.meta.classes == ("ants", "bees")
    assert pets.meta.class_counts == {"train": (5, 5), "val": (2, 2), "test": (3, 3)}
    assert pets.array.shape == (20, 10, 12, 3)
    # By split, class and name: an image's red says which file it was.
    order = [(label, number) for count in (5, 2, 3) for label in (0, 1) for number in range(count)]
    splits = [split for split, count in pets.meta.splits.items() for _ in range(count)]
    for index, (label, number) in enumerate(order):
        assert pets.file(index).removeprefix("wrap/") == f"{splits[index]}/{pets.meta.classes[label]}/{number}.png"
        assert pets.labels[index] == label
        assert (pets.image(index) == (number + 100 * label, 0, 0)).all()
    assert pets.indices("val").tolist() == [10, 11, 12, 13]


def test_classes_alone_get_a_fixed_test_part(workspace: Workspace, make: Make) -> None:
    path = make(two_classes(count=10))
    pets = prepared(workspace, "folder", path)
    assert pets.meta.splits == {"train": 16, "test": 4}
    assert pets.meta.class_counts == {"train": (8, 8), "test": (2, 2)}
    reds = [int(pets.image(index)[0, 0, 0]) for index in range(20)]  # which file an image was
    assert sorted(reds) == [*range(10), *range(100, 110)]
    assert pets.labels.tolist() == [red // 100 for red in reds]
    tests = [reds[index] for index in pets.indices("test")]
    again = prepared(Workspace(workspace.home / "b", workspace.data, ""), "folder", path)
    assert [again.image(index)[0, 0, 0] for index in again.indices("test")] == tests
    assert again.meta.fingerprint == pets.meta.fingerprint


def moving() -> bytes:
    content = io.BytesIO()
    red, green = Image.new("RGB", (12, 10), "red"), Image.new("RGB", (12, 10), "green")
    red.save(content, "GIF", save_all=True, append_images=[green])
    return content.getvalue()


def test_junk_is_passed_over_and_the_rest_is_listed(workspace: Workspace, make: Make) -> None:
    files = two_classes("train/") | two_classes("test/") | {
        "__MACOSX/train/ants/._0.png": b"x",
        "train/ants/.DS_Store": b"x",
        "train/ants/Thumbs.db": b"x",
        ".git/config": b"x",
        "train/ants/notes.txt": b"words",
        "train/bees/broken.jpg": half_a_photograph(),
        "train/bees/moving.gif": moving(),
        "labels.csv": b"a,b",
    }  # fmt: skip
    meta = prepared(workspace, "folder", make(files)).meta
    assert meta.splits == {"train": 11, "test": 10} and meta.animations.startswith("1 file is an animation: its first")
    skipped = dict(meta.skipped)
    assert list(skipped) == ["labels.csv", "train/ants/notes.txt", "train/bees/broken.jpg"]
    assert skipped["labels.csv"] == "outside the class folders"
    assert skipped["train/ants/notes.txt"] == NOT_AN_IMAGE
    assert skipped["train/bees/broken.jpg"].startswith("damaged")


def test_hidden_folders_of_images_are_named(workspace: Workspace, make: Make) -> None:
    hidden = {".NET/1.png": image(), ".NET/2.PNG": image(), "ants/.small/1.png": image(), "ants/.1.png": image()}
    meta = prepared(
        workspace, "folder", make(two_classes() | hidden | {".git/HEAD": b"x", "__MACOSX/.x/1.png": b"x"})
    ).meta
    assert meta.classes == ("ants", "bees")
    assert dict(meta.skipped) == dict.fromkeys([".NET/", "ants/.small/"], "hidden: its name begins with a dot")


def test_a_folder_that_goes_away_while_it_is_read_is_a_sentence(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = folder(tmp_path / "pets", two_classes()), Folder.read

    def gone(self: Folder, name: str) -> bytes:
        if name == "bees/4.png":
            path.rename(tmp_path / "elsewhere")
        return read(self, name)

    monkeypatch.setattr(Folder, "read", gone)
    with pytest.raises(Problem, match="“pets” went away while it was read"):
        reports(workspace, "folder", path)


def test_what_could_not_be_read_for_a_while_is_read_when_next_asked_for(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read, asked = folder(tmp_path / "pets", two_classes()), Folder.read, []

    def away(self: Folder, name: str) -> bytes:
        asked.append(name)
        if asked.count("bees/4.png") > 1 or name != "bees/4.png":
            return read(self, name)
        path.rename(tmp_path / "elsewhere")
        try:
            return read(self, name)
        finally:
            (tmp_path / "elsewhere").rename(path)

    monkeypatch.setattr(Folder, "read", away)
    assert dict(prepared(workspace, "folder", path).meta.skipped) == {
        "bees/4.png": "cannot be read (no such file or directory)"
    }
    assert not prepared(workspace, "folder", path).meta.skipped
    assert not reports(workspace, "folder", path)


def test_files_that_may_be_read_again_are_asked_for_again(workspace: Workspace, tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", two_classes())
    before = prepared(workspace, "folder", path).folder.stat().st_ino
    os.chmod(path / "ants" / "0.png", 0o640)
    assert prepared(workspace, "folder", path).folder.stat().st_ino != before


def test_long_lists_of_skipped_files_are_cut(workspace: Workspace, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_images, "MAX_SKIPPED_LISTED", 2)
    files = two_classes() | {f"ants/{number}.txt": b"x" for number in range(5)}
    meta = prepared(workspace, "folder", make(files)).meta
    assert len(meta.skipped) == 2 and meta.unlisted == 3 and meta.left_out == 5


def test_grey_images_have_one_channel(workspace: Workspace, make: Make) -> None:
    files = {f"{name}/{n}.png": image((28, 28), mode="L", colour=n) for name in "ab" for n in range(3)}
    grey = prepared(workspace, "folder", make(files))
    assert grey.array.shape == (6, 28, 28, 1) and not grey.meta.drawable, "even grey has no strokes"


def strokes(number: int, mode: str = "L", side: int = 28, cut: bool = False, kind: str = "PNG") -> bytes:
    """A hook, drawn light on dark, a little otherwise by its number."""
    sheet = Image.new("L", (side, side))
    at = side / 28
    points = [(7 * at, (8 + number % 3) * at), (18 * at, 7 * at), ((12 + number % 5) * at, (19 + number % 4) * at)]
    ImageDraw.Draw(sheet).line(points, fill=240, width=round(3 * at), joint="curve")
    if cut:
        sheet = sheet.crop(sheet.getbbox())
    file = io.BytesIO()
    (sheet.convert("RGB").convert(mode) if mode != "L" else sheet).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    "how",
    [{}, {"mode": "RGB"}, {"mode": "RGBA"}, {"mode": "RGB", "kind": "JPEG"}, {"side": 100}, {"cut": True},
     {"cut": True, "side": 200, "mode": "RGB", "kind": "JPEG"}],
    ids=str,
)  # fmt: skip
def test_strokes_make_a_set_drawable_not_size_and_channels(workspace: Workspace, make: Make, how: dict) -> None:
    ending = how.get("kind", "PNG").lower()
    files = {f"{name}/{n}.{ending}": strokes(n + 7 * (name == "b"), **how) for name in "ab" for n in range(5)}
    meta = prepared(workspace, "folder", make(files)).meta
    assert meta.channels == 1 and meta.drawable and not meta.flips
    assert (meta.size is None) == how.get("cut", False)


def test_one_colour_image_makes_all_colour(workspace: Workspace, make: Make) -> None:
    files = {f"{name}/{n}.png": image((28, 28), mode="L", colour=9) for name in "ab" for n in range(3)}
    mixed = prepared(workspace, "folder", make(files | {"b/x.png": image((28, 28), colour=(1, 2, 3))}))
    assert mixed.array.shape == (7, 28, 28, 3) and not mixed.meta.drawable
    assert sorted(map(tuple, mixed.array[:, 0, 0].tolist())) == [(1, 2, 3)] + [(9, 9, 9)] * 6


def test_images_of_different_sizes(workspace: Workspace, make: Make) -> None:
    sizes = {"train/a/1": (20, 10), "train/a/2": (600, 300), "train/b/1": (10, 90), "val/a/1": (5, 5)}
    pets = prepared(workspace, "folder", make({f"{name}.png": image(size) for name, size in sizes.items()}))
    assert not pets.uniform and pets.meta.size is None
    shapes = [pets.image(index).shape for index in range(4)]
    assert shapes == [(10, 20, 3), (256, 512, 3), (40, 10, 3), (5, 5, 3)]
    assert pets.shapes.tolist() == [list(shape[:2]) for shape in shapes]
    assert all((pets.image(index) == (200, 30, 60)).all() for index in range(4))
    assert pets.meta.mean == pytest.approx([200 / 255, 30 / 255, 60 / 255])
    assert pets.meta.std == (1 / 255,) * 3
    with pytest.raises(ValueError, match="different sizes"):
        _ = pets.array


def of_size(width: int, height: int) -> dict[str, bytes]:
    """Six images of two classes, each of its own colour."""
    return {f"{name}/{n}.png": image((width, height), (ord(name), n, 0)) for name in "ab" for n in range(3)}


def test_equal_photographs_above_the_limit_are_brought_down(workspace: Workspace, make: Make) -> None:
    pets = prepared(workspace, "folder", make(of_size(400, 300)))
    assert not pets.uniform and pets.image(0).shape == (256, 341, 3)


def test_a_wide_but_small_uniform_set_stays_as_it_is(workspace: Workspace, make: Make) -> None:
    pets = prepared(workspace, "folder", make(of_size(100, 8)))
    assert pets.array.shape == (6, 8, 100, 3)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "no class folders"),
        ({"ants/1.png": image(), "bees/notes.txt": b"x"}, "one class only (ants); at least two are needed (bees/notes"),
        ({"train/a/1.png": image(), "train/b/1.png": b"", "test/b/1.png": image()}, "no readable training image of b"),
        ({"a/1.png": image(), "b/1.png": image()}, "one image of each class only"),
        ({"a/1.png": image()}, "one class only"),
    ],
)
def test_what_is_no_data_set_is_explained(workspace: Workspace, make: Make, files: dict[str, bytes], why: str) -> None:
    path = make(files)
    path.mkdir(exist_ok=True) if not files and path.suffix != ".zip" else None
    with pytest.raises(BadInput) as error:
        reports(workspace, "folder", path)
    assert why in str(error.value) and "pets" in str(error.value)
    assert {file.suffix for file in workspace.cache.iterdir()} == {".lock"}


def test_small_groups_and_large_ones_agree(workspace: Workspace, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 3))
    path = make({f"{'ab'[n % 2]}/{n}.png": image(colour=tuple(colour)) for n, colour in enumerate(noise.tolist())})
    one = prepared(workspace, "folder", path)
    monkeypatch.setattr(image_decoding, "GROUP_FILES", 3)
    several = prepared(Workspace(workspace.home / "b", workspace.data, ""), "folder", path)
    assert several.meta.fingerprint == one.meta.fingerprint


def test_a_large_file_is_skipped(workspace: Workspace, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_images, "MAX_FILE_BYTES", 2000)
    path = make(two_classes() | {"ants/huge.bmp": image((40, 40), kind="BMP")})
    assert prepared(workspace, "folder", path).meta.skipped == (("ants/huge.bmp", "larger than 100 MB"),)


def test_too_many_entries(workspace: Workspace, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (archives, folders):
        monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    with pytest.raises(BadInput, match=r"more than (the )?5 "):
        reports(workspace, "folder", make(two_classes()))


def test_nothing_there(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no folder and no ZIP file at .*nowhere"):
        reports(workspace, "folder", tmp_path / "nowhere")
    with pytest.raises(BadInput, match="is not a ZIP file"):
        reports(workspace, "folder", write(tmp_path / "pets.tar", b"not a zip"))


def test_links_are_followed_but_never_in_a_circle(workspace: Workspace, tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", two_classes())
    (root / "ants" / "loop").symlink_to(root, target_is_directory=True)
    (root / "wasps").symlink_to(folder(tmp_path / "else", {f"{n}.png": image() for n in range(5)}))
    (root / "bees" / "gone.png").symlink_to(tmp_path / "missing")
    meta = prepared(workspace, "folder", root).meta
    assert meta.classes == ("ants", "bees", "wasps") and meta.count == 15
    assert meta.skipped[0][0] == "bees/gone.png" and "cannot be read" in meta.skipped[0][1]


def _zip(path: Path, change: Callable[[zipfile.ZipInfo], None]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        add(made, two_classes())
        member = zipfile.ZipInfo("ants/odd.png")
        change(member)
        made.writestr(member, image())
    return path


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil.png", "C:/evil.png", "ants\\..\\..\\evil.png"])
def test_a_zip_that_points_outside_is_refused(workspace: Workspace, tmp_path: Path, name: str) -> None:
    def rename(member: zipfile.ZipInfo) -> None:
        member.filename = name

    with pytest.raises(BadInput, match="points outside the ZIP"):
        reports(workspace, "folder", _zip(tmp_path / "pets.zip", rename))


def test_a_zip_with_links_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    def link(member: zipfile.ZipInfo) -> None:
        member.external_attr = (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(BadInput, match=r"“ants/odd\.png” is a link"):
        reports(workspace, "folder", _zip(tmp_path / "pets.zip", link))


def test_an_encrypted_zip_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    path = archive(tmp_path / "pets.zip", two_classes())
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is encrypted"):
        reports(workspace, "folder", path)


def test_a_zip_whose_entries_overlap_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    path = archive(tmp_path / "pets.zip", two_classes())
    content = bytearray(path.read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", content, second + 42, 0)  # both entries claim the first one's bytes
    path.write_bytes(content)
    with pytest.raises(BadInput, match="overlap"):
        reports(workspace, "folder", path)


def test_a_zip_that_unpacks_to_too_much_is_refused(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 1 << 10)
    with pytest.raises(BadInput, match="would unpack to more than"):
        reports(workspace, "folder", archive(tmp_path / "pets.zip", two_classes(count=20)))


def test_a_member_that_is_damaged_is_skipped(workspace: Workspace, tmp_path: Path) -> None:
    path = archive(tmp_path / "pets.zip", two_classes())
    content = path.read_bytes()
    first = content.index(b"IDAT")
    path.write_bytes(content[: first + 6] + b"????" + content[first + 10 :])
    ((name, reason),) = prepared(workspace, "folder", path).meta.skipped
    assert name == "ants/0.png" and reason.startswith("damaged in the ZIP")


def test_a_truncated_zip(workspace: Workspace, tmp_path: Path) -> None:
    path = archive(tmp_path / "pets.zip", two_classes())
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(BadInput, match="is cut off"):
        reports(workspace, "folder", path)


def test_zips_from_windows_programs(workspace: Workspace, tmp_path: Path) -> None:
    path = archive(tmp_path / "pets.zip", {"a_b/x.png": b""})
    with zipfile.ZipFile(path, "w") as made:
        for name, content in two_classes("train/").items():
            member = zipfile.ZipInfo(name)
            member.filename = name.replace("/", "\\")
            made.writestr(member, content)
    assert prepared(workspace, "folder", path).meta.classes == ("ants", "bees")


def test_a_member_is_never_read_beyond_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (archives, folders):
        monkeypatch.setattr(module, "MAX_FILE_BYTES", 20)
    trees = Folder(folder(tmp_path / "a", {"x": bytes(21)})), Archive(archive(tmp_path / "a.zip", {"x": bytes(21)}))
    for one in trees:
        with pytest.raises(Unreadable, match="larger"):
            one.read("x")


def test_uploads_get_a_safe_name_and_never_replace_another(workspace: Workspace) -> None:
    def content(seed: int) -> bytes:
        return zipped({"a": bytes([seed])})

    first = save_upload("../../my pets!.ZIP", io.BytesIO(content(1)), workspace)
    assert first == workspace.uploads / "my_pets.zip" and first.read_bytes() == content(1)
    assert save_upload("my pets!.zip", io.BytesIO(content(1)), workspace) == first
    second = save_upload("my pets!.zip", io.BytesIO(content(2)), workspace)
    assert second.name == "my_pets-2.zip" and second.read_bytes() == content(2) and first.read_bytes() == content(1)
    assert save_upload("C:\\x\\.zip", io.BytesIO(content(3)), workspace).name == "images.zip"
    with pytest.raises(BadInput, match=r"photo.png” is not a ZIP file"):
        save_upload("photo.png", io.BytesIO(image()), workspace)
    assert sorted(os.listdir(workspace.uploads)) == ["images.zip", "my_pets-2.zip", "my_pets.zip"]


def test_imported_sets_are_listed_newest_first(workspace: Workspace, tmp_path: Path) -> None:
    assert imported(workspace) == []
    paths = [folder(tmp_path / name, two_classes()) for name in ("one", "two")]
    for path, age in zip(paths, (10, 5), strict=True):
        meta = prepared(workspace, "folder", path).folder / "meta.json"
        os.utime(meta, (meta.stat().st_atime, meta.stat().st_mtime - age))
    mnist(workspace.data / "mnist")
    prepared(workspace, "mnist")
    assert [meta.path for meta in imported(workspace)] == [str(paths[1]), str(paths[0])]


def test_the_real_ants_and_bees(workspace: Workspace, real_data: Path) -> None:
    path = real_data / "hymenoptera.zip"
    pets = prepared(workspace, "folder", path)
    assert pets.meta.classes == ("ants", "bees") and pets.meta.splits["val"] == 153
    assert pets.meta.splits["train"] == 245, "244 photographs and a readable placeholder in GIF format"
    assert min(pets.shapes.min(axis=1)) <= 256 and not pets.uniform
    divided = parts(pets, 0, None, 0)
    assert divided.val_split == "val" and len(divided.val) == 153
    assert list(prepare(DataSource("folder", str(path)), workspace)) == []


def deep_png(levels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(levels.astype(np.uint16)).save(content, "PNG")
    return content.getvalue()


def deep_colour_png(levels: np.ndarray) -> bytes:
    """RGB of 16 bits a channel, which Pillow does not write; its red is shifted, so that it is no grey."""
    pixels = np.stack([np.roll(levels, 1), levels, levels], -1)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], 16, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


@pytest.mark.parametrize(("bits", "highest"), [(12, 4000), (10, 1023), (16, 65535), (8, 200)])
def test_of_sixteen_bits_those_that_are_used_count(workspace: Workspace, make: Make, bits: int, highest: int) -> None:
    """A scanner's 12 bits in files of 16 are no black images."""
    ramp = np.linspace(0, highest, 400).reshape(20, 20).round()
    files = {f"{name}/{n}.png": deep_png(ramp * (1 - n / 10)) for name in "ab" for n in range(3)}
    data = prepared(workspace, "folder", make(files))
    assert data.meta.levels == Levels(whole=(0, 2**bits - 1))
    brightest = data.array[np.argmax(data.array.reshape(data.meta.count, -1).max(axis=1))][..., 0]
    np.testing.assert_allclose(brightest, ramp * 255 / (2**bits - 1), atol=0.51)
    assert len(np.unique(brightest)) > 180


def test_float_tiffs_and_deep_ones_of_many_sizes_are_read(workspace: Workspace, make: Make) -> None:
    def tiff(values: np.ndarray) -> bytes:
        content = io.BytesIO()
        Image.fromarray(values.astype(np.float32)).save(content, "TIFF")
        return content.getvalue()

    ramp = np.linspace(0, 1, 300 * 320).reshape(300, 320)  # brought down in size, too
    files = {f"{name}/{n}.tif": tiff(ramp[: 300 - 10 * n]) for name in "ab" for n in range(3)}
    data = prepared(workspace, "folder", make(files))
    assert not data.uniform and all(data.image(i).max() > 200 for i in range(data.meta.count))


def eight(made: Callable[[np.ndarray], bytes], ending: str = "png") -> dict[str, bytes]:
    """Two classes of four files, each made of a ramp from 0 to 1 that lies another way."""
    ramp = np.linspace(0, 1, 400)
    files = [made(np.roll(ramp, 50 * number).reshape(20, 20)) for number in range(8)]
    return {f"{'ab'[number % 2]}/{number}.{ending}": content for number, content in enumerate(files)}


def as_file(values: np.ndarray, kind: str = "TIFF") -> bytes:
    content = io.BytesIO()
    Image.fromarray(values).save(content, kind)
    return content.getvalue()


RAMP = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
BRIGHT = deep_png(np.linspace(0, 65535, 400).reshape(20, 20))


@pytest.mark.parametrize(("collapsed", "files"), [
    # One file is far brighter than the others.
    (7, eight(lambda ramp: deep_png(200 * ramp)) | {"a/0.png": BRIGHT}),
    (7, eight(lambda ramp: as_file((1e-3 * ramp).astype(np.float32)), "tif") | {"a/0.tif": as_file(RAMP)}),
    # All use a small part of what such files can hold: labels, 12 of 16 bits in colour.
    (8, eight(lambda ramp: as_file((ramp > 0.4).astype(np.uint8), "PNG"))),
    (8, eight(lambda ramp: as_file((9 * ramp).astype(np.uint8), "PNG"))),
    (8, eight(lambda ramp: deep_colour_png(4095 * ramp))),
    # Floats, whole numbers of more than 16 bits and negative ones are brought to the range that the set uses.
    (0, eight(lambda ramp: as_file((1.6 * ramp).astype(np.float32)), "tif")),
    (0, eight(lambda ramp: as_file((1e-4 * ramp).astype(np.float32)), "tif")),
    (0, eight(lambda ramp: as_file((20_000 + 900_000 * ramp * (ramp > 0.5)).astype(np.int32)), "tif")),
    (0, eight(lambda ramp: as_file((1000 * ramp - 500).astype(np.int32)), "tif")),
    # What is black and white, or nearly empty, in the files is so here.
    (0, eight(lambda ramp: deep_png(65535 * (ramp > 0.4)))),
    (0, eight(lambda ramp: as_file((ramp > 0.4).astype(np.float32), "TIFF"), "tif")),
    (0, eight(lambda ramp: as_file(ramp > 0.4, "PNG"))),
    (0, eight(lambda ramp: deep_png((5 * ramp).round())) | {"a/0.png": BRIGHT}),
    (0, eight(lambda ramp: as_file((255 * ramp).astype(np.uint8), "PNG"))),
])  # fmt: skip
def test_images_whose_grey_levels_collapse_are_told(
    workspace: Workspace, make: Make, collapsed: int, files: dict[str, bytes]
) -> None:
    meta = prepared(workspace, "folder", make(files)).meta
    told = f"{collapsed} images have hardly any grey levels left" if collapsed else ""
    assert meta.collapsed == collapsed and meta.warning.startswith(told) and bool(meta.warning) == bool(told)


def test_images_that_became_alike_are_not_called_copies(workspace: Workspace, make: Make) -> None:
    dim = eight(lambda ramp: deep_colour_png(200 * ramp))
    with pytest.raises(BadInput, match="“pets” cannot be used: its images have hardly any grey levels left"):
        prepared(workspace, "folder", make(dim))


@pytest.mark.parametrize(
    ("made", "span"),
    [
        # A heat camera, far from 0; one dead pixel in a file of twelve bits; floats around 0 and up to 255.
        (lambda ramp: deep_png(27_000 + 5000 * ramp), (27_000, 32_000)),
        (lambda ramp: deep_png(np.where(np.arange(400).reshape(20, 20) == 7, 65_535, 4000 * ramp)), (0, 4095)),
        (lambda ramp: as_file((2 * ramp - 1).astype(np.float32)), (-1, 1)),
        (lambda ramp: as_file((250 * ramp).astype(np.float32)), (0, 255)),
        (lambda ramp: as_file((0.9 * ramp).astype(np.float32)), (0, 1)),
        (lambda ramp: as_file((280 + 30 * ramp).astype(np.float32)), (280, 310)),  # degrees above absolute zero
        (lambda ramp: as_file(np.where(RAMP < 0.03, -9999, 20 * ramp - 10).astype(np.float32)), (-10, 10)),
    ],
)
def test_a_set_is_brought_to_the_range_that_it_uses_and_a_picture_for_its_model_too(
    workspace: Workspace, make: Make, made: Callable[[np.ndarray], bytes], span: tuple[float, float]
) -> None:
    """Half the set is darker than the other half, and stays so."""
    files = {f"{name}/{number}.tif": made(RAMP * (1 - number / 10) * share) for number in range(4)
             for name, share in (("dark", 0.3), ("light", 1))}  # fmt: skip
    data = prepared(workspace, "folder", make(files))
    found = data.meta.levels.whole or data.meta.levels.decimal
    assert found == pytest.approx(span, rel=0.02)
    dark, light = (data.array[np.array(data.labels) == label] for label in (0, 1))
    assert light.max() > 215 and light.mean() > 1.8 * dark.mean()
    for place in range(data.meta.count):
        shown = read_picture(files[data.file(place)], "picture", data.meta.levels)
        assert np.array_equal(shown.pixels, data.image(place)) and not shown.words
