"""Paths that came in through the browser."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.prepared import prepare
from core.prepared.allowed_paths import VARIABLE, confined, roots
from tests.datasets.makers import folder, two_classes


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with `flowers` in it, and a `secret` folder beside the home."""
    home = tmp_path / "house" / "me"
    (home / "flowers").mkdir(parents=True)
    (tmp_path / "house" / "secret" / "inner").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv(VARIABLE, raising=False)
    return home


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    home = tmp_path / "workspace"
    return Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")


def test_the_home_folder_and_the_data_folder_are_open(house: Path, workspace: Workspace) -> None:
    assert roots(workspace) == (house, workspace.data)
    assert confined(str(house / "flowers"), workspace) == str(house / "flowers")
    assert confined("~/flowers", workspace) == str(house / "flowers")
    assert confined(f"{house}/./flowers//", workspace) == str(house / "flowers")
    assert confined(str(house / "not-there.zip"), workspace) == str(house / "not-there.zip")
    assert confined(str(workspace.uploads / "mine.zip"), workspace) == str(workspace.uploads / "mine.zip")


def test_an_account_whose_home_is_the_whole_disk_opens_only_the_data(
    house: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/")
    assert roots(workspace) == (workspace.data,)


@pytest.mark.parametrize(
    "typed",
    [
        "/etc/passwd",
        "/",
        "{home}/../secret",
        "{home}/flowers/..",
        "{home}-other",  # begins with the root's letters, but is another folder
        "flowers",
        "./flowers",
        "",
        " ",
        "~root",
        "~nobody-of-this-name/flowers",
        "~root/../{home}",
        "file://{home}/flowers",
        "{home}/flowers\0",
        "{home}/flowers\0/../../secret",
        "{home}/flowers\n",
        "{home}/\ud800",
        "/" + "x" * 10_000,
        "{home}/" + "x/" * 5_000,
        "\\\\host\\share",
        "//host/share",
    ],
)
def test_what_lies_elsewhere_is_refused_with_the_folders_that_are_open(
    house: Path, workspace: Workspace, typed: str
) -> None:
    with pytest.raises(BadInput) as refused:
        confined(typed.format(home=house), workspace)
    words = str(refused.value)
    assert VARIABLE in words and str(house) in words and str(workspace.data) in words
    assert len(words) < 600 and words.isprintable()


def test_links_are_followed_before_anything_is_compared(house: Path, workspace: Workspace) -> None:
    (house / "door").symlink_to(house.parent / "secret")
    (house / "album").symlink_to(house / "flowers")
    (house.parent / "way-in").symlink_to(house / "flowers")
    for out in ("door", "door/inner", "album/../door"):
        with pytest.raises(BadInput, match=VARIABLE):
            confined(str(house / out), workspace)
    assert confined(str(house / "album"), workspace) == str(house / "flowers")
    assert confined(str(house.parent / "way-in"), workspace) == str(house / "flowers")


def test_it_is_not_told_which_accounts_there_are(house: Path, workspace: Workspace) -> None:
    told = []
    for account in ("root", "nobody-of-this-name"):
        with pytest.raises(BadInput) as refused:
            confined(f"~{account}/flowers", workspace)
        told.append(str(refused.value).replace(f"~{account}", "~somebody"))
    assert told[0] == told[1]


def test_links_in_a_circle_lead_nowhere(house: Path, workspace: Workspace) -> None:
    (house / "round").symlink_to(house / "about")
    (house / "about").symlink_to(house / "round")
    with suppress(BadInput):  # newer Pythons take the name as it is
        assert not Path(confined(str(house / "round" / "x"), workspace)).exists()


def test_a_root_that_is_a_link_itself_is_open(
    house: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house.parent / "shelf").symlink_to(house / "flowers")
    monkeypatch.setenv(VARIABLE, str(house.parent / "shelf"))
    assert confined(str(house.parent / "shelf" / "roses"), workspace) == str(house / "flowers" / "roses")


def test_named_roots_take_the_place_of_the_usual_ones(
    house: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, other = house.parent / "secret", house.parent / "other"
    monkeypatch.setenv(VARIABLE, os.pathsep.join([str(secret), "", f"{other}/"]))
    assert roots(workspace) == (secret, other)
    assert confined(str(secret / "inner"), workspace) == str(secret / "inner")
    assert confined(str(other), workspace) == str(other)
    assert confined(str(workspace.uploads / "mine.zip"), workspace)
    for closed in (house / "flowers", workspace.data / "folder"):
        with pytest.raises(BadInput, match=f"inside {secret} or {other}; .*{VARIABLE}"):
            confined(str(closed), workspace)


@pytest.mark.parametrize("nothing", ["", " ", os.pathsep])
def test_an_empty_setting_turns_paths_off(
    house: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, nothing: str
) -> None:
    monkeypatch.setenv(VARIABLE, nothing)
    assert roots(workspace) == ()
    with pytest.raises(BadInput, match=f"{VARIABLE} is empty.*upload a ZIP"):
        confined(str(house / "flowers"), workspace)
    assert confined(str(workspace.uploads / "mine.zip"), workspace)


def test_what_was_imported_before_can_be_named_again(house: Path, workspace: Workspace) -> None:
    elsewhere = folder(house.parent / "secret" / "insects", two_classes())
    with pytest.raises(BadInput):
        confined(str(elsewhere), workspace)
    list(prepare.prepare(DataSource("folder", str(elsewhere)), workspace))
    assert confined(str(elsewhere), workspace) == str(elsewhere)
    with pytest.raises(BadInput):
        confined(str(elsewhere.parent), workspace)
