"""What a data set says against the images that a run was measured on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core.cli.parser import main
from core.insight import suspects
from core.insight.data_doubts import with_data_doubts
from core.loading.split import parts
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.training.verdict import Measured
from tests.datasets.makers import prepared


def noise(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)).save(path)


def pets(folder: Path) -> RunConfig:
    return RunConfig().replace({"data.name": "folder", "data.path": str(folder / "pets"), "data.validation": 0.0})


def test_a_score_on_near_copies_is_doubted_once_they_were_searched_for(digits, trained, lab):
    divided = parts(digits, trained.config.data.validation, trained.config.data.limit, trained.config.training.seed)
    before = Measured.of_summary(trained.summary)
    assert with_data_doubts(before, trained, "test", lab.workspace) == before
    rows = np.zeros(1, suspects.ROW)
    rows["index"], rows["other"] = divided.test[5], divided.train[9]
    np.save(suspects.file_of(digits, "copies", None), rows)
    after = with_data_doubts(before, trained, "test", lab.workspace)
    assert after.near == 1 and "1 of the 360 images is nearly the same" in after.doubts[-1]
    assert with_data_doubts(before, trained, "train", lab.workspace) == before


def test_a_score_on_images_of_two_classes_is_doubted(lab: Lab, tmp_path: Path) -> None:
    for name in "ab":
        for number in range(6):
            noise(tmp_path / "pets" / "train" / name / f"{number}.png", seed=10 * ord(name) + number)
            noise(tmp_path / "pets" / "test" / name / f"{number}.png", seed=10 * ord(name) + number + 500)
    for name in "ab":
        noise(tmp_path / "pets" / "test" / name / "both.png", seed=7)
    prepared(lab.workspace, "folder", tmp_path / "pets")
    run = replace(lab.store.add(pets(tmp_path), "mine"), state="finished")
    after = with_data_doubts(Measured(14, 14, 7, 2, 2), run, "test", lab.workspace)
    assert after.two_classes == 2
    assert after.doubts == [
        "2 of the 14 images stand under another class, too, pixel by pixel: no answer to them is right in both."
    ]


def test_evaluate_tells_images_of_two_classes(lab: Lab, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(lab.workspace.home))
    monkeypatch.delenv("EPOCHLAB_DB", raising=False)
    for name in "ab":
        for number in range(6):
            noise(tmp_path / "pets" / "train" / name / f"{number}.png", seed=10 * ord(name) + number)
        noise(tmp_path / "pets" / "test" / name / "both.png", seed=7)
    settings = tmp_path / "pets.json"
    settings.write_text(pets(tmp_path).replace({"model.name": "mlp", "training.epochs": 1}).to_json())
    main(["train", "--config", str(settings), "--name", "pets"])
    assert "2 of the 2 images stand under another class, too" in capsys.readouterr().out
    main(["evaluate", "pets"])
    assert "2 of the 2 images stand under another class, too" in capsys.readouterr().out
