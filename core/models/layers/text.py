"""A list of layers as a person types it: `conv 32 3 padding=1, batch_norm, relu, max_pool 2, flatten, dense 64`.

A layer is its kind and its numbers, in the order in which PyTorch takes them or by their names. What is left out has
its default. The same text is in JSON, on the command line, in links and on the form.
"""

import json
import re
from difflib import SequenceMatcher
from typing import Any

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models.layers import LAYERS, LayerSettings
from core.sanitize import one_line
from core.settings.documents import MAX_QUOTED_CHARACTERS, read_json
from core.settings.parsing import Refused, parse

MAX_LAYERS = 64  # in a list; a page shows them all
MAX_TEXT_CHARS = 2000  # of a list: twice what MAX_LAYERS usual ones take
LAYERS_SETTING = "model.layers"


def items(text: str) -> list[str]:
    """The layers of a list, each as it is written."""
    return [" ".join(part.split()) for part in re.split(r"[,;\n]", text) if part.strip()]


def joined(layers: list[str]) -> str:
    return ", ".join(layers)


def read_layer(item: str) -> LayerSettings:
    """The layer that `conv 32 3 padding=1` means; `BadInput` for what no layer is."""
    kind, *words = re.sub(r"\s*=\s*", "=", item).split()
    spec = LAYERS[kind.lower()]
    names = [name for name in spec.settings.model_fields if name != "name"]
    values: dict[str, Any] = {"name": spec.name}
    for place, word in enumerate(words):
        name, named, value = word.partition("=")
        if not named:
            if place >= len(names) or list(values) != ["name", *names[:place]]:
                raise misplaced(word, spec.name, names)
            name, value = names[place], word
        if name in values:
            raise BadInput("{name} is there twice: leave one out", name=one_line(name, MAX_QUOTED_CHARACTERS))
        values[name] = value_of(value)
    return parse(spec.settings, values, f"{spec.name}.")


def misplaced(word: str, kind: str, names: list[str]) -> BadInput:
    """The error for a number that stands where none belongs."""
    word = one_line(word, MAX_QUOTED_CHARACTERS)
    if not names:
        return BadInput("{kind} has no numbers: leave {word} out", kind=kind, word=word)
    return BadInput(
        "{word} is one number too many, or stands after one with a name; {kind} has these, in this order: {names}",
        word=word,
        kind=kind,
        names=", ".join(names),
    )


def value_of(text: str) -> Any:
    """JSON, or else the text itself, which is then no number."""
    try:
        return read_json(text)
    except BadInput:
        return text


def layer_text(layer: LayerSettings) -> str:
    """What `read_layer` reads as the same layer, in the shortest form that names what is unusual."""
    unnamed = names_of(layer)[: LAYERS[layer.name].unnamed]
    said = (text if name in unnamed else f"{name}={text}" for name, text in telling_numbers(layer).items())
    return " ".join([layer.name, *said])


def telling_numbers(layer: LayerSettings) -> dict[str, str]:
    """Name → number, as it is written, of those that every layer of the kind has, and of what is unusual."""
    unnamed, values = names_of(layer)[: LAYERS[layer.name].unnamed], dict(layer)
    fields = type(layer).model_fields
    told = [name for name in names_of(layer) if name in unnamed or values[name] != fields[name].default]
    return {name: value if isinstance(value := values[name], str) else json.dumps(value) for name in told}


def names_of(layer: LayerSettings) -> list[str]:
    """The numbers of a layer, in the order in which PyTorch takes them."""
    return [name for name in type(layer).model_fields if name != "name"]


def read_layers(text: str) -> list[LayerSettings]:
    """The layers of a list; `Refused`, with a problem for each row, where some cannot be read."""
    found, wrong = [], []
    for row, item in enumerate(items(text), start=1):
        try:
            found.append(read_layer(item))
        except BadInput as problem:
            wrong.append(at_row(row, item, problem))
    if len(found) + len(wrong) > MAX_LAYERS:
        wrong.insert(
            0,
            BadInput(
                "{setting} has {layers} layers; allowed: at most {most}",
                setting=SettingName(LAYERS_SETTING),
                layers=len(found) + len(wrong),
                most=MAX_LAYERS,
            ),
        )
    if wrong:
        raise Refused(wrong)
    return found


def at_row(row: int, item: str, problem: BadInput) -> BadInput:
    """A problem of one layer, with the row that it stands in, counted from 1."""
    return BadInput(
        "{setting}, row {row} ({layer}): {problem}",
        setting=SettingName(LAYERS_SETTING),
        row=row,
        layer=one_line(item, MAX_QUOTED_CHARACTERS),
        problem=problem,
    )


def canonical(text: str) -> str:
    """The one way to write that list of layers."""
    return joined(list(map(layer_text, read_layers(text))))


def tidied(text: str) -> str:
    """The same, but that a layer which cannot be read stays as it was typed."""
    return joined([tidied_item(item) for item in items(text)])


def tidied_item(item: str) -> str:
    try:
        return layer_text(read_layer(item))
    except BadInput:
        return item


def as_kind(item: str, kind: str) -> str:
    """A layer of another kind in the place of this one, with as many channels where both have some."""
    layer = read_layer(LAYERS[kind].usual or kind)
    try:
        channels = getattr(read_layer(item), "channels", None)
    except BadInput:
        channels = None
    changed = channels is not None and "channels" in type(layer).model_fields
    return layer_text(layer.model_copy(update={"channels": channels}) if changed else layer)


def with_number(item: str, name: str, value: float | str | None) -> str:
    """The same layer with another number of that name; None for its default. What was typed and is no number stands
    there, to be read as a problem of its row."""
    layer = read_layer(item)
    if value is None:
        value = type(layer).model_fields[name].default
    typed = re.sub(r"[\s,;=]", "", value) if isinstance(value, str) else value
    return layer_text(layer.model_copy(update={name: typed}))


def difference(before: str, after: str) -> str:
    """What was changed in a list: `conv 32 3 → conv 64 3, + dropout 0.5, − relu`."""
    old, new = items(before), items(after)
    said = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        pairs = min(b - a, d - c)
        said += [f"{old[a + at]} → {new[c + at]}" for at in range(pairs)]
        said += [f"− {one}" for one in old[a + pairs : b]] + [f"+ {one}" for one in new[c + pairs : d]]
    return ", ".join(said)
