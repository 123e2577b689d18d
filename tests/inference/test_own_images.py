"""Pictures of which a person said what they are."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.importing.collection import ORIGINALS
from core.inference import own_images
from core.inference.predictor import load
from core.prepared import prepare
from core.prepared.draft import Draft
from core.runs.lab import Lab
from tests.pages.makers import really_trained

DIGITS = DataSource("digits")


@pytest.fixture
def lab(workspace: Workspace, prepared_digits: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    shutil.copytree(prepared_digits, workspace.cache / "digits")
    monkeypatch.setenv("EPOCHLAB_HOME", str(workspace.home))
    monkeypatch.setenv("EPOCHLAB_DB", workspace.database)
    return Lab.open()


def test_what_a_person_says_is_a_test_set_and_then_training_images(lab: Lab) -> None:
    workspace, prepared = lab.workspace, prepare.require(DIGITS, lab.workspace)
    run = really_trained(lab, "a net", training__epochs=8)
    places = prepared.indices("test")[:6]
    for place in places:
        label = prepared.meta.classes[prepared.labels[place]]
        assert own_images.keep(prepared.image(int(place)), label, DIGITS, workspace, (b"the file", ".png"))
    label = str(prepared.labels[places[0]])
    assert not own_images.keep(prepared.image(int(places[0])), label, DIGITS, workspace), "it is there already"
    own_images.keep(np.full((8, 8, 1), 9, np.uint8), "a new class", DIGITS, workspace)
    found = own_images.of_set(DataSource("digits", version="v7"), workspace)
    assert found is not None and found.name == "My drawings of Digits (8 × 8)"
    assert len(list((found.folder / ORIGINALS / label).iterdir())) == found.counts[label]
    images = own_images.read(found)
    model = load(run, workspace)
    expected = sum(
        int(model.predict([one.pixels])[0].argmax()) == int(one.label) for one in images if one.label != "a new class"
    )
    assert own_images.score(model, images, workspace) == (expected, 6, 0, 1)

    assert own_images.add_to_training(found, images, workspace) == 7
    assert own_images.add_to_training(found, images, workspace) == 0, "each once"
    version = Draft(DIGITS, prepared, workspace).save("v2").source
    list(prepare.prepare(version, workspace))
    meta = prepare.require(version, workspace).meta
    assert meta.splits["train"] == prepared.meta.splits["train"] + 7 and meta.classes[-1] == "a new class"
    taught = really_trained(lab, "taught", data__version="v2", training__epochs=1)
    assert own_images.score(load(taught, workspace), images, workspace) == (0, 0, 7, 0), (
        "what it learned from is no test"
    )


def test_a_class_is_known_by_what_its_folder_is_called(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = prepare.require(DIGITS, lab.workspace)
    classes = ("T-shirt/top", *prepared.meta.classes[1:])
    changed = prepared.meta.model_copy(update={"classes": classes})
    (prepared.folder / "meta.json").write_text(changed.model_dump_json())
    own_images.keep(np.full((8, 8, 1), 9, np.uint8), "T-shirt/top", DIGITS, lab.workspace)
    found = own_images.of_set(DIGITS, lab.workspace)
    assert found is not None and list(found.counts) == ["T-shirt_top"]
    own_images.add_to_training(found, own_images.read(found), lab.workspace)
    (edit,) = Draft(DIGITS, prepare.require(DIGITS, lab.workspace), lab.workspace).edits
    assert edit.value == "T-shirt/top"


def test_an_image_takes_the_form_of_the_set(lab: Lab) -> None:
    meta = prepare.require(DIGITS, lab.workspace).meta
    photograph = np.zeros((100, 300, 3), np.uint8)
    photograph[:, 100:200] = 200
    assert np.median(own_images.in_form(photograph, meta)) == 200, "its middle"
    assert own_images.in_form(photograph, meta).shape == (8, 8, 1)
    grounded = meta.model_copy(update={"channels": 3, "ground": (7, 8, 9)})
    whole = own_images.in_form(photograph, grounded)
    assert whole.shape == (8, 8, 3) and whole[0, 0].tolist() == [7, 8, 9]
    various = meta.model_copy(update={"channels": 3, "size": None})
    assert own_images.in_form(np.zeros((600, 5000, 1), np.uint8), various).shape == (256, 1024, 3)
    assert own_images.in_form(photograph, various).shape == (100, 300, 3)


def test_nothing_is_kept_for_a_set_that_is_not_there(workspace: Workspace) -> None:
    with pytest.raises(Problem, match="not prepared"):
        own_images.keep(np.zeros((8, 8, 1), np.uint8), "1", DIGITS, workspace)
    assert own_images.of_set(DIGITS, workspace) is None
