"""Messages: texts and values apart, sentences made when somebody reads."""

import gettext
import json
from pathlib import Path

import pytest

from core import formatting, translations
from core.errors import BadInput, Problem
from core.locale import _, language, ngettext
from core.locale.messages import SettingName, sentence


def test_values_are_written_as_their_places_say() -> None:
    words = sentence(
        "{a:percent} of {b:count} ({c:size}), {d!r}, {e:.1f}", {"a": 0.25, "b": 12345, "c": 5e6, "d": "x", "e": 2}
    )
    assert words == "25.00\u00a0% of 12\u202f345 (5.0 MB), 'x', 2.0"


def test_a_text_without_values_is_taken_as_it_is() -> None:
    assert str(Problem("{not} a place")) == "{not} a place"


def test_a_value_may_hold_braces() -> None:
    assert str(Problem("there is no {file}", file="{0}.png")) == "there is no {0}.png"


def test_a_setting_is_called_by_its_title_where_the_reader_knows_it_so() -> None:
    problem = BadInput("{setting} is {lr:g}", setting=SettingName("optimizer.lr"), lr=99.0)
    assert str(problem) == "optimizer.lr is 99"
    assert problem.words({"optimizer.lr": "Learning rate"}.__getitem__) == "Learning rate is 99"
    assert problem.settings == ["optimizer.lr"]


def test_what_is_kept_of_a_problem_is_json_and_reads_the_same() -> None:
    problem = Problem(
        "{setting} in {path} after {step:count}",
        "some_code",
        setting=SettingName("data.size"),
        path=Path("/a"),
        step=1234,
    )
    kept = Problem.from_dict(json.loads(json.dumps(problem.to_dict())))
    assert (kept.code, str(kept), kept.settings) == ("some_code", str(problem), ["data.size"])


def test_the_reader_s_language_makes_the_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Backwards(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return {"{file} is empty": "leer ist {file}"}.get(message, message)

    made = {"de": Backwards()}
    monkeypatch.setattr(translations, "catalogue", lambda code: made.get(code, gettext.NullTranslations()))
    problem = Problem("{file} is empty", file="a.png")
    assert str(problem) == "a.png is empty"
    token = language.set("de")
    try:
        assert str(problem) == "leer ist a.png"
    finally:
        language.reset(token)


def test_words_on_the_spot() -> None:
    assert _("{n:count} images of {name}", n=12345, name="{x}") == "12\u202f345 images of {x}"
    assert _("{as it is}") == "{as it is}"


@pytest.mark.parametrize(("n", "words"), [(0, "0 runs"), (1, "1 run"), (1234, "1\u202f234 runs")])
def test_words_that_follow_a_number(n: int, words: str) -> None:
    assert ngettext("{n:count} run", "{n:count} runs", n) == words


@pytest.mark.parametrize("wrong", ["{nope}", "{name", "{name:percent}", "{name.__class__}", "{name[0]}", "{}"])
def test_a_translation_with_wrong_places_gives_the_english_words(wrong: str, monkeypatch) -> None:
    class Wrong(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return wrong

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return wrong

    monkeypatch.setattr(translations, "catalogue", lambda code: Wrong())
    assert _("run {name}", name="x") == "run x"
    assert ngettext("{n:count} run of {name}", "{n:count} runs of {name}", 2, name="x") == "2 runs of x"
    assert formatting.of(2, 3) == "2 of 3" and formatting.speed(883.4) == "883 images/s"


def test_a_name_in_a_sentence_is_set_off_from_it() -> None:
    assert _("waits until {run:name} is done", run="to be cancelled") == "waits until “to be cancelled” is done"


def test_no_place_of_a_text_takes_all_memory() -> None:
    """A text may come from a row of a damaged or hostile store."""
    with pytest.raises(ValueError, match="9999999999"):
        sentence("{n:9999999999d}", {"n": 1})
    assert sentence("{n:>12}", {"n": 1}) == 11 * " " + "1"
