"""A message is a text with named places and the values that go there; the sentence is made when it is shown.

Texts are English and are their own keys in the catalogues of other languages, as gettext has it. A place says how its
value is written: `{share:percent}`, `{bytes:size}`, `{images:count}`, `{run:name}`, or any of Python's own formats.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from core import formatting
from core.translations import Places, filled, translate, translate_many

WAYS: dict[str, Callable[[Any], str]] = {  # how a value is written, by the name after the colon
    "count": formatting.count,
    "duration": formatting.duration,
    "loss": formatting.loss,
    "name": lambda value: quoted(value),
    "percent": formatting.percent,
    "rate": formatting.rate,
    "share": partial(formatting.percent, digits=0),
    "size": formatting.size,
}


def quoted(name: object) -> str:
    """A name that people gave, set off from the sentence that it stands in: `{run:name}`."""
    return filled(translate("“{name}”"), "“{name}”", {"name": name}, Places())


class SettingName(str):
    """The dotted name of a setting within a sentence. A page shows its title in its place."""


def sentence(text: str, values: Mapping[str, Any], title: Callable[[str], str] = str) -> str:
    """The words of a message. `title` turns a setting's dotted name into what the reader knows it by.

    A text without values is taken as it is, braces and all.
    """
    words = translate(text)
    if not values:
        return words
    told = {name: title(value) if isinstance(value, SettingName) else value for name, value in values.items()}
    return filled(words, text, told, _Words())


def _(text: str, /, **values: Any) -> str:
    """The words of a text that stands here, in the reader's language, with values in their places:
    `_("Batches of {size:count}", size=half)`. The name is the one that tools for translators look for."""
    return sentence(text, values)


def ngettext(one: str, many: str, n: int, /, **values: Any) -> str:
    """The same for words that follow a number, `n` among the values: `ngettext("{n:count} run", "{n:count} runs", 2)`.
    A language has as many forms as its grammar needs."""
    return filled(translate_many(one, many, n), one if n == 1 else many, {"n": n, **values}, _Words())


class _Words(Places):
    def format_field(self, value: Any, format_spec: str) -> str:
        way = WAYS.get(format_spec)
        return way(value) if way else str(super().format_field(value, format_spec))


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON can hold them: settings' names marked, paths and other things as their words."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, SettingName):
        return {"setting": str(value)}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def read_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `plain_values` made, read back."""
    return {
        name: SettingName(value["setting"]) if isinstance(value, dict) and "setting" in value else value
        for name, value in values.items()
    }
