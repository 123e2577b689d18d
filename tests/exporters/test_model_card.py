"""What a model card says of how a model was made."""

from types import SimpleNamespace

import pytest

from core.exporters.model_card import learnt_from
from core.loading.settings import DataConfig


@pytest.mark.parametrize(
    ("splits", "changes", "said"),
    [
        ({"train": 60000, "test": 10000}, {"validation": 0.0}, "Its data set has 60000 training images."),
        ({"train": 1437, "test": 360}, {"validation": 0.1}, "images; 10% of them were held out to validate."),
        ({"train": 90, "val": 9, "test": 9}, {"validation": 0.1}, "Its data set has 90 training images."),
        (
            {"train": 60000, "test": 10000},
            {"validation": 0.2, "limit": 4000},
            "images; 20% of them were held out to validate, and it learnt from at most 4000.",
        ),
    ],
)
def test_the_training_images_are_those_that_were_learnt_from(splits, changes, said) -> None:
    assert learnt_from(DataConfig(**changes), SimpleNamespace(splits=splits)).endswith(said)
