"""The template of the catalogues has every word for people, and every catalogue fits the template."""

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from pydantic import BaseModel

from core.datasets import catalog
from core.errors import Problem
from core.exporters import EXPORTERS
from core.exporters.trackers import TRACKERS
from core.formatting import STATES
from core.loading.augmentations import AUGMENTATIONS, augment_settings
from core.loading.settings import DataConfig
from core.locale import extraction
from core.models import MODELS
from core.recipes import RECIPES
from core.settings.fields import hints
from core.training.losses import LOSSES
from core.training.metrics import METRICS
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES
from core.training.settings import TrainingConfig
from core.translations import CATALOGUES
from tests.locale.template import read, template


def ids(of: Catalog) -> set[str]:
    """Every form of every message."""
    return {one for message in of if message.id for one in forms(message.id)}


def forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def entry_words() -> Iterator[str]:
    """What is translated where it is shown, as the program itself has it."""
    for registry in (MODELS, OPTIMIZERS, SCHEDULES, LOSSES):
        for entry in registry.entries.values():
            yield from (entry.title, entry.about)
            yield from field_words(entry.settings)
    for metric in METRICS.entries.values():
        yield from (metric.title, metric.unit, metric.short, metric.help, metric.family, metric.in_sentence)
    for data in catalog.catalog().values():
        yield from (data.title, data.about)
    for recipe in RECIPES:
        yield from (recipe.title, recipe.about)
    for augmentation in AUGMENTATIONS.entries.values():
        yield from (augmentation.title, augmentation.about, augmentation.in_words)
    for form in (*EXPORTERS.entries.values(), *TRACKERS.entries.values()):
        yield from (form.title, form.help)
    for settings in (DataConfig, augment_settings(), TrainingConfig):
        yield from field_words(settings)
    yield from STATES.values()


def field_words(settings: type[BaseModel]) -> Iterator[str]:
    for field in settings.model_fields.values():
        yield from (field.title or "", field.description or "")
        if told := hints(field):
            yield from (told["too_high"], told["too_low"], told["empty"], *told["labels"].values())


def test_the_words_of_entries_and_settings_are_in_the_template() -> None:
    words = {word for word in entry_words() if any(letter.isalpha() for letter in word)}
    assert len(words) > 300 and words - ids(template()) == set()


def test_every_kind_of_problem_is_looked_for() -> None:
    def below(kind: type) -> Iterator[type]:
        for one in kind.__subclasses__():
            yield from (one, *below(one))

    import core.cli.parser
    import core.runs.execute  # noqa: F401  both together import all there is

    assert {kind.__name__ for kind in (Problem, *below(Problem)) if kind.__module__.startswith("core.")} <= set(
        extraction.CALLS
    )


def places(text: str) -> set[str]:
    return {f"{name}:{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("file", sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po")), ids=lambda file: file.parents[1].name)
def test_a_catalogue_is_complete_compiled_and_keeps_the_places(file: Path) -> None:
    catalogue = read(file)
    assert ids(template()) - ids(catalogue) == set()
    for message in catalogue:
        if message.id and message.string:
            wanted = set().union(*map(places, forms(message.id)))
            assert all(places(form) <= wanted for form in forms(message.string)), message.id
    with file.with_suffix(".mo").open("rb") as compiled:
        kept = {str(message.id): message.string for message in read_mo(compiled) if message.id}
    assert kept == {str(message.id): message.string for message in catalogue if message.id and message.string}
