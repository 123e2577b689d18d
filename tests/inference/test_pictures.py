"""Pictures for a model whose data set is gone: from where it lay, and from what was prepared of it."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.inference import predictor
from core.inference.known_style import known_style, learnt_drawings
from core.inference.many_pictures import answered_together
from core.inference.pictures import STYLE_GONE, Pictures, ReadAs
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.store import Run
from core.sanitize import one_line
from tests.inference.pens import TWO, sheet

PICTURE = 255 - sheet(TWO)[..., None]


@pytest.fixture
def run(lab: Lab, digits: Prepared, tmp_path: Path) -> Run:
    """One that has learnt a folder of drawings."""
    for place in range(100):
        folder = tmp_path / "mine" / str(digits.labels[place])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.image(place)[..., 0]).save(folder / f"{place}.png")
    source = DataSource("folder", str(tmp_path / "mine"))
    for _ in prepare.prepare(source, lab.workspace):
        pass
    settings = {"data.name": "folder", "data.path": source.path, "model.name": "mlp", "training.epochs": 1}
    return execute(lab.store.add(RunConfig().replace(settings), "mine", state="running"), lab)


def pictures(run: Run, workspace: Workspace, read_as: ReadAs | None = None) -> Pictures:
    return Pictures(workspace, run, predictor.load(run, workspace), read_as or ReadAs())


def lose_data(workspace: Workspace, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "mine")
    shutil.rmtree(workspace.cache)


def test_the_style_of_its_drawings_stays_with_a_run(run: Run, workspace: Workspace, tmp_path: Path) -> None:
    before = pictures(run, workspace).shown(PICTURE)
    lose_data(workspace, tmp_path)
    after = pictures(run, workspace).shown(PICTURE)
    assert before.drawing and after.drawing and np.array_equal(before.image, after.image)
    assert learnt_drawings(run, workspace) and known_style(run, workspace)


def test_an_empty_sheet_has_no_answer_whatever_its_size(run: Run, workspace: Workspace) -> None:
    for side in (8, 100):
        with pytest.raises(Problem, match="There is no ink"):
            pictures(run, workspace).shown(np.full((side, side, 1), 255, np.uint8))
    assert pictures(run, workspace, ReadAs(image=True)).shown(np.full((8, 8, 1), 255, np.uint8)).image.max() <= 255


def test_without_it_a_picture_is_answered_with_a_word(run: Run, workspace: Workspace, tmp_path: Path) -> None:
    lose_data(workspace, tmp_path)
    shown = pictures(run, workspace).shown(PICTURE)
    assert shown.drawing is None and shown.unlike == [STYLE_GONE]
    assert pictures(run, workspace, ReadAs(image=True)).shown(PICTURE).unlike == []
    with pytest.raises(Problem, match="The images of “mine” are not here: there is no "):
        pictures(run, workspace, ReadAs(drawing=True))


@pytest.mark.parametrize("folder", ["a tab", "a\ttab", "a\u202e tab"])
def test_a_folder_is_the_class_that_an_import_makes_of_it(folder: str) -> None:
    class Unread:
        answerer = SimpleNamespace(classes=("a tab", "a\ufffd tab"), predict=lambda images: np.zeros((0, 2)))

        def read(self, source: bytes, name: str) -> None:
            raise Problem("It is not read.")

    (row,) = answered_together(Unread(), [(f"{folder}/one.png", b"")])
    assert row.label == one_line(folder) and row.problem
