from core.datasets.source import DataSource
from core.prepared.drawable import is_drawable, say_drawable
from core.prepared.prepare import find

DIGITS = DataSource("digits")


def test_what_a_person_says_counts_and_can_be_taken_back(digits, workspace):
    assert is_drawable(DIGITS, workspace)
    say_drawable(DIGITS, workspace, False)
    assert not is_drawable(DIGITS, workspace) and find(DIGITS, workspace).meta.drawable
    say_drawable(DIGITS, workspace, True)
    assert is_drawable(DIGITS, workspace)
    assert (workspace.home / "drawable.json").read_text() == "{}", "what was found needs no keeping"


def test_a_damaged_file_says_nothing(digits, workspace):
    for content in (b"", b"[1]", b'{"digits": 3}', b"\xff"):
        (workspace.home / "drawable.json").write_bytes(content)
        assert is_drawable(DIGITS, workspace)
