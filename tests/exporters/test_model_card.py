"""What a model card says of how a model was made."""

from types import SimpleNamespace

import pytest

from core.exporters.export import loaded
from core.exporters.model_card import learnt_from, model_card
from core.insight.evaluation import evaluate
from core.loading.settings import DataConfig
from core.runs.trained import load_model, trained_checkpoint


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


def test_test_images_that_were_learnt_from_are_told_beside_the_score(trained, workspace, digits, monkeypatch) -> None:
    card = model_card(loaded(trained, workspace), "usage")
    assert "says little about new ones" not in card
    monkeypatch.setattr("core.insight.data_doubts.copies_of_training", lambda *_: 4)
    card = model_card(loaded(trained, workspace), "usage")
    assert ". 4 of them are training images, too, or nearly: a score on such images says little" in card


def test_weights_of_another_checkpoint_have_their_own_score(trained, workspace, digits) -> None:
    before = model_card(loaded(trained, workspace, "best"), "usage")
    best = load_model(trained_checkpoint(trained, workspace, "best")).best_epoch
    assert best > 0 and f"of its checkpoint `best`, after epoch {best}, not the last ones" in before
    assert "were not measured" in before and f"evaluate {trained.id} --checkpoint best" in before
    measured = evaluate(trained, "test", workspace, "best")
    after = model_card(loaded(trained, workspace, "best"), "usage")
    assert f"{measured.correct} of {measured.total} test images" in after and "not measured" not in after
    assert "checkpoint" not in model_card(loaded(trained, workspace), "usage")
