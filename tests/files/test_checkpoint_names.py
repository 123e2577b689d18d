"""Which of the checkpoints that attempts at a run have left is read."""

import zipfile
from pathlib import Path

import pytest

from core.files import checkpoint_names
from core.files.checkpoint_names import checkpoint_path, checkpoints, kept_epochs, own_path, remove_earlier, take_over


def write(path: Path, words: str) -> Path:
    """A whole file, as far as a quick look tells."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("words", words)
    return path


def words(folder: Path) -> dict[str, str]:
    """What readers find, by what it is."""
    return {which: zipfile.ZipFile(path).read("words").decode() for which, path in checkpoints(folder).items()}


def attempt(folder: Path, number: int, *which: str, says: str = "") -> None:
    for name in which:
        write(own_path(folder, name, number), says or str(number))


def test_the_first_attempt_has_plain_names(tmp_path: Path) -> None:
    assert [own_path(tmp_path, "last", number).name for number in (0, 1, 2)] == ["last.pt", "last.pt", "last.2.pt"]
    assert checkpoint_path(tmp_path / "none", "best") == tmp_path / "none" / "best.pt"
    attempt(tmp_path, 1, "last", "epoch-10", "epoch-9")
    assert list(kept_epochs(tmp_path)) == [9, 10] and kept_epochs(tmp_path)[9] == tmp_path / "epoch-9.pt"
    assert checkpoint_names.which_of(own_path(tmp_path, "epoch-9", 12)) == "epoch-9"


def test_what_a_superseded_attempt_writes_late_changes_nothing_for_readers(tmp_path: Path) -> None:
    attempt(tmp_path, 1, "last", "best", "epoch-1", says="before")
    take_over(tmp_path, tmp_path / "last.pt", 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.2.pt", "epoch-1.2.pt", "last.2.pt"]
    attempt(tmp_path, 1, "last", "best", "epoch-1", "epoch-2", says="late")
    assert words(tmp_path) == dict.fromkeys(["last", "best", "epoch-1"], "before")
    attempt(tmp_path, 2, "last", "epoch-2", says="newer")
    assert words(tmp_path) == {"last": "newer", "best": "before", "epoch-1": "before", "epoch-2": "newer"}
    remove_earlier(tmp_path, 1)  # as the late one does
    remove_earlier(tmp_path, 2)
    assert words(tmp_path) == {"last": "newer", "best": "before", "epoch-1": "before", "epoch-2": "newer"}
    assert not list(tmp_path.glob("last.pt")) and len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("named", range(4))
def test_one_that_is_killed_while_it_takes_over_leaves_all_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: int
) -> None:
    attempt(tmp_path, 1, "last", "best", "epoch-1", "start", says="before")

    def killed(path: Path, to: Path) -> None:
        if len(list(tmp_path.glob("*.2.pt"))) == named:
            raise KeyboardInterrupt
        path.rename(to)

    monkeypatch.setattr(checkpoint_names, "rename", killed)
    if named < 3:
        with pytest.raises(KeyboardInterrupt):
            take_over(tmp_path, tmp_path / "last.pt", 2)
    monkeypatch.undo()
    assert words(tmp_path) == dict.fromkeys(["last", "best", "epoch-1", "start"], "before")
    take_over(tmp_path, checkpoint_path(tmp_path, "last"), 3)
    assert words(tmp_path) == dict.fromkeys(["last", "best", "epoch-1", "start"], "before")
    assert len(list(tmp_path.glob("*.3.pt"))) == 3 and (tmp_path / "start.pt").exists()


def test_the_one_before_is_read_where_the_newest_is_torn(tmp_path: Path) -> None:
    attempt(tmp_path, 1, "last", "best", says="before")
    attempt(tmp_path, 2, "last", "best", says="torn")
    for name in ("last.2.pt", "best.2.pt"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-9])
    assert words(tmp_path) == {"last": "before", "best": "before"}
    take_over(tmp_path, tmp_path / "last.pt", 3)
    remove_earlier(tmp_path, 3)
    assert words(tmp_path) == {"last": "before", "best": "before"} and len(list(tmp_path.iterdir())) == 2
