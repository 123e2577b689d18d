"""Settings as text, in JSON, TOML or YAML → plain values: dicts, lists, text, numbers, true, false and null.

The text may come from an unknown person. What is ambiguous is refused: a name that occurs twice, and in YAML all that
refers to another place (`&`, `*`, `!`, `<<`) or that other parsers read differently (`on`, `010`). Nothing here runs or
constructs anything.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import PurePath
from typing import Any

import yaml

from core.errors import BadInput
from core.locale import N_, _, translate
from core.sanitize import one_line

MAX_DEPTH = 8  # levels of nesting; settings have three
MAX_INTEGER_BITS = 64  # here and in other parsers of JSON
MAX_QUOTED_CHARACTERS = 80  # of a value that a sentence repeats
MAX_KEY_PARTS = 64  # of one dotted TOML key: tomllib's time grows with their square
TOO_DEEP = N_("the settings are nested too deeply: a part holds names, and each name a value or a list of values")
TOO_LONG = N_("the settings hold a whole number of more than {bits} bits: give a smaller one")
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # a zero byte, as no path holds it, and halves of a character

# A dotted key, from where one of its parts can begin: a\u0020.\u0020"b".'c' – and so on.
DOTTED_KEY = re.compile(
    rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_KEY_PARTS}}}"""
)  # fmt: skip
TOML_POSITION = re.compile(r"^(.*) \(at (?:(line \d+, column \d+)|end of document)\)$", re.DOTALL)

# The core schema of YAML 1.2 (section 10.3.2). PyYAML knows 1.1, where `no` is false and `3e-4` is text.
YAML_NULL = re.compile(r"~|null|Null|NULL|")
YAML_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
YAML_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
YAML_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
YAML_NOT_FINITE = re.compile(r"([-+]?)\.(?:(inf|Inf|INF)|nan|NaN|NAN)")
YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its parser is used: it yields events
YAML_CHARACTERS = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # all others are refused


@dataclass(frozen=True)
class Format:
    """One way to write settings down."""

    name: str
    endings: tuple[str, ...]  # of file names, without the dot
    read: Callable[[str], Any]
    what: str  # what the format calls the whole
    example: str


def read_json(text: str) -> Any:
    """The value that JSON stands for. `BadInput` where the text is no JSON, or is ambiguous."""
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise _broken("JSON", error.msg, _("in {place}", place=_place(error.lineno, error.colno))) from error
    except RecursionError as error:
        raise BadInput(TOO_DEEP) from error
    except ValueError as error:  # a whole number with thousands of digits
        raise BadInput(TOO_LONG, bits=MAX_INTEGER_BITS) from error


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which every name occurs once; Python would silently take the last."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise BadInput("{name} is there twice in the settings: leave one out", name=_quoted(name))
        values[name] = value
    return values


def read_toml(text: str) -> Any:
    """The same for TOML."""
    if key := DOTTED_KEY.search(text):
        raise BadInput(
            "{too_deep} ({place})", too_deep=translate(TOO_DEEP), place=_place(*_line_and_column(text, key.start()))
        )
    try:
        return _without_dates(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = TOML_POSITION.match(str(error))
        message, place = found.groups() if found else (str(error), None)
        raise _broken("TOML", message, _("in {place}", place=place) if place else _("at its end")) from error
    except RecursionError as error:
        raise BadInput(TOO_DEEP) from error
    except ValueError as error:  # a whole number with thousands of digits
        raise BadInput(TOO_LONG, bits=MAX_INTEGER_BITS) from error


def _without_dates(value: Any, depth: int = MAX_DEPTH) -> Any:
    """The same value; `BadInput` for a date or a time in it, which JSON does not have."""
    if depth < 0:
        raise BadInput(TOO_DEEP)
    if isinstance(value, date | time):
        raise BadInput(
            "{isoformat} in the settings is a date or a time: put it in quotation marks", isoformat=value.isoformat()
        )
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _without_dates(inner, depth - 1)
    return value


def read_yaml(text: str) -> Any:
    """The same for YAML, one document of it."""
    if odd := YAML_CHARACTERS.search(text):
        line, column = _line_and_column(text, odd.start())
        raise _broken("YAML", _("a character that no text has"), _("in {place}", place=_place(line, column)))
    events = yaml.parse(text, YAML_LOADER)
    try:
        next(events)  # the stream begins
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        value = _yaml_value(next(events), events)
        next(events)  # the document ends
        if not isinstance(more := next(events), yaml.StreamEndEvent):
            raise BadInput("a second document begins in {at}; settings are one: leave the others out", at=_at(more))
        return value
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in (error.problem or ""):  # libyaml looks ahead, and has a limit of its own
            raise BadInput(TOO_DEEP) from error
        mark = error.problem_mark or error.context_mark
        where = _("in {place}", place=_place(mark.line + 1, mark.column + 1)) if mark else _("at its end")
        raise _broken("YAML", error.problem or error.context or _("it cannot be read"), where) from error
    except yaml.YAMLError as error:
        raise _broken("YAML", _("it cannot be read"), _("somewhere")) from error


def _yaml_value(event: Any, events: Iterator[Any], depth: int = MAX_DEPTH) -> Any:
    """The value that begins with `event`; takes from `events` what belongs to it."""
    if depth < 0:
        raise BadInput("{too_deep} ({at})", too_deep=translate(TOO_DEEP), at=_at(event))
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
        raise BadInput(
            "{sign} in {at} points elsewhere: write the value itself there",
            sign=_quoted(sign + event.anchor),
            at=_at(event),
        )
    if event.tag not in (None, "!"):  # "!" stands before what is text anyway
        raise BadInput(
            "the tag {tag} in {at} has no meaning in settings: leave it out", tag=_quoted(event.tag), at=_at(event)
        )
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_yaml_value(inner, events, depth - 1))
        return items
    if isinstance(event, yaml.MappingStartEvent):
        values: dict[str, Any] = {}
        while not isinstance(key := next(events), yaml.MappingEndEvent):
            name = _yaml_name(key)
            if name in values:
                raise BadInput(
                    "{name} is there twice in the settings ({at}): leave one out", name=_quoted(name), at=_at(key)
                )
            values[name] = _yaml_value(next(events), events, depth - 1)
        return values
    return _yaml_scalar(event.value) if event.implicit[0] else event.value


