"""The words of the source for pybabel: calls of `_` and similar functions, problems, and words of entries and settings.

pybabel knows calls by name alone. A problem's text may be a constant of its module, and the words of an entry or a
setting are plain arguments, translated where they are shown; so this method reads the syntax tree instead.
"""

import ast
import re
from collections.abc import Iterator
from typing import IO, Any

# Functions and classes whose first argument is a text.
CALLS = (
    "_", "_words", "N_", "translate", "Problem", "BadInput", "Unwritable", "Unreachable", "Superseded", "Diverged",
    "NotHere", "Refused", "unavailable", "UnclearColumns",
    "ValueError",  # what a validator says of settings
    "Statement",  # what a rule says of a run
    "unknown", "Registry",  # what a sentence calls the things of one kind
)  # fmt: skip
# Arguments that hold words, of whatever takes them by name.
WORDS = ("title", "help", "about", "too_high", "too_low", "empty", "unit", "short", "family", "in_words")
# What takes a title and words about it by place, after a name.
SPEC = re.compile(r"Recipe|\w*(Spec|_spec)")

Message = tuple[int, str | None, Any, list[str]]  # (line, function, text or texts, comments for translators)


def words(file: IO[bytes], keywords: Any, comment_tags: Any, options: dict[str, str]) -> Iterator[Message]:
    """The method that `mapping.cfg` names. The option `entries` says whether arguments hold words, as they do in core;
    a page's have been through `_`."""
    tree = ast.parse(file.read())
    constants = _constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("ngettext", "translate_many"):
            yield node.lineno, "ngettext", tuple(text for each in node.args[:2] for text in _texts(each, {})), []
            continue
        found = _texts(node.args[0], constants) if name in CALLS and node.args else []
        if options.get("entries") and not found:
            found = _of_entry(node, name)
        for text in dict.fromkeys(found):
            if re.search(r"[^\W\d_]", re.sub(r"\{[^}]*\}", "", text)) or name in ("_", "N_"):
                yield node.lineno, None, text, []


def _of_entry(node: ast.Call, name: str) -> list[str]:
    """What the arguments of an entry or a setting say."""
    found = [text for each in node.keywords if each.arg in WORDS for text in _texts(each.value, {})]
    found += [
        text
        for each in node.keywords
        if each.arg == "labels" and isinstance(each.value, ast.Dict)
        for value in each.value.values
        for text in _texts(value, {})
    ]
    if SPEC.fullmatch(name):
        named = [text for each in node.args[1:3] for text in _texts(each, {})]
        found += named
        if name == "MetricSpec":  # within a sentence, a title begins with a small letter
            found += [text[:1].lower() + text[1:] for text in named[:1]]
    return [text for text in found if text]


def _texts(node: ast.expr, constants: dict[str, list[str]]) -> list[str]:
    """The texts that an argument may be: itself, either branch, or the constants of that name."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and node.value else []
    if isinstance(node, ast.IfExp):
        return _texts(node.body, constants) + _texts(node.orelse, constants)
    return constants.get(node.id, []) if isinstance(node, ast.Name) else []


def _constants(tree: ast.Module) -> dict[str, list[str]]:
    """Names of the module's top level → the texts they stand for."""
    return {
        target.id: [node.value.value]
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
