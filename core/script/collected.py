"""Functions of this program with all that they need, as text that stands alone."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

from core.script.text import Unannotated


def collected(functions: Iterable[Callable[..., Any]]) -> str:
    """The definitions of these functions and classes, and before them those of ours that they use; constants with their
    values, and the imports of the rest."""
    found: dict[str, str] = {}
    for function in functions:
        _add(function, found)
    constants = [text for text in found.values() if not text.startswith(("def ", "class ", "@"))]
    definitions = [text for text in found.values() if text not in constants]
    return "".join([*(f"{text}\n" for text in constants), *(f"\n\n{text}" for text in definitions)])


def _add(thing: Any, found: dict[str, str]) -> None:
    name, text = thing.__name__, inspect.getsource(thing)
    if found.get(name, text) != text:
        raise ValueError(f"two functions that a script needs are called {name}")
    if name in found:
        return
    module = sys.modules[thing.__module__]
    imports = _imports(inspect.getsource(module))
    for used in _names(text):
        value = getattr(module, used, None)
        if used == name or value is None:
            continue
        if getattr(value, "__module__", "").startswith("core.") and callable(value):
            _add(value, found)
        elif used in imports and not imports[used].startswith("from core."):
            found[used] = imports[used]
        else:
            found[used] = f"{used} = {value!r}"
    found[name] = text  # behind what it uses


def _imports(text: str) -> dict[str, str]:
    """By the name that it has in a module, the import of each thing."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            before = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
            for one in node.names:
                found[one.asname or one.name] = f"{before}import {ast.unparse(one)}"
    return found


def _names(text: str) -> list[str]:
    """What the code reads, each once, in order; annotations left out."""
    tree = Unannotated().visit(ast.parse(text))
    return list(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)))
