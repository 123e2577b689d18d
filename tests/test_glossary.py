"""The glossary has the field's words that stand on the screen, once each and in order, and no other."""

import re
from pathlib import Path

from tests.locale.template import template

TEXT = (Path(__file__).parents[1] / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^\| ([^|]+) \| [^|]+\. \|$", TEXT, re.MULTILINE)
# Words of machine learning; where one of them stands on the screen, the glossary explains it.
FIELD = (
    "accuracy", "augmentation", "backbone", "batch", "calibration", "channel", "checkpoint",
    "class", "confusion", "convolution", "cross-entropy", "dropout", "epoch",
    "evaluation", "export", "F1", "fine-tuning", "fingerprint", "gradient", "hyperparameter",
    "label", "layer", "loss", "metric", "model", "momentum", "nats",
    "optimizer", "overfitting", "parameter", "pooling", "precision", "pretrained", "probability",
    "recall", "recipe", "run", "schedule", "seed", "shuffle", "smoothing",
    "split", "step", "test", "training", "validation", "weights",
)  # fmt: skip


def screen() -> str:
    """All words for people, in small letters."""
    ids = [message.id if isinstance(message.id, str) else " ".join(message.id) for message in template() if message.id]
    return "\n".join(ids).lower()


def test_terms_stand_once_and_in_order() -> None:
    assert len(TERMS) > 50 and sorted(set(TERMS), key=str.lower) == TERMS
    assert len(TERMS) == TEXT.count("\n| ") - 1  # but for the heading: each row says what its term means


def test_every_term_of_the_field_on_the_screen_is_explained() -> None:
    words = screen()
    shown = {term for term in FIELD if re.search(rf"\b{re.escape(term.lower())}", words)}
    assert shown - set(TERMS) == set() and len(shown) > 40


def test_what_is_explained_stands_on_the_screen() -> None:
    words = screen()
    stem = {term: term.lower().removesuffix("ed").removesuffix("ing").removesuffix("e") for term in TERMS}
    assert [term for term in TERMS if stem[term] not in words] == []
