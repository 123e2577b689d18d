"""What all entries of the training registries, and the models, have in common."""

import pytest

from core.errors import BadInput
from core.run_config import REGISTRIES, RunConfig
from tests.training.contract import named, varied

ENTRIES = [(part, name) for part in REGISTRIES for name in named(part)]


@pytest.mark.parametrize("part,name", ENTRIES)
def test_it_has_words_for_people(part: str, name: str) -> None:
    entry = REGISTRIES[part][name]
    assert entry.title and entry.about.endswith(".") and entry.defaults().name == name


@pytest.mark.parametrize("part,name", ENTRIES)
def test_it_goes_through_json_and_back(part: str, name: str) -> None:
    for changes in ({f"{part}.name": name}, varied(part, REGISTRIES[part][name])):
        config = RunConfig().replace(changes)
        again = RunConfig.from_json(config.to_json())
        assert again == config and type(getattr(again, part)) is REGISTRIES[part][name].settings
        assert config.to_dict()[part].keys() == REGISTRIES[part][name].settings.model_fields.keys()


@pytest.mark.parametrize("part,name", ENTRIES)
def test_its_name_alone_means_its_defaults(part: str, name: str) -> None:
    assert getattr(RunConfig.from_dict({part: {"name": name}}), part) == REGISTRIES[part][name].defaults()


@pytest.mark.parametrize("part,name", ENTRIES)
def test_a_misspelt_name_is_refused_with_the_choices(part: str, name: str) -> None:
    for make in (
        lambda: RunConfig().replace({f"{part}.name": name + "x"}),
        lambda: RunConfig.from_dict({part: {"name": name + "x"}}),
        lambda: REGISTRIES[part][name + "x"],
    ):
        with pytest.raises(BadInput) as caught:
            make()
        assert f"{name}x" in str(caught.value) and ", ".join(named(part)) in str(caught.value)


@pytest.mark.parametrize("part", REGISTRIES)
@pytest.mark.parametrize("name", [None, 3, True, ["adam"], {"name": "adam"}])
def test_a_name_that_is_no_text_is_refused_with_the_choices(part: str, name: object) -> None:
    with pytest.raises(BadInput) as caught:
        RunConfig.from_dict({part: {"name": name}})
    assert f"{part}.name is " in str(caught.value) and ", ".join(named(part)) in str(caught.value)
