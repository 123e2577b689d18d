"""Tables of paths and labels."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.importing.image_source import open_image_source
from core.importing.label_table import MAX_ROWS, read_table
from core.importing.table_layout import TWO_CLASSES, UNNAMED, plan_of
from core.prepared import imports, prepare


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "img").mkdir(parents=True)
    for number in range(8):
        Image.fromarray(np.full((10, 12, 3), 30 * number, np.uint8)).save(folder / "img" / f"{number}.png")
    return folder


def write(folder: Path, rows: list[str], name: str = "labels.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_text("\n".join(rows), encoding)
    return folder / name


ROWS = [f"img/{n}.png,{'cat' if n % 2 else 'dog'},{'train' if n < 6 else 'test'}" for n in range(8)]


def test_a_table_inside_a_folder_or_zip_or_chosen_itself_gives_the_same_set(photos: Path, workspace: Workspace) -> None:
    table = write(photos, ["Path,Label,Split", *ROWS])
    packed = photos.parent / "set.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in photos.rglob("*.*"):
            archive.write(path, f"around/{path.relative_to(photos)}")
    prints = set()
    for place in (table, photos, packed):
        source = DataSource("folder", str(place))
        list(prepare.prepare(source, workspace))
        meta = prepare.require(source, workspace).meta
        assert (meta.classes, meta.splits, meta.left_out) == (("cat", "dog"), {"train": 6, "test": 2}, 0)
        prints.add(meta.fingerprint)
    assert len(prints) == 1
    meta = prepare.require(DataSource("folder", str(table)), workspace).meta
    assert imports.change_since(meta) == ""
    Image.new("RGB", (12, 10), "red").save(photos / "img" / "1.png")
    assert imports.change_since(meta) == "changed", "the table is as it was, an image is not"


@pytest.mark.parametrize(
    "content",
    [
        "file;class\n1.png;猫\n2.png;狗".encode("gbk"),
        "file_name\tlabel\n1.png\t猫\n2.png\t狗".encode("utf-16"),
        "\ufeffimage,label,label_name\n1.png,0,猫\n2.png,1,狗".encode(),
        "1.png,猫\n2.png,狗".encode(),
    ],
)
def test_columns_separators_and_encodings_are_found(content: bytes) -> None:
    assert [(row.file, row.label) for row in read_table(content, "a.csv")] == [("1.png", "猫"), ("2.png", "狗")]


def test_json_lines_are_read(photos: Path) -> None:
    lines = [json.dumps({"file_name": f"{n}.png", "label": n % 2, "boxes": [1]}) for n in range(8)]
    write(photos, lines, "metadata.jsonl")
    plan = plan_of(open_image_source(str(photos)))
    assert plan.classes == ("0", "1") and len(plan.files) == 8, "found by the last part of the name"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cannot be read as a table"),
        (b"a\0b", "is no text"),
        (b"path,color\n1.png,red", "no column for the label"),
        (b"path,label,category\n1.png,a,b", "several columns that may be the label"),
        (b'path,label\n1.png,"' + b"x" * 200_000, "cannot be read as a table"),
        (b"path,label\n" + b"1,a\n" * (MAX_ROWS + 1), "more than"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_table(content, "a.csv")
    with pytest.raises(BadInput):
        read_table(b"[" * 100_000, "a.jsonl")


def test_no_row_leads_out_of_the_folder(photos: Path) -> None:
    Image.new("RGB", (12, 10)).save(photos.parent / "secret.png")
    bad = ["../secret.png,cat", f"{photos.parent}/secret.png,cat", "C:\\secret.png,dog", "img/../../secret.png,dog"]
    table = write(photos, ["path,label", *bad, "img/7.png,cat", "img/7.png,dog", f"{photos}/img/6.png,=1+1",
                           *(row.rpartition(",")[0] for row in ROWS[:4])])  # fmt: skip
    for place in (table, photos):
        plan = plan_of(open_image_source(str(place)), "auto" if place == table else "table")
        assert {name for _split, _label, name in plan.files} == {f"img/{n}.png" for n in (0, 1, 2, 3, 6)}
        left_out = dict(plan.passed_over)
        assert left_out["img/7.png"] == TWO_CLASSES and {row.split(",")[0] for row in bad} <= left_out.keys()
        if place == photos:
            assert left_out["img/4.png"] == UNNAMED
