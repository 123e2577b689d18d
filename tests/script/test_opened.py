"""What leaves opens files as the app does, and a script numbers class folders as the run did."""

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.datasets.source import DataSource
from core.inference.photo import read_picture
from core.prepared import prepare
from core.run_config import RunConfig
from core.sandbox.levels import Levels
from core.script.opened import opening_as_shown
from core.script.plain import plain_script
from tests.script.running import run

COLOURS = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
TURNED = Image.Exif()
TURNED[0x0112] = 6  # it has to be turned by 90° to the right
PICTURES: dict[str, tuple[Image.Image, dict[str, Any]]] = {
    "turned.png": (Image.fromarray(COLOURS[..., :3]), {"exif": TURNED}),
    "seen_through.png": (Image.fromarray(COLOURS), {}),
    "grey_seen_through.png": (Image.fromarray(COLOURS[..., :3]).convert("LA"), {}),
    "palette.png": (Image.fromarray(COLOURS[..., :3]).convert("P"), {"transparency": 3}),
    "bits.png": (Image.fromarray(COLOURS[..., 0].astype(np.uint16) * 16), {}),
    "floats.tiff": (Image.fromarray(COLOURS[..., 0].astype(np.float32) / 255), {}),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("levels", [None, Levels(whole=(100, 5000), decimal=(0, 2))], ids=["own", "the set's"])
def test_a_file_is_opened_as_the_app_does(tmp_path, name: str, levels: Levels | None) -> None:
    picture, how = PICTURES[name]
    picture.save(tmp_path / name, **how)
    if levels:  # a set has files of one kind
        levels = Levels(whole=levels.whole) if name == "bits.png" else Levels(decimal=levels.decimal)
    names: dict[str, Any] = {"np": np, "Image": Image, "ImageOps": ImageOps}
    exec(opening_as_shown(levels, None), names)
    found = np.asarray(names["opened"](tmp_path / name)).astype(int)
    assert np.abs(found - read_picture(tmp_path / name, name, levels).pixels).max() <= 1


def test_class_folders_are_read_as_the_run_read_them(workspace, tmp_path) -> None:
    """A part that lacks a class, a file that is none, and a photograph that its camera turned."""
    folder = tmp_path / "sorted"
    for part, names in (("train", "abc"), ("test", "ac")):
        for number, name in enumerate(names):
            (folder / part / name).mkdir(parents=True)
            for each in range(3):
                pixels = np.zeros((16, 16, 3), np.uint8)
                pixels[: 4 + 4 * number + each % 2] = 200  # bright above
                picture = Image.fromarray(pixels)
                if each == 2:
                    picture = picture.transpose(Image.Transpose.ROTATE_90)
                picture.save(folder / part / name / f"{each}.jpg", exif=TURNED if each == 2 else Image.Exif())
    (folder / "train" / "b" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    config = RunConfig().replace({
        "data.name": "folder", "data.path": str(folder), "data.validation": 0, "model.name": "mlp",
        "model.widths": [4], "training.epochs": 1, "training.batch_size": 4,
    })  # fmt: skip
    source = DataSource.of(config.data)
    list(prepare.prepare(source, workspace))
    found = run(plain_script(config, prepare.require(source, workspace)), tmp_path)
    assert [found["class_names"][label] for _, label in found["test_set"]] == ["a"] * 3 + ["c"] * 3
    assert len(found["train_set"]) == 9
    above = [image[..., :4, :].mean() - image[..., -4:, :].mean() for image, _ in found["train_set"]]
    assert min(above) > 0.5
