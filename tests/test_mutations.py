"""Each of `tests.mutations` finds what it would break, and the tests that would notice: that they do takes hours."""

import pytest

from tests.mutations import MUTATIONS, ROOT, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_it_has_something_to_break(mutation: Mutation) -> None:
    assert mutation.old in (ROOT / mutation.file).read_text(encoding="utf-8")
    files = [word for word in mutation.tests.split() if word.startswith("tests/")]
    assert files and all((ROOT / file).exists() for file in files)
