"""Settings in JSON, TOML and YAML: the same values from each, and a sentence for what is none of them."""

import json
import math
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.recipes import RECIPES
from core.run_config import RunConfig
from core.settings import documents
from core.settings.documents import ENDINGS, MAX_DEPTH, format_of, read_json, read_toml, read_yaml
from tests.fuzzing import tries

NAMES = [f"settings.{ending}" for ending in ENDINGS]
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=20)
plain = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False, allow_infinity=False), words,
    st.sampled_from(["yes", "no", "on", "off", "010", "1_000", "3e-4", "~", "null", "=", "<<", "12:30", "- a", "# a"]),
)  # fmt: skip
documents_of_values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=8
).filter(lambda value: "<<" not in str(value))


@pytest.fixture(params=["C", "Python"], autouse=True)
def yaml_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers: which of them is there depends on how it was built."""
    if request.param == "C" and not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(documents, "YAML_LOADER", yaml.CSafeLoader if request.param == "C" else yaml.SafeLoader)


def as_toml(config: RunConfig) -> str:
    """TOML has no null: what is not set is left out."""
    lines = []
    for part, fields in config.to_dict().items():
        lines.append(f"[{part}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in fields.items() if value is not None]
    return "\n".join(lines)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_is_the_same_in_every_format(recipe: Any) -> None:
    config = recipe.config
    texts = {"a.json": config.to_json(), "a.toml": as_toml(config), "a.yaml": yaml.safe_dump(config.to_dict()),
             "a.YML": config.to_json(), "of no known kind": config.to_json()}  # fmt: skip
    for name, text in texts.items():
        assert RunConfig.from_file(text.encode(), name) == config, name
        assert RunConfig.from_file(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), name) == config, name


@given(documents_of_values)
@tries(90)
def test_json_read_as_yaml_is_the_same(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert repr(read_yaml(text)) == repr(read_json(text))


def test_numbers_words_and_null_are_those_of_yaml_1_2() -> None:
    told = read_yaml(
        "[3e-4, 1E3, .5, 1., +2, 010, 0o17, 0xff, -7, true, False, null, ~, , yes, no, on, off, y, 1_000, 1:30, "
        "2026-11-28, '3', \"4\", '', 0b1, 1e, .e3, <<]".replace(", ,", ", ~,")
    )
    assert told == [
        0.0003, 1000.0, 0.5, 1.0, 2, 10, 15, 255, -7, True, False, None, None, None, "yes", "no", "on", "off", "y",
        "1_000", "1:30", "2026-11-28", "3", "4", "", "0b1", "1e", ".e3", "<<",
    ]  # fmt: skip
    assert [type(value) for value in told[:9]] == [float, float, float, float, int, int, int, int, int]
    assert read_yaml("a:\nb: |\n  1\n") == {"a": None, "b": "1\n"}
    assert read_yaml("[.inf, -.Inf, +.INF]") == [math.inf, -math.inf, math.inf]
    assert math.isnan(read_yaml(".nan"))


def test_settings_as_people_write_them() -> None:
    text = """
    # a short one
    model: {name: mlp, widths: [32, 16]}
    optimizer:
      lr: 3e-4      # PyYAML alone reads this as text
    training:
      epochs: 2
    """
    config = RunConfig.from_file(text.encode(), "short.yml")
    assert (config.model.name, config.model.widths, config.optimizer.lr) == ("mlp", (32, 16), 3e-4)
    toml = 'training.epochs = 2\n[optimizer]\nlr = 3e-4\n[model]\nname = "mlp"\nwidths = [32, 16]\n'
    assert RunConfig.from_file(toml.encode(), "short.toml") == config


@pytest.mark.parametrize("name,text,words", [
    ("a.yaml", "data: {shuffle: off}", 'data.shuffle is "off"; allowed: true or false'),
    ("a.yaml", "training: {epochs: .nan}", "training.epochs is nan"),
    ("a.toml", "training.epochs = inf", "training.epochs is inf"),
    ("a.yaml", "training: {epochs: 2026-11-28}", "training.epochs is"),
    ("a.yaml", "", "the settings are no YAML mapping: write them as model: {name: cnn}, for instance"),
    ("a.yaml", "# nothing", "no YAML mapping"), ("a.yaml", "- 1\n- 2", "no YAML mapping"),
    ("a.json", "[]", 'no JSON object: write them as {"model": {"name": "cnn"}}'),
    ("a.yaml", "data: [1, 2", "the settings are not YAML ("),
    ("a.yaml", "data:\n  name: a: b", "in line 2, column 10): correct them there"),
    ("a.yaml", "a: \x07", "the settings are not YAML (a character that no text has in line 1, column 4)"),
    ("a.toml", "[data\n", "in line 1, column 6): correct them"), ("a.toml", "a = ", "the settings are not TOML ("),
    ("a.toml", "a = 1\na = 2", "the settings are not TOML (cannot overwrite a value at its end): correct them there"),
    ("a.json", '{"a": }', "the settings are not JSON (expecting value in line 1, column 7): correct them there"),
    ("a.yaml", "data: {name: mnist}\ndata: {}", "'data' is there twice in the settings (line 2, column 1): leave one"),
    ("a.yaml", "data: {limit: 3, limit: 3}", "'limit' is there twice in the settings (line 1, column 18)"),
    ("a.yaml", "a: &all [1]\nb: *all", "'&all' in line 1, column 4 points elsewhere: write the value itself there"),
    ("a.yaml", "a: *all", "'*all' in line 1, column 4 points elsewhere"),
    ("a.yaml", "&a b: 1", "is no name of a setting"), ("a.yaml", "? [1]\n: 1", "is no name of a setting"),
    ("a.yaml", "{1: 2}: 3", "is no name of a setting"),
    ("a.yaml", "data:\n  <<: {limit: 3}", "'<<' in line 2, column 3 points elsewhere"),
    ("a.yaml", "a: !!python/object/apply:os.system ['touch x']", "has no meaning in settings: leave it out"),
    ("a.yaml", "a: !!int '3'", "the tag 'tag:yaml.org,2002:int' in line 1, column 4"),
    ("a.yaml", "--- {}\n--- {}", "a second document begins in line 2, column 1"),
    ("a.yaml", "5: 1", "unknown setting '5'"), ("a.yaml", "data: {true: 1}", "unknown setting 'data.true'"),
    ("a.toml", "a = 2026-11-28", "2026-11-28 in the settings is a date or a time: put it in quotation marks"),
    ("a.toml", "a = [{b = 07:32:00}]", "07:32:00 in the settings is a date or a time"),
    ("a.yaml", f"a: {'9' * 5000}", "a whole number of more than 64 bits"),
    ("a.toml", f"a = {'9' * 5000}", "a whole number of more than 64 bits"),
    ("a.yaml", f"a: {2**70}", "a whole number of more than 64 bits"),
    ("a.yaml", '{"data": {"name": "folder", "path": "a\\0b"}}', "not readable text"),
    ("a.toml", 'data = {name = "folder", path = "a\\u0000b"}', "not readable text"),
    ("a.toml", "\0", "the settings are not TOML"),
    ("a.yaml", b"a: \xff", "a.yaml is not a text file; settings are written as YAML, in UTF-8"),
    ("a.toml", b"\xff", "a.toml is not a text file; settings are written as TOML, in UTF-8"),
    ("a.yaml", "a:" + " " * 10**6, "a.yaml: it is larger than any settings (1,000,000 bytes)"),
])  # fmt: skip
def test_what_cannot_be_read_is_one_sentence_with_its_place(name: str, text: str | bytes, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        RunConfig.from_file(text if isinstance(text, bytes) else text.encode(), name)
    sentence = str(caught.value)
    assert words in sentence and len(sentence) < 1000 and "\n" not in sentence
    assert sentence.startswith(name)


def nested(opening: str, closing: str, times: int) -> str:
    return opening * times + "1" + closing * times


BOMB = "\n".join(["a0: &a0 [x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)])
SIZE = 900_000  # bytes: as large as a file may be


@pytest.mark.parametrize("name,text,words", [
    ("a.yaml", BOMB, "points elsewhere"),
    ("a.yaml", nested("[", "]", SIZE // 2), "nested too deeply"),
    ("a.yaml", nested("{a: ", "}", SIZE // 6), "nested too deeply"),
    ("a.yaml", "- " * (SIZE // 2), "nested too deeply"),
    ("a.yaml", "\n".join(" " * n + "a:" for n in range(1200)), "nested too deeply"),
    ("a.yaml", "? " * (SIZE // 2), "is no name of a setting"),
    ("a.toml", "a = " + nested("[", "]", SIZE // 2), "nested too deeply"),
    ("a.toml", "a = " + nested("{a = ", "}", SIZE // 8), "nested too deeply"),
    ("a.toml", "a." * (SIZE // 2) + "a = 1", "nested too deeply"),
    ("a.toml", "'a' . \"b\" ." * (SIZE // 12) + "a = 1", "nested too deeply"),
    ("a.toml", "[" + "a." * (SIZE // 2) + "a]", "nested too deeply"),
    ("a.toml", "a." * 20 + "a = 1", "nested too deeply"),
    ("a.toml", "a" * SIZE, "the settings are not TOML"), ("a.toml", '"' * SIZE, "the settings are not TOML"),
    ("a.toml", "a-" * (SIZE // 2), "the settings are not TOML"), ("a.toml", '"a' * (SIZE // 2), "are not TOML"),
    ("a.toml", "".join(f"[[a]]\nb{n}.c = 1\n" for n in range(10_000)), "unknown setting 'a'"),
    ("a.yaml", "data:\n" + "".join(f"  x{n}: [1]\n" for n in range(10_000)), "unknown setting"),
], ids=lambda value: value[:12])  # fmt: skip
def test_hostile_text_costs_seconds_at_most(name: str, text: str, words: str) -> None:
    began = time.process_time()
    with pytest.raises(BadInput) as caught:
        RunConfig.from_file(text.encode(), name)
    assert time.process_time() - began < 10
    assert words in str(caught.value) and len(str(caught.value)) < 1000


@given(
    st.sampled_from(NAMES), st.one_of(st.text(max_size=80), st.binary(max_size=80).map(lambda b: b.decode("latin-1")))
)
@tries(120)
def test_any_text_is_settings_or_a_sentence(name: str, text: str) -> None:
    try:
        config = RunConfig.from_file(text.encode(errors="surrogatepass"), name)
    except BadInput as error:
        assert 10 < len(str(error)) < 3000 and "\n" not in str(error)
        return
    assert RunConfig.from_json(config.to_json()) == config


@given(st.sampled_from(NAMES), st.data())
@tries(90)
def test_settings_with_a_few_characters_changed(name: str, data: st.DataObject) -> None:
    text = as_toml(RunConfig()) if name.endswith("toml") else yaml.safe_dump(RunConfig().to_dict())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.sampled_from(["", *"\"'{}[],:-#&*!|>%@` \t\n\0é9e."])) + text[at + 1 :]
    try:
        config = RunConfig.from_file(text.encode(), name)
    except BadInput as error:
        assert "\n" not in str(error)
        return
    assert RunConfig.from_json(config.to_json()) == config


def test_as_deep_as_json_may_be() -> None:
    deep = nested('{"a": ', "}", MAX_DEPTH)
    for text in (deep, nested('{"a": ', "}", MAX_DEPTH + 1)):
        told = set()
        for read in (read_json, read_yaml):
            try:
                documents.check_shape(read(text))
                told.add("read")
            except BadInput:
                told.add("refused")
        assert told == {"read" if text == deep else "refused"}
    assert read_toml("a.b.c = [[1]]") == {"a": {"b": {"c": [[1]]}}}


def test_the_format_is_told_by_the_ending() -> None:
    told = {name: format_of(name).name for name in ("a.json", "b.TOML", "c.x.yml", "/d.yaml/e", "f", "yaml")}
    assert told == {"a.json": "JSON", "b.TOML": "TOML", "c.x.yml": "YAML", "/d.yaml/e": "JSON", "f": "JSON",
                    "yaml": "JSON"}  # fmt: skip
