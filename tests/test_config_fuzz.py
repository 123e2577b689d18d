"""Settings that nobody would write: each is taken or refused in a sentence, whatever it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.run_config import REGISTRIES, RunConfig, section
from core.settings.documents import MAX_QUOTED_CHARACTERS
from core.settings.fields import bounds, choices
from tests.fuzzing import tries

# Every setting of every section and of every entry, read from the settings themselves.
FIELDS = {f"{part}.{name}": info for part in RunConfig.model_fields if part not in REGISTRIES
          for name, info in section(part).model_fields.items()}  # fmt: skip
FIELDS |= {f"{part}.{name}": info for part, registry in REGISTRIES.items() for spec in registry.entries.values()
           for name, info in spec.settings.model_fields.items()}  # fmt: skip

numbers = st.one_of(
    st.integers(), st.integers(-2, 600), st.floats(), st.sampled_from([1e308, -1e-320, 2**31, 2**63, 2**64, -(2**70)])
)
texts = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(categories=["Cs", "Cc", "Cf"]), min_size=1, max_size=5),
    st.sampled_from(["", "x" * 10**5, "../../etc/passwd", "\0", "'; DROP TABLE runs; --", "<script>", "1e5", "null"]),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
lists = st.one_of(st.lists(st.integers(1, 9000), max_size=80), st.just([8] * 10**4), st.lists(numbers, max_size=4))


def near(name: str) -> st.SearchStrategy[Any]:
    """Values of a setting that are right, or just not."""
    info = FIELDS[name]
    low, high = bounds(info)
    edges = [edge + by for edge in (low, high) if edge is not None for by in (0, 1, -1, 1e-9)]
    return st.sampled_from([*choices(info), *edges, *map(int, edges), info.default])


names = st.one_of(st.sampled_from(sorted(FIELDS)), texts, st.builds("{}.{}".format, texts, texts))
known = st.sampled_from(sorted(FIELDS))
changes = st.one_of(
    st.builds(lambda name, value: {name: value}, names, st.one_of(values, lists)),
    known.flatmap(lambda name: st.builds(lambda value: {name: value}, near(name))),
    st.dictionaries(known, st.one_of(values, lists), min_size=2, max_size=4),
)


def taken_or_refused(make: Any) -> None:
    """Either settings that survive their own JSON, or a sentence of a length that can be read."""
    try:
        config = make()
    except BadInput as error:
        sentence = str(error)
        assert 10 < len(sentence) < 3000 and "\n" not in sentence and "pydantic" not in sentence
        sentence.encode()
        return
    assert RunConfig.from_json(config.to_json()) == config


@given(changes)
@tries(210)
def test_any_change_of_settings(change: dict[str, Any]) -> None:
    taken_or_refused(lambda: RunConfig().replace(change))


@given(st.one_of(values, st.dictionaries(st.sampled_from(list(RunConfig.model_fields)), values), lists))
@tries(90)
def test_any_json(value: Any) -> None:
    taken_or_refused(lambda: RunConfig.from_json(json.dumps(value)))


@given(st.data())
@tries(90)
def test_json_with_a_few_characters_changed(data: st.DataObject) -> None:
    text = RunConfig().to_json()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.sampled_from(["", *'"{}[],:0-9e.\\ \0é\ud800'])) + text[at + 1 :]
    taken_or_refused(lambda: RunConfig.from_json(text))


@pytest.mark.parametrize("text,words", [
    ("[" * 10_000 + "]" * 10_000, "nested too deeply"),
    ('{"data": ' * 500 + "1" + "}" * 500, "nested too deeply"),
    ('{"data": {"path": ' + "[" * 20 + "]" * 20 + "}}", "nested too deeply"),
    ('{"training": {"epochs": 2}, "training": {"epochs": 3}}', "'training' is there twice"),
    ('{"training": {"epochs": 2, "epochs": 3}}', "'epochs' is there twice"),
    ('{"training": {"epochs": ' + "9" * 5000 + "}}", "whole number of more than 64 bits"),
    ('{"training": {"seed": ' + "9" * 30 + "}}", "whole number of more than 64 bits"),
    ('{"training": {"epochs": NaN}}', "training.epochs is nan"),
    ('{"optimizer": {"lr": 1e999}}', "optimizer.lr is inf"),
    ('{"data": {"name": "folder", "path": "a\\u0000b"}}', "not readable text"),
    ('{"data": {"name": "folder", "path": "\\ud800"}}', "not readable text"),
    ('{"data": {"name": "\\ud800"}}', "not readable text"),
    (json.dumps({"data": {"name": "folder", "path": "x" * 10**6}}), "text of at most 4096 characters or null"),
    (json.dumps({"model": {"channels": [8] * 10**6}}), "a list of at most 64 whole numbers from 1 to 2048"),
    (json.dumps({"model": {"channels": list(range(-100, 0))}}), "model.channels is"),
    (json.dumps({"x" * 10**6: 1}), "unknown setting"),
    (json.dumps({"model": {"name": "x" * 10**6}}), "unknown model"),
], ids=lambda value: value[-40:])  # fmt: skip
def test_oddities_are_named(text: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        RunConfig.from_json(text)
    assert words in str(caught.value) and len(str(caught.value)) < 1000


def test_a_long_value_is_not_repeated_whole() -> None:
    with pytest.raises(BadInput) as caught:
        RunConfig().replace({"training.device": "x" * 10**6})
    words = str(caught.value)
    assert "x" * (MAX_QUOTED_CHARACTERS - 3) in words and "x" * MAX_QUOTED_CHARACTERS not in words
