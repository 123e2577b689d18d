"""Images that are collected in the app."""

import io
import zipfile

import numpy as np
import pytest

from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.importing.collection import ABOUT, ORIGINALS, collection_named, collections, correcting, png
from core.inference.drawing import find_drawing, to_input
from core.inference.drawing_style import OWN_SYMBOLS
from core.prepared import imports, prepare
from core.prepared.allowed_paths import confined


def picture(level: int) -> np.ndarray:
    image = np.full((20, 24, 3), level, np.uint8)
    image[5:9] = 255 - level
    return image


def test_what_is_collected_is_an_import_like_any_other(workspace: Workspace) -> None:
    mine = collection_named("my things", workspace)
    for label in ("test", "fold 1"):  # names that a folder of somebody else's would have for its parts
        for level in range(3):
            assert mine.add_image(label, picture(level + 5 * len(label)))
    assert mine.add_image("test", picture(20)) is None, "one image is kept once"
    assert mine.counts == {"fold 1": 3, "test": 3} and collections(workspace) == [mine]
    list(prepare.prepare(mine.source, workspace))
    meta = prepare.require(mine.source, workspace).meta
    assert meta.classes == ("fold 1", "test") and sum(meta.splits.values()) == 6 and meta.left_out == 0
    assert confined(str(mine.folder), workspace) == str(mine.folder), "a browser may open it"
    assert str(mine.folder) not in imports.place_of(mine.source, workspace)
    mine.add_image("test", picture(99))
    assert imports.change_since(meta) == "changed"
    imports.remove(mine.source, workspace)
    assert not mine.folder.exists() and prepare.find(mine.source, workspace) is None


def test_no_name_leads_out_of_the_collections(workspace: Workspace) -> None:
    for name in ("../../etc", "..", "a/b", "\\x", ".hidden", "CON", "a" * 300):
        mine = collection_named(name, workspace)
        mine.add_image(name, picture(3))
        assert mine.folder.parent == workspace.collections.resolve()
        assert [path.parent.parent for path in mine.folder.rglob("*.png")] == [mine.folder]
        assert sum(mine.counts.values()) == 1
    for nothing in ("", " \u200b "):
        with pytest.raises(BadInput, match="name"):
            collection_named(nothing, workspace)
        with pytest.raises(BadInput, match="name"):
            mine.add_image(nothing, picture(3))
    assert mine.add("a", b"x", "/../../x").parent == mine.folder / "a"
    with pytest.raises(ValueError):
        mine.remove(workspace.home / "epochlab.db")


def test_names_that_a_disk_may_take_for_one_are_one(workspace: Workspace) -> None:
    collection_named("Symbols", workspace).add_image("a", picture(1))
    assert collection_named("symbols", workspace).name == "Symbols"


def test_an_original_is_beside_what_was_made_of_it_and_goes_with_it(workspace: Workspace) -> None:
    mine = correcting(DataSource("mnist"), workspace, "My drawings of MNIST")
    assert mine.corrects == DataSource("mnist")
    assert correcting(DataSource("mnist", version="v2"), workspace, "otherwise called") == mine
    path = mine.add_image("7", picture(1), (b"as it came", ".JPEG"))
    (original,) = (mine.folder / ORIGINALS / "7").iterdir()
    assert original.read_bytes() == b"as it came" and original.name == f"{path.stem}.jpeg"
    assert mine.counts == {"7": 1}
    file = io.BytesIO()
    mine.write_zip(file)
    names = zipfile.ZipFile(file).namelist()
    assert sorted(names) == [f"{ORIGINALS}/7/{original.name}", f"7/{path.name}"]
    mine.remove(path)
    assert mine.counts == {} and not original.exists()


def test_a_file_that_describes_it_wrongly_is_no_reason_to_stop(workspace: Workspace) -> None:
    mine = collection_named("mine", workspace)
    mine.add_image("a", picture(1))
    for words in ("", "[]", '{"name": "no such", "path": null, "layout": "auto"}', '{"name": 3}'):
        (mine.folder / ABOUT).write_text(words)
        assert mine.corrects is None


def test_symbols_that_are_drawn_become_a_set_that_a_pen_can_draw(workspace: Workspace) -> None:
    mine = collection_named("symbols", workspace)
    for number in range(5):
        sheet = np.full((280, 280, 3), 255, np.uint8)
        sheet[60:220, 100 + 9 * number : 118 + 9 * number] = 17
        for label, drawn in (("bar", sheet), ("dash", sheet.swapaxes(0, 1))):
            image = to_input(find_drawing(drawn, OWN_SYMBOLS.own).ink, OWN_SYMBOLS)
            assert image is not None and image.shape == (28, 28) and image.max() > 200 and np.median(image) == 0
            mine.add_image(label, np.maximum(image, number)[..., None])
    list(prepare.prepare(mine.source, workspace))
    meta = prepare.require(mine.source, workspace).meta
    assert meta.drawable and meta.size == (28, 28) and meta.channels == 1


def test_a_png_has_the_pixels(workspace: Workspace) -> None:
    from core.sandbox.image_files import decode

    for image in (picture(7), picture(7)[..., :1]):
        np.testing.assert_array_equal(decode(png(image)).pixels[..., 0], image[..., 0])
