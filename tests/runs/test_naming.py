"""What runs are called, and what is kept of what people call them."""

import pytest

from core.recipes import recipe
from core.run_config import RunConfig
from core.runs import naming
from core.runs.naming import (
    MAX_NAME_CHARS,
    MAX_NOTES_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    changed_name,
    data_title,
    default_name,
    file_name,
    free_name,
    note_lines,
    run_name,
    tag_names,
)


@pytest.mark.parametrize("path,title", [("/a/flowers.v2", "flowers.v2"), ("/a/flowers.ZIP", "flowers"), ("/a/b", "b")])
def test_a_folder_is_called_as_it_is_and_a_zip_without_its_ending(path, title):
    assert data_title(RunConfig().replace({"data.name": "folder", "data.path": path})) == title


def test_what_is_kept_is_bounded_and_can_be_seen():
    assert run_name(" a\nb\x1b ") == "a b\N{REPLACEMENT CHARACTER}" and len(run_name("x" * 10**6)) == MAX_NAME_CHARS
    assert tag_names([" a", "a", "", "\n", "b\x00"]) == ["a", "b\N{REPLACEMENT CHARACTER}"]
    assert len(tag_names(map(str, range(100)))) == MAX_TAGS and len(tag_names(["x" * 999])[0]) == MAX_TAG_CHARS
    assert (
        note_lines("a\n\nb\x07") == "a\n\nb\N{REPLACEMENT CHARACTER}"
        and len(note_lines("x\n" * 10**6)) <= MAX_NOTES_CHARS
    )


def test_a_free_name_and_a_files_name_are_safe():
    assert free_name("a\nb", {"a b"}) == "a b 2"
    assert file_name("../<b>$(rm)*\n", "1a") == "b-rm-1a" and file_name("…", "1a") == "run-1a"


def test_no_spreadsheet_takes_an_id_for_a_number(monkeypatch):
    drawn = iter(["12345678", "1234e567", "00000e01", "12e4567a", "deadbeef"])
    monkeypatch.setattr(naming.secrets, "token_hex", lambda size: next(drawn))
    assert [naming.run_id(), naming.run_id()] == ["12e4567a", "deadbeef"]


@pytest.mark.parametrize(
    "changed,name",
    [
        ({}, "Digits in seconds"),
        ({"optimizer.lr": 0.01}, "Digits in seconds · Learning rate 0.01"),
        ({"optimizer.name": "sgd"}, "Digits in seconds · Optimizer SGD"),  # its rate comes along, and is no change
        ({"optimizer.name": "sgd", "optimizer.lr": 0.5}, "Digits in seconds · Optimizer SGD, Learning rate 0.5"),
        (
            {"training.epochs": 3, "training.batch_size": 8, "training.seed": 1, "optimizer.lr": 0.01},
            "Digits in seconds · Learning rate 0.01, Epochs 3, Batch size 8 and 1 more",
        ),
        ({"data.name": "mnist"}, "CNN on MNIST"),
    ],
)
def test_a_run_is_named_by_what_was_changed_of_its_recipe(changed, name):
    assert default_name(recipe("digits-quick").config.replace(changed), "digits-quick") == name


def test_a_version_is_told_of_own_images_too():
    own = {"data.path": "/photos/cats", "data.version": "mended", "training.epochs": 3}
    name = default_name(recipe("folder-cnn").config.replace(own), "folder-cnn")
    assert name.endswith(" · Version of the data set mended, Epochs 3")
    other = recipe("digits-quick").config.replace({"data.name": "mnist", "data.version": "mended"})
    assert default_name(other, "digits-quick") == "CNN on MNIST · mended"


def test_weights_of_a_run_are_told_by_its_name():
    config = recipe("digits-quick").config.replace({"model.weights": "run:1a2b3c4d"})
    assert default_name(config, "digits-quick") == "Digits in seconds · Weights of run 1a2b3c4d"
    names = {"1a2b3c4d": "first"}
    assert default_name(config, "digits-quick", names) == "Digits in seconds · Weights of “first”"
    long = default_name(config, "digits-quick", {"1a2b3c4d": "a long name " * 9})
    assert long == "Digits in seconds · Weights of “a long name a long name a long name a …”"


def test_a_change_of_a_change_is_told_alone():
    config = recipe("digits-quick").config
    title = "Digits in seconds · Learning rate 0.01"
    assert changed_name(config.replace({"optimizer.lr": 0.1}), config, title) == "Digits in seconds · Learning rate 0.1"
    assert changed_name(config, config, title) == title
