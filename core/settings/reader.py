"""The language that whoever started this process reads."""

from core import translations
from core.locale import _
from core.settings.environment import Environment


def begin() -> str:
    """Words are in the language of EPOCHLAB_LANGUAGE from now on, in this process. English where there is no catalogue
    of it, and a sentence that says so; "" otherwise."""
    wanted = Environment.read().language
    known = translations.languages()
    translations.set_process_language(wanted if wanted in known else translations.ENGLISH)
    if wanted in known:
        return ""
    return _(
        "There is no translation into the language {wanted!r} that EPOCHLAB_LANGUAGE names, so this is English; have: "
        "{names}.",
        wanted=wanted,
        names=", ".join(known),
    )
