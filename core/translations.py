"""The language of the reader, and the translations into it. All code that writes words or numbers uses this."""

import gettext as library
import re
import string
import struct
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

DOMAIN = "epochlab"  # of the catalogues, `<language>/LC_MESSAGES/epochlab.mo`
CATALOGUES = Path(__file__).parent / "locale" / "catalogues"
ENGLISH = "en"  # the texts themselves: it has no catalogue

# The language of the present reader, where it differs from that of the process: in a session of the server.
language: ContextVar[str] = ContextVar("language", default="")
_of_process = ENGLISH


def current() -> str:
    """The language that words are in now."""
    return language.get() or _of_process


def set_process_language(code: str) -> str:
    """The language of all threads that have none of their own; returns what it was."""
    global _of_process
    before, _of_process = _of_process, code
    return before


def languages() -> list[str]:
    """The languages there are words in, by their codes, English first."""
    codes = sorted(file.parents[1].name for file in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return [
        ENGLISH,
        *(code for code in codes if code != ENGLISH and type(catalogue(code)) is not library.NullTranslations),
    ]


@cache
def catalogue(code: str) -> library.NullTranslations:
    """The translations into one language; none for English, and for a language that is not there or whose file is
    damaged."""
    try:
        return library.translation(DOMAIN, CATALOGUES, [code], fallback=True)
    except (OSError, ValueError, struct.error):
        return library.NullTranslations()


def translate(text: str) -> str:
    """`text` in the reader's language; itself where there is no translation. A text may come from elsewhere, such as
    the title of an entry: a literal text belongs in `_`."""
    return catalogue(current()).gettext(text) if text else ""  # "" is the key of a catalogue's own header


class Places(string.Formatter):
    """Puts values into the places of a text. A place is only a name: it reads no attribute or item of a value."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        if not field_name.isidentifier():
            raise ValueError(field_name)
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> Any:
        if re.search(r"\d{3}", format_spec):  # as many spaces, or zeros, would take all memory
            raise ValueError(format_spec)
        return super().format_field(value, format_spec)


def filled(words: str, english: str, values: Mapping[str, Any], places: Places) -> str:
    """A text with values in its places. A translation whose places are wrong gives the English words: no catalogue may
    end the program."""
    try:
        return places.vformat(words, (), values)
    except Exception:
        if words == english:
            raise
        return places.vformat(english, (), values)


def translate_many(one: str, many: str, n: int) -> str:
    """The form that goes with a number."""
    return catalogue(current()).ngettext(one, many, n)


def N_(text: str) -> str:  # noqa: N802  the name that tools for translators look for
    """Marks a text that is translated later, where it is shown: `translate(STATES[name])`."""
    return text
