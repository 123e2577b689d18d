"""Which language words are in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from streamlit.testing.v1 import AppTest

from core import translations
from core.cli.parser import main
from core.locale import _, language
from core.settings import reader
from tests.pages.conftest import lab, show  # noqa: F401


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of two messages."""
    words = Catalog(locale="de")
    words.add("List the data sets.", "Die Datensätze.")
    words.add("There are no runs yet. Start with: {command} train --recipe digits-quick", "Noch keine: {command}")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{translations.DOMAIN}.mo").open("wb") as file:
        write_mo(file, words)
    monkeypatch.setattr(translations, "CATALOGUES", tmp_path)
    monkeypatch.setenv("EPOCHLAB_HOME", str(tmp_path / "lab"))
    translations.catalogue.cache_clear()
    before = translations.current()
    yield
    translations.set_process_language(before)
    translations.catalogue.cache_clear()


@pytest.mark.usefixtures("german")
def test_the_environment_names_the_language(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", " de ")
    assert main(["runs"]) == 0 and capsys.readouterr().out == "Noch keine: python -m core\n"
    assert translations.current() == "en" and _("List the data sets.") == "List the data sets."  # for who called it
    assert reader.begin() == "" and _("List the data sets.") == "Die Datensätze."


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("wanted", ["xx", "../de", "xx_DE.UTF-8"])
def test_a_language_without_words_is_told_and_english_used(
    wanted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", wanted)
    assert main(["runs"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("There are no runs yet.")
    assert printed.err.count("\n") == 1 and repr(wanted) in printed.err and "have: en, de." in printed.err


@pytest.mark.usefixtures("german")
def test_a_session_may_have_another_than_the_process_and_a_new_thread_has_that_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", "de")
    reader.begin()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_, "List the data sets.").result() == "Die Datensätze."
    before = language.set("en")
    assert _("List the data sets.") == "List the data sets."
    language.reset(before)


@pytest.mark.usefixtures("german")
def test_pages_are_in_the_language_of_the_environment(show: Callable[..., AppTest], monkeypatch) -> None:  # noqa: F811
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", "xx")
    assert "no translation into the language 'xx'" in show("app.py").warning[0].value


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(("wanted", "found"), [
    ("de_DE.UTF-8", "de"), ("DE", "de"), ("de-at", "de"), ("EN", "en"), ("en_GB", "en"), ("C", "en"), ("POSIX", "en"),
])  # fmt: skip
def test_a_language_may_be_written_as_systems_write_it(wanted: str, found: str, monkeypatch) -> None:
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", wanted)
    assert reader.begin() == "" and translations.current() == found


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("content", [b"garbage", b"", b"\xde\x12\x04\x95\x00\x00\x00\x00\xff"])
def test_a_damaged_catalogue_is_none(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "fr" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / f"{translations.DOMAIN}.mo").write_bytes(content)
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", "fr")
    assert "no translation into the language 'fr'" in reader.begin() and "have: en, de" in reader.begin()
