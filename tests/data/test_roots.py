"""Paths that came in through the browser."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from core.data import prepare
from core.data.roots import VARIABLE, confined, roots
from core.data.source import DataSource
from core.errors import BadInput
from core.places import Places
from tests.data.makers import folder, two_classes


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
def places(tmp_path: Path) -> Places:
    home = tmp_path / "workspace"
    return Places(home, home / "data", f"sqlite:///{home}/epochlab.db")


def test_the_home_folder_and_the_data_folder_are_open(house: Path, places: Places) -> None:
    assert roots(places) == (house, places.data)
    assert confined(str(house / "flowers"), places) == str(house / "flowers")
    assert confined("~/flowers", places) == str(house / "flowers")
    assert confined(f"{house}/./flowers//", places) == str(house / "flowers")
    assert confined(str(house / "not-there.zip"), places) == str(house / "not-there.zip")
    assert confined(str(places.uploads / "mine.zip"), places) == str(places.uploads / "mine.zip")


def test_an_account_whose_home_is_the_whole_disk_opens_only_the_data(
    house: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/")
    assert roots(places) == (places.data,)


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
def test_what_lies_elsewhere_is_refused_with_the_folders_that_are_open(house: Path, places: Places, typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        confined(typed.format(home=house), places)
    words = str(refused.value)
    assert VARIABLE in words and str(house) in words and str(places.data) in words
    assert len(words) < 600 and words.isprintable()


def test_links_are_followed_before_anything_is_compared(house: Path, places: Places) -> None:
    (house / "door").symlink_to(house.parent / "secret")
    (house / "album").symlink_to(house / "flowers")
    (house.parent / "way-in").symlink_to(house / "flowers")
    for out in ("door", "door/inner", "album/../door"):
        with pytest.raises(BadInput, match=VARIABLE):
            confined(str(house / out), places)
    assert confined(str(house / "album"), places) == str(house / "flowers")
    assert confined(str(house.parent / "way-in"), places) == str(house / "flowers")


def test_it_is_not_told_which_accounts_there_are(house: Path, places: Places) -> None:
    told = []
    for account in ("root", "nobody-of-this-name"):
        with pytest.raises(BadInput) as refused:
            confined(f"~{account}/flowers", places)
        told.append(str(refused.value).replace(f"~{account}", "~somebody"))
    assert told[0] == told[1]


def test_links_in_a_circle_lead_nowhere(house: Path, places: Places) -> None:
    (house / "round").symlink_to(house / "about")
    (house / "about").symlink_to(house / "round")
    with suppress(BadInput):  # newer Pythons take the name as it is
        assert not Path(confined(str(house / "round" / "x"), places)).exists()


def test_a_root_that_is_a_link_itself_is_open(house: Path, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    (house.parent / "shelf").symlink_to(house / "flowers")
    monkeypatch.setenv(VARIABLE, str(house.parent / "shelf"))
    assert confined(str(house.parent / "shelf" / "roses"), places) == str(house / "flowers" / "roses")


def test_named_roots_take_the_place_of_the_usual_ones(
    house: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, other = house.parent / "secret", house.parent / "other"
    monkeypatch.setenv(VARIABLE, os.pathsep.join([str(secret), "", f"{other}/"]))
    assert roots(places) == (secret, other)
    assert confined(str(secret / "inner"), places) == str(secret / "inner")
    assert confined(str(other), places) == str(other)
    assert confined(str(places.uploads / "mine.zip"), places)
    for closed in (house / "flowers", places.data / "folder"):
        with pytest.raises(BadInput, match=f"inside {secret} or {other}; .*{VARIABLE}"):
            confined(str(closed), places)


@pytest.mark.parametrize("nothing", ["", " ", os.pathsep])
def test_an_empty_setting_turns_paths_off(
    house: Path, places: Places, monkeypatch: pytest.MonkeyPatch, nothing: str
) -> None:
    monkeypatch.setenv(VARIABLE, nothing)
    assert roots(places) == ()
    with pytest.raises(BadInput, match=f"{VARIABLE} is empty.*upload a ZIP"):
        confined(str(house / "flowers"), places)
    assert confined(str(places.uploads / "mine.zip"), places)


def test_what_was_imported_before_can_be_named_again(house: Path, places: Places) -> None:
    elsewhere = folder(house.parent / "secret" / "insects", two_classes())
    with pytest.raises(BadInput):
        confined(str(elsewhere), places)
    list(prepare.prepare(DataSource("folder", str(elsewhere)), places))
    assert confined(str(elsewhere), places) == str(elsewhere)
    with pytest.raises(BadInput):
        confined(str(elsewhere.parent), places)
