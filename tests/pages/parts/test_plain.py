"""Names inside markdown."""

from pages.parts.plain import plain


def test_marks_are_escaped_and_letters_left_alone() -> None:
    assert plain("a *b* [c](d) :material/x: $e$") == r"a \*b\* \[c\]\(d\) \:material/x\: \$e\$"
    assert plain("Ωmega 3") == "Ωmega 3"
