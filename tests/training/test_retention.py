"""Which epochs are kept."""

import pytest

from core.training import retention

MB = 10**6


@pytest.mark.parametrize(("epochs", "size", "limit", "expected"), [
    (5, MB, 200 * MB, [1, 2, 3, 4, 5]),
    (10, MB, 200 * MB, list(range(1, 11))),
    (25, MB, 200 * MB, [3, 6, 9, 12, 15, 18, 21, 24]),
    (1000, MB, 200 * MB, list(range(100, 1001, 100))),
    (10, 90 * MB, 200 * MB, [5, 10]),
    (10, 201 * MB, 200 * MB, []),
    (10, MB, 0, []),
])  # fmt: skip
def test_kept_epochs_are_few_spread_and_within_the_limit(epochs, size, limit, expected):
    every = retention.interval(epochs, size, limit)
    assert [epoch for epoch in range(epochs + 1) if retention.keeps(epoch, every)] == expected
    assert retention.kept(epochs, every) == len(expected) and len(expected) * size <= limit
