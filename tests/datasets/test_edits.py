"""Lists of edits: what they mean, and what of a stranger's file is taken."""

import pytest

from core.datasets.edits import COLUMNS, Edit, count_of, from_text, merged, to_text, version_name
from core.errors import BadInput

HEAD = ",".join(COLUMNS)
DIGEST = "p0123456789abcdef"


def edit(action="relabel", number=3, was="3", value="8", split="train", file=""):
    return Edit(action, split, number, file, DIGEST, was, value, "2026-01-02T03:04:05Z")


@pytest.mark.parametrize(
    "one",
    [
        edit(),
        edit("exclude", was="", value=""),
        edit("move", was="train", value="test", file="ants/=1+1.png"),
        edit("note", was="", value='@home, "quoted"; -1'),
        edit("add", number=None, was="", value="Äpfel", file=f"{DIGEST}.png"),
    ],
)
def test_a_list_is_read_as_it_was_written(one):
    text = to_text([one])
    assert from_text("\ufeff" + text) == (one,)
    assert not any(cell.startswith(tuple("=+@-")) for row in text.splitlines() for cell in row.split(","))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_list_that_a_spreadsheet_has_saved_with_other_separators_is_read(separator):
    one = edit(value="a, b")
    row = ["relabel", one.split, str(one.number), one.file, one.digest, one.was, "a, b", one.made]
    assert from_text("\r\n".join(separator.join(cells) for cells in (HEAD.split(","), row))) == (one,)


def test_the_last_word_on_an_image_counts():
    first, second, kept = edit(), edit(value="9"), edit("keep", was="", value="")
    assert merged([first, second]) == (second,)
    assert merged([first, kept]) == (kept,), "what is right needs no other class"
    assert merged([kept, first]) == (first,)
    other = edit(number=4)
    assert merged([first, other, second]) == (other, second)
    assert count_of([second, kept, edit("note")]) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "lacks action"),
        ("action,split\nrelabel,train\n", "lacks number"),
        (f"{HEAD}\nrelable,train,1,,{DIGEST},3,8,\n", "Did you mean relabel"),
        (f"{HEAD}\nrelabel,training,1,,{DIGEST},3,8,\n", "unknown split"),
        (f"{HEAD}\nrelabel,train,-1,,{DIGEST},3,8,\n", "no number of an image"),
        (f"{HEAD}\nrelabel,train,,,{DIGEST},3,8,\n", "no number of an image"),
        (f"{HEAD}\nadd,train,1,,{DIGEST},,8,\n", "no number of an image"),
        (f"{HEAD}\nrelabel,train,1,,12345,3,8,\n", "no digest"),
        (f"{HEAD}\nrelabel,train,1,,{DIGEST},3,,\n", "class is missing"),
        (f"{HEAD}\nmove,train,1,,{DIGEST},train,trash,\n", "unknown split"),
        (f"{HEAD}\n\nrelabel,train,1,,x,3,8,\n", "Line 3"),
        ("x" * 200_000 + "\n", "Line"),
    ],
)
def test_what_is_no_edit_is_named_with_its_line(text, reason):
    with pytest.raises(BadInput, match=reason):
        from_text(text)


@pytest.mark.parametrize("name", ["v2", "Ohne Flecken", "改正版", "a+b-1.2"])
def test_a_version_has_a_name_of_words(name):
    assert version_name(f" {name}\n") == name


@pytest.mark.parametrize("name", ["", " ", ".hidden", "../up", "a/b", "a\\b", "ends.", "x" * 41, "-a", "a:b", "<b>"])
def test_no_version_is_called_like_a_path(name):
    with pytest.raises(BadInput, match="cannot be called"):
        version_name(name)