def _yaml_name(event: Any) -> str:
    """The text of a key. JSON's names are text whatever they look like; so are these."""
    if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag not in (None, "!"):
        raise BadInput("what stands in {at} is no name of a setting: write plain text before the colon", at=_at(event))
    if event.value == "<<" and event.implicit[0]:
        raise BadInput("'<<' in {at} points elsewhere: write the settings themselves there", at=_at(event))
    return str(event.value)


def _yaml_scalar(words: str) -> Any:
    """What an unquoted word of YAML means."""
    if YAML_NULL.fullmatch(words):
        return None
    if YAML_BOOL.fullmatch(words):
        return words.lower() == "true"
    if YAML_INTEGER.fullmatch(words):
        try:
            return int(words, {"0o": 8, "0x": 16}.get(words[:2], 10))
        except ValueError as error:  # thousands of digits
            raise BadInput(TOO_LONG, bits=MAX_INTEGER_BITS) from error
    if YAML_FLOAT.fullmatch(words):
        return float(words)
    if special := YAML_NOT_FINITE.fullmatch(words):
        return float(special[1] + "inf") if special[2] else float("nan")
    return words


def check_shape(value: Any, depth: int = MAX_DEPTH) -> None:
    """`BadInput` for what Python can hold, but no JSON that others read: deep nesting, halves of characters."""
    if depth < 0:
        raise BadInput(TOO_DEEP)
    if isinstance(value, dict):
        for key, inner in value.items():
            check_shape(key, depth - 1)
            check_shape(inner, depth - 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            check_shape(inner, depth - 1)
    elif isinstance(value, str) and NO_TEXT.search(value):
        raise BadInput("{value} in the settings is not readable text: write it again, in UTF-8", value=_quoted(value))
    elif isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise BadInput(TOO_LONG, bits=MAX_INTEGER_BITS)


def _broken(kind: str, message: str, where: str) -> BadInput:
    words = one_line(message, 2 * MAX_QUOTED_CHARACTERS)
    return BadInput(
        "the settings are not {kind} ({words} {where}): correct them there",
        kind=kind,
        words=words[:1].lower() + words[1:],
        where=where,
    )


def _quoted(words: str) -> str:
    return repr(one_line(words, MAX_QUOTED_CHARACTERS))


def _place(line: int, column: int) -> str:
    return _("line {line}, column {column}", line=line, column=column)


def _at(event: Any) -> str:
    return _place(event.start_mark.line + 1, event.start_mark.column + 1)


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


JSON = Format("JSON", ("json",), read_json, "object", '{"model": {"name": "cnn"}}')
FORMATS = (
    JSON,
    Format("TOML", ("toml",), read_toml, "document", 'model.name = "cnn"'),
    Format("YAML", ("yaml", "yml"), read_yaml, "mapping", "model: {name: cnn}"),
)
ENDINGS = tuple(ending for kind in FORMATS for ending in kind.endings)


def format_of(filename: str) -> Format:
    """The format that the ending of a file's name stands for; JSON for any other."""
    ending = PurePath(filename).suffix.removeprefix(".").lower()
    return next((kind for kind in FORMATS if ending in kind.endings), JSON)
