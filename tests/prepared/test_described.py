"""A set that is not prepared is described as preparing it would."""

import numpy as np
import pytest

from core.datasets.catalog import spec
from core.inference.drawing_style import drawing_style_of
from core.loading.split import parts
from core.prepared.arrays import Prepared
from core.prepared.described import described, description


def agrees(name: str, prepared: Prepared) -> None:
    known, meta = description(spec(name)), prepared.meta
    assert (known.classes, known.size, known.splits, known.channels) == (
        meta.classes, meta.size, meta.splits, meta.channels
    )  # fmt: skip
    assert known.mean == pytest.approx(meta.mean, abs=1e-4) and known.std == pytest.approx(meta.std, abs=1e-4)
    facts = spec(name).measured
    style = facts and facts.style
    if meta.drawable:
        assert style is not None
        measured = drawing_style_of(prepared)
        for key, value in style.model_dump().items():
            assert getattr(measured, key) == pytest.approx(value, abs=1e-3), key


def test_what_is_said_of_built_in_sets_is_what_is_measured(digits: Prepared) -> None:
    agrees("digits", digits)


def test_its_parts_are_as_large(digits: Prepared) -> None:
    for meta in (digits.meta, description(spec("digits"))):
        mine, theirs = (parts(one, 0.2, 500, 0) for one in (described(meta), digits))
        assert [len(mine.train), len(mine.val), len(mine.test)] == [
            len(theirs.train),
            len(theirs.val),
            len(theirs.test),
        ]
    counts = np.bincount(described(digits.meta).labels[digits.indices("train")])
    assert counts.tolist() == list(digits.meta.class_counts["train"])
