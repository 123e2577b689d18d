"""Random numbers by their address."""

import numpy as np
import pytest

from core.loading.augmentations import AUGMENTATIONS
from core.loading.randomness import SCHEME, draws

MANY = np.arange(20000)


@pytest.mark.parametrize("scheme", [1, 2])
@pytest.mark.parametrize("purpose", AUGMENTATIONS.entries)
def test_a_number_depends_on_its_address_alone(purpose: str, scheme: int) -> None:
    here = draws(3, purpose, 2, MANY, 1, scheme)
    assert np.array_equal(draws(3, purpose, 2, MANY[[700, 3]], 1, scheme), here[[700, 3]])
    for other in (draws(4, purpose, 2, MANY, 1, scheme), draws(3, purpose, 3, MANY, 1, scheme),
                  draws(3, purpose + "x", 2, MANY, 1, scheme)):  # fmt: skip
        assert not np.any(other == here)


def test_one_number_more_for_an_image_changes_none_of_those_before() -> None:
    assert np.array_equal(draws(3, "flip", 2, MANY, 9)[:, :4], draws(3, "flip", 2, MANY, 4))


def test_numbers_are_even_and_independent() -> None:
    values = np.concatenate([draws(seed, purpose, epoch, MANY, 3) for seed, purpose, epoch in
                             ((0, "flip", 1), (1, "flip", 1), (0, "shift", 1), (0, "flip", 2))], axis=1)  # fmt: skip
    assert values.min() > 0 and values.max() < 1
    assert np.allclose(values.mean(0), 0.5, atol=0.01) and np.allclose(values.std(0), 12**-0.5, atol=0.01)
    assert np.abs(np.corrcoef(values.T) - np.eye(values.shape[1])).max() < 0.03
    assert np.abs([np.corrcoef(column[:-1], column[1:])[0, 1] for column in values.T]).max() < 0.03


@pytest.mark.parametrize("scheme,numbers", [
    (1, [0.5121232254543583, 0.8253419877126714]), (2, [0.7158078405865705, 0.026430458017970282]),
])  # fmt: skip
def test_the_schemes_stay_as_they_are(scheme: int, numbers: list[float]) -> None:
    """Runs that began with one of them go on with it."""
    assert draws(3, "rotate", 2, np.array([0, 31007]), 1, scheme)[:, 0].tolist() == numbers
    assert SCHEME == 2
