"""Code in a narrow column: the comments fit it, and the code is the same."""

import ast

import pytest

from core.script.column import fitted
from core.script.looks import LOOKS_OF_SECTIONS
from core.script.plain import plain_script
from tests.training.contract import small

CODE = '''# Data -------------------------------------------------------
x = 1  # fits
steps = 16  # how many images there are before each change
rows = [
    first,  # what stands in the middle of a statement, and is long
]
if rows:
    # One sentence of many words that goes
    # on in a second line.
    text = """one
  # two  """  # behind the end of a text that has several lines
    number = 1 + \\
        2  # behind what a backslash continues from the line before
# The images: python -m core export-data digits --to images.zip
# second.load_state_dict(torch.load("other.pt"))
'''


def test_a_long_comment_stands_above_its_line() -> None:
    lines = fitted(CODE, 40).split("\n")
    assert lines[0] == "# Data ---------------------------------" and len(lines[0]) == 40
    assert lines[1] == "x = 1  # fits"
    assert lines[2:5] == ["# how many images there are before each", "# change", "steps = 16"]
    assert lines[6:9] == ["    # what stands in the middle of a", "    # statement, and is long", "    first,"]
    kept = CODE.split("\n")[-7:]  # where no comment can stand above, and what is copied
    assert lines[-7:] == kept
    assert fitted(CODE, 100) == CODE


@pytest.mark.parametrize("width", [42, 66])
def test_what_is_shown_of_a_script_does_what_the_script_does(digits, width) -> None:
    code = [plain_script(small(**{"augment.erase": 0.2}), digits).text]
    for text in [*code, *(part.code for part in LOOKS_OF_SECTIONS.values())]:
        shown = fitted(text, width)
        assert ast.dump(ast.parse(shown)) == ast.dump(ast.parse(text))
        comments = [line for line in shown.split("\n") if line.lstrip().startswith("# ")]
        assert all(len(line) <= width for line in comments if line[2:].count(" ") > 1) and comments
