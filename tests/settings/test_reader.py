"""Which language words are in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from core import translations
from core.cli.parser import main
from core.locale import _, language
from core.settings import reader


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
    before = language.get()
    yield
    language.set(before)
    translations.catalogue.cache_clear()


@pytest.mark.usefixtures("german")
def test_the_environment_names_the_language(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", " de ")
    assert main(["runs"]) == 0 and capsys.readouterr().out == "Noch keine: python -m core\n"
    assert language.get() == "en" and _("List the data sets.") == "List the data sets."  # for who called it
    assert reader.begin() == "" and _("List the data sets.") == "Die Datensätze."


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("wanted", ["xx", "../de", "de_DE.UTF-8"])
def test_a_language_without_words_is_told_and_english_used(
    wanted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", wanted)
    assert main(["runs"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("There are no runs yet.")
    assert printed.err.count("\n") == 1 and repr(wanted) in printed.err and "have: en, de." in printed.err
