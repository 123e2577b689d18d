"""The language of the person who started this process."""

from core import translations
from core.locale import _
from core.sanitize import one_line
from core.settings.environment import Environment


def begin() -> str:
    """Use the language of EPOCHLAB_LANGUAGE from now on, in this process. Where there is no catalogue of it, use
    English and return a sentence that says so; "" otherwise."""
    wanted = Environment.read().language
    known = translations.languages()
    found = next((code for code in spellings(wanted) if code in known), "")
    translations.set_process_language(found or translations.ENGLISH)
    if found:
        return ""
    return _(
        "There is no translation into the language {wanted!r} that EPOCHLAB_LANGUAGE names, so this is English; have: "
        "{names}.",
        wanted=one_line(wanted, 40),
        names=", ".join(known),
    )


def spellings(wanted: str) -> list[str]:
    """The codes that a catalogue of a language may have: `de_DE.UTF-8`, as systems write it, is `de_DE` or `de`."""
    code = wanted.partition(".")[0].partition("@")[0].replace("-", "_")
    if code.upper() in ("C", "POSIX"):
        return [translations.ENGLISH]
    language, _territory, territory = code.partition("_")
    return [*([f"{language.lower()}_{territory.upper()}"] if territory else []), language.lower()]
