"""No word for people in core goes past gettext: what is printed, helped with, drawn or raised is a whole literal."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "core"

TRANSLATE = {"_", "N_", "translate", "ngettext", "translate_many"}
# Made with a plain text, which is translated later.
PROBLEMS = {"Problem", "BadInput", "Unwritable", "Unreachable", "Superseded", "NotHere", "Diverged", "Statement"}
# What shows its arguments to people, or puts them into a sentence; and the command line's own such functions.
SHOWS = {"print", "input", "set_description", "broken", "Unreadable", "PrepareProgress", "URLError", "note"}
PRINTS = {"say", "line", "put", "table"}
FIRST = {"PrepareProgress", "line", "put", "input"}  # the first argument alone
# Arguments that people read: argparse's, tqdm's and plotly's.
ARGUMENTS = {"help", "description", "epilog", "metavar", "desc", "bar_format", "hovertemplate"}
DRAWN = {"text", "title", "name", "hovertemplate"}  # keys of a chart's plain values
ENTRIES = re.compile(r"setting|Recipe|\w*Spec|\w*_spec|_variable|VisionSettings")  # their words are literals


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def bare(node: ast.AST) -> Iterator[ast.AST]:
    """The literals with a word in an expression, as far as it is shown: not those that are translated, nor keys,
    formats, and what other functions are given."""
    if isinstance(node, ast.Call):
        method = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name_of(node) == "join" and method is not None:
            yield from (one for argument in node.args for one in bare(argument))
        elif name_of(node) in ("format", "strip", "upper", "lower", "capitalize") and method is not None:
            yield from bare(method)
    elif isinstance(node, ast.JoinedStr):
        fixed = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        if has_word(fixed):
            yield node
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from bare(part.value)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and has_word(node.value):
            yield node
    elif isinstance(node, ast.Subscript | ast.Compare | ast.Dict | ast.Lambda):
        return
    else:
        yield from (one for child in ast.iter_child_nodes(node) for one in bare(child))


def has_word(text: str) -> bool:
    """Whether people read a word in it; placeholders, formats of time, marks of their own and F1 are none."""
    text = re.sub(r"\{[^}]*\}|%[-\w]|<[^>]*>|\bF1\b|[\w.-]+/[\w.-]+", "", text)
    return bool(re.search(r"[^\W\d_]{2,}", text))


def glued(node: ast.expr) -> bool:
    """Whether a text is put together where gettext's tools cannot see it whole."""
    if isinstance(node, ast.IfExp):
        return glued(node.body) or glued(node.orelse)
    if isinstance(node, ast.Call):
        return name_of(node) == "format" or (name_of(node) in TRANSLATE and any(map(glued, node.args)))
    return isinstance(node, ast.JoinedStr | ast.BinOp)


def findings(source: str, room: str = "cli") -> list[tuple[int, str]]:
    """(line, what is wrong) for each fault of a module in a room of core."""
    tree = ast.parse(source)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict) and room == "charts":
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in DRAWN:
                    found += [(one.lineno, "a bare string is drawn") for one in bare(value)]
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node)
        if name in TRANSLATE - {"translate", "translate_many"} and any(
            map(glued, node.args[: 1 + (name == "ngettext")])
        ):
            found.append((node.lineno, "a text is put together before it is translated"))
        if name in PROBLEMS and node.args and glued(node.args[0]):
            found.append((node.lineno, "a problem's text is put together"))
        if name in SHOWS or (name in PRINTS and room == "cli"):
            shown = node.args[:1] if name in FIRST else node.args
            found += [(one.lineno, "a bare string is shown") for argument in shown for one in bare(argument)]
        if not ENTRIES.fullmatch(name):
            found += [
                (one.lineno, "a bare string is shown")
                for keyword in node.keywords
                if keyword.arg in ARGUMENTS
                for one in bare(keyword.value)
            ]
    found += [(line, "a text is translated while the module is imported") for line in at_import(tree)]
    return sorted(set(found))


def at_import(node: ast.AST) -> Iterator[int]:
    """Lines of translations outside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.Call) and name_of(child) in TRANSLATE - {"N_"}:
            yield child.lineno
        yield from at_import(child)


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_core_has_no_bare_string(path: Path) -> None:
    assert findings(path.read_text("utf-8"), path.parent.name) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(): print('two words')",
        "def f(): line(f'{n} words')",
        "def f(): table([[_('one'), 'two']])",
        "def f(): line(', '.join(['one', 'two']))",
        "def f(): sub.add_argument('--x', help='words')",
        "def f(): sub.add_argument('--x', help=f'words of {n}')",
        "def f(): tqdm(desc='words' if n else '')",
        "def f(): _(f'{n} words')",
        "def f(): _('two ' + 'words')",
        "def f(): _('words of {}'.format(n))",
        "def f(): ngettext('{n} word', f'{n} words', n)",
        "def f(): raise Problem(f'{n} words')",
        "def f(): raise BadInput('words of {}'.format(n))",
        "def f(): raise broken(path, 'it has no words')",
        "def f(): yield PrepareProgress('reading words', 0, 0, 'bytes')",
        "TITLE = _('words')",
        "class C:\n    title = translate('words')",
    ],
)
def test_a_fault_is_found(source: str) -> None:
    assert len({line for line, _ in findings(source)}) == 1


def test_what_is_drawn_is_looked_at_in_charts_alone() -> None:
    source = "def f(): return {'title': {'text': 'words'}, 'type': 'bar', 'hovertemplate': '%{y:.2%}'}"
    assert findings(source) == [] and len(findings(source, "charts")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def f(): line(_('{n} words', n=3))",
        "def f(): print(time.strftime('%Y-%m-%d %H:%M:%S'), _('words'), flush=True)",
        "def f(): table([[name, formatting.count(values['images'])]])",
        "def f(): say(run, N_('{name} is paused'), options)",
        "def f(): raise Problem('{n} words', n=3)",
        "WORDS = N_('words')",
        "def f(): return setting(1, title='Words', help='Words.')",
    ],
)
def test_what_is_right_is_left_alone(source: str) -> None:
    assert findings(source) == []
