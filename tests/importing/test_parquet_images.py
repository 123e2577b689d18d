"""Images in Parquet files, as `datasets` of Hugging Face writes them."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.importing.image_source import open_image_source
from core.importing.label_table import UnclearColumns
from core.importing.parquet_images import NO_BYTES
from core.importing.table_layout import NO_CLASS, plan_of
from core.prepared import imports, prepare
from core.prepared.arrays import Prepared
from core.sandbox import parquet_file

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CLASSES = ["cat", "dog"]


def picture(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((9, 9), level, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def cells(levels: list[int]) -> pa.Array:
    return pa.array([{"bytes": picture(level), "path": f"{level}.png"} for level in levels], IMAGE)


def write(path: Path, columns: dict[str, Any], names: dict[str, list[str]] | None = None, group: int = 3) -> Path:
    table = pa.table(columns)
    features = {name: {"names": of, "_type": "ClassLabel"} for name, of in (names or {}).items()}
    if features:
        words = json.dumps({"info": {"features": features | {"image": {"_type": "Image"}}}})
        table = table.replace_schema_metadata({"huggingface": words})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=group)
    return path


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Eight training images in two files and four for testing: odd grey levels are dogs."""
    for place, (name, levels) in enumerate([
        ("train-00000-of-00002", [1, 2, 3, 4, 5]), ("train-00001-of-00002", [6, 7, 8]), ("test-00000-of-00001", [9, 10])
    ]):  # fmt: skip
        columns = {"image": cells(levels), "label": pa.array([level % 2 for level in levels])}
        write(tmp_path / "pets" / "data" / f"{name}.parquet", columns, {"label": CLASSES}, group=2 + place)
    return tmp_path / "pets"


def prepared(place: Path, workspace: Workspace, columns: str = "") -> Prepared:
    source = DataSource("folder", str(place), columns=columns)
    list(prepare.prepare(source, workspace))
    return prepare.require(source, workspace)


def test_a_folder_a_zip_and_a_file_are_read_with_classes_and_splits(pets: Path, workspace: Workspace) -> None:
    packed = pets.parent / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in pets.rglob("*.parquet"):
            archive.write(path, path.relative_to(pets.parent))
    found = [prepared(place, workspace) for place in (pets, packed)]
    assert len({one.meta.fingerprint for one in found}) == 1
    meta = found[0].meta
    assert (meta.classes, meta.splits, meta.left_out) == (("cat", "dog"), {"train": 8, "test": 2}, 0)
    levels = [int(found[0].image(place)[0, 0, 0]) for place in range(10)]
    assert levels == list(range(1, 11)) and [level % 2 for level in levels] == list(found[0].labels)
    assert found[0].file(6) == "data/train-00001-of-00002.parquet/1"
    one = prepared(pets / "data" / "train-00000-of-00002.parquet", workspace).meta
    assert one.splits == {"train": 3, "test": 2} and imports.change_since(one) == ""


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (pa.array([10, 9, 10, 9, 2, 2]), ("2", "9", "10")),
        (pa.array(["b", "a", "b", "a", "b", "a"]), ("a", "b")),
        (pa.array(["b", "a", "b", "a", "b", "a"]).dictionary_encode(), ("a", "b")),
    ],
)
def test_labels_may_be_plain_numbers_or_words_and_images_plain_bytes(tmp_path: Path, labels, classes) -> None:
    images = pa.array([picture(level) for level in range(6)])
    plan = plan_of(open_image_source(str(write(tmp_path / "a.parquet", {"img": images, "label": labels}))))
    assert plan.classes == classes and len(plan.files) == 6


def test_rows_without_image_or_class_are_left_out_with_a_reason(tmp_path: Path, workspace: Workspace) -> None:
    images = cells(list(range(6))).to_pylist()
    images[0], images[1]["bytes"], images[2]["bytes"] = None, None, b"no image"
    columns = {"image": pa.array(images, IMAGE), "label": pa.array([0, 1, 1, -1, None, 7])}
    more = {"image": cells(list(range(10, 20))), "label": pa.array([0, 1] * 5)}
    write(tmp_path / "set" / "a.parquet", columns, {"label": CLASSES})
    write(tmp_path / "set" / "b.parquet", more, {"label": CLASSES})
    skipped = dict(prepared(tmp_path / "set", workspace).meta.skipped)
    assert [skipped[f"a.parquet/{row}"] for row in (0, 1, 3, 4, 5)] == [NO_BYTES] * 2 + [NO_CLASS] * 3
    assert "not an image" in skipped["a.parquet/2"] and len(skipped) == 6


def test_columns_that_are_unclear_are_a_question_and_its_answer_is_kept(tmp_path: Path, workspace: Workspace) -> None:
    columns = {"image": cells([1, 2, 3, 4]), "mask": cells([0, 0, 0, 0]), "fine": pa.array([0, 1, 0, 1]),
               "coarse": pa.array([0, 0, 0, 0])}  # fmt: skip
    path = write(tmp_path / "two.parquet", columns, {"fine": ["x", "y"], "coarse": ["z"]})
    with pytest.raises(UnclearColumns, match=r"several columns that may be the image: image, mask\. Choose with data"
                                             r"\.columns .* such as image,fine") as asked:  # fmt: skip
        plan_of(open_image_source(str(path)))
    assert asked.value.choices == {"file": ["image", "mask"], "label": ["fine", "coarse"]}
    found = prepared(path, workspace, "image,fine").meta
    assert found.classes == ("x", "y") and found.columns == "image,fine" and imports.change_since(found) == ""
    with pytest.raises(BadInput, match=r"unknown column 'masks'; have: image, mask\. Did you mean mask"):
        plan_of(open_image_source(str(path), "masks,fine"))
    with pytest.raises(BadInput, match=r"has no column of images \(found: label\)"):
        plan_of(open_image_source(str(write(tmp_path / "none.parquet", {"label": pa.array([1, 2])}))))


def test_what_is_no_parquet_or_is_cut_short_is_told(pets: Path) -> None:
    whole = (pets / "data" / "train-00000-of-00002.parquet").read_bytes()
    for content in (b"", b"PAR1", b"x" * 400, whole[: len(whole) // 2], whole[:-20] + b"\xff" * 12 + whole[-8:]):
        (pets / "bad.parquet").write_bytes(content)
        with pytest.raises(BadInput, match=r"“bad.parquet” is no Parquet file that can be read"):
            plan_of(open_image_source(str(pets / "bad.parquet")))


def test_a_damaged_row_group_costs_its_own_images(pets: Path, workspace: Workspace) -> None:
    path = pets / "data" / "train-00000-of-00002.parquet"
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(1).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(content)
    meta = prepared(pets, workspace).meta
    assert meta.splits == {"train": 6, "test": 2}
    assert [name for name, _why in meta.skipped] == [f"data/{path.name}/{row}" for row in (2, 3)]


def test_a_file_that_unpacks_to_gigabytes_takes_no_memory_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some kilobytes of it are a word of 100 MB."""
    monkeypatch.setattr(parquet_file, "MEMORY_BYTES", 120 << 20)
    table = pa.table({"image": cells([1, 2]), "label": pa.array(["x" * 100_000_000, "y"])})
    pq.write_table(table, tmp_path / "bomb.parquet", compression="zstd", use_dictionary=False, write_statistics=False)
    assert (tmp_path / "bomb.parquet").stat().st_size < 1 << 20
    with pytest.raises(BadInput, match="needs more than 1 GB of memory to be read"):
        plan_of(open_image_source(str(tmp_path / "bomb.parquet")))
