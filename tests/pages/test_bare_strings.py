"""Every word that a page shows goes through `_` or `ngettext`, as one whole text that a translator's tools find."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
TRANSLATE = {"_": 1, "ngettext": 2}  # function → how many of its first arguments are texts

# Calls whose first arguments are words: Streamlit's, its columns', and ours around them.
FIRST_SHOWN = {
    "badge", "button", "caption", "checkbox", "dialog", "download_button", "error", "expander", "file_uploader",
    "form_submit_button", "header", "info", "link_button", "linked_multiselect", "linked_pills", "linked_select",
    "linked_selectbox", "markdown", "metric", "multiselect", "number_input", "pills", "popover", "radio",
    "segmented_control", "select_slider", "selectbox", "slider", "spinner", "subheader", "success", "text", "text_area",
    "text_input", "title", "toast", "toggle", "warning", "write",
    "Column", "DatetimeColumn", "NumberColumn", "TextColumn",
    "filter_multiselect", "run_section", "download_file", "score_metric",
}  # fmt: skip
ALL_SHOWN = {"Cell", "PlainTextResponse", "live_chart", "metric", "tabs"}
NAMED_SHOWN = {
    "alt", "body", "button_label", "caption", "column_config", "delta", "help", "label", "page_title", "placeholder",
    "text", "title",
}  # fmt: skip
RETURNS_SHOWN = ("_text", "_title", "_titles", "_words")  # how functions are called whose answer is words
PASSED_ON = {"escape", "escape_markdown", "one_line", "join", "format", "capitalize", "lower", "upper"}
WORD = re.compile(r"[A-Za-z]{2,}")
ICON = re.compile(r":material/\w+:")
NAMES = re.compile(r"\b(Epochlab)\b")


def called(call: ast.Call) -> str:
    target = call.func
    return target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""


def has_words(text: object) -> bool:
    return isinstance(text, str) and bool(WORD.search(NAMES.sub("", ICON.sub("", text))))


def bare(value: ast.expr, known: dict[str, list[ast.expr]] | None = None) -> Iterator[ast.expr]:
    """The literals with words that a value is made of, but for those that are translated. `known` are the values of
    variables."""
    yield from (
        part for one in (known or {}).get(value.id if isinstance(value, ast.Name) else "", []) for part in bare(one)
    )
    match value:
        case ast.Constant(value=text) if has_words(text):
            yield value
        case ast.JoinedStr(values=parts):
            yield from (part for one in parts for part in bare(one))
        case ast.FormattedValue(value=inner):
            yield from bare(inner)
        case ast.IfExp(body=body, orelse=other):
            yield from (part for one in (body, other) for part in bare(one))
        case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            yield from (part for one in values for part in bare(one))
        case ast.Dict(values=values):
            yield from (part for one in values for part in bare(one))
        case ast.BinOp(left=left, right=right):
            yield from (part for one in (left, right) for part in bare(one))
        case ast.Call(args=args) if called(value) in PASSED_ON:
            text = [value.func.value] if isinstance(value.func, ast.Attribute) else []
            yield from (part for one in (*text, *args) for part in bare(one))


def found(source: str) -> list[tuple[int, str]]:
    """Line → what is wrong there."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    within = {node: function for function in functions for node in ast.walk(function)}
    values = {function: variables(function) for function in functions}
    wrong = [
        (part.lineno, f"{function.name} returns {ast.unparse(part)} as it is")
        for function in functions
        if function.name.endswith(RETURNS_SHOWN)
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value
        for part in bare(node.value, values[function])
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store):
            wrong.append((node.lineno, "`_` is a variable, so it translates nothing there"))
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        if isinstance(node.func, ast.Name) and name in TRANSLATE:
            for text in node.args[: TRANSLATE[name]]:
                if isinstance(text, ast.JoinedStr | ast.BinOp) or (
                    isinstance(text, ast.Call) and called(text) == "format"
                ):
                    wrong.append((text.lineno, f"{name} is given a text that is put together: use places"))
                elif not isinstance(text, ast.Constant) and (name == "ngettext" or not node.keywords):
                    wrong.append((text.lineno, f"{name} is given no literal: `translate` is for words from elsewhere"))
            continue
        shown = node.args if name in ALL_SHOWN else node.args[:1] if name in FIRST_SHOWN else []
        shown = [*shown, *(word.value for word in node.keywords if word.arg in NAMED_SHOWN)]
        known = values[within[node]] if node in within else {}
        wrong += [
            (part.lineno, f"{name} shows {ast.unparse(part)} as it is") for one in shown for part in bare(one, known)
        ]
    return sorted(set(wrong))


def variables(function: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    """The values that the variables of a function are given."""
    known: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                known.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                known.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=given)):
                for target, value in zip(names, given, strict=False):
                    if isinstance(target, ast.Name):
                        known.setdefault(target.id, []).append(value)
    return known


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shown_is_translated(path: Path) -> None:
    wrong = [f"{path.relative_to(ROOT)}:{line}: {what}" for line, what in found(path.read_text(encoding="utf-8"))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source", [
    'st.button("Go on")',
    'st.caption(f"{n} runs")',
    'st.info("One" if n == 1 else _("Many"))',
    'st.selectbox(_("Run"), runs, help="What " + about)',
    'st.text_input(_("Name"), placeholder=escape_markdown("any name"))',
    'box.expander("Log")',
    'Cell(image, name, f"{name}, seen")',
    '_(f"{n} runs")',
    '_("Runs of " + name)',
    '_("Runs of {}".format(name))',
    'ngettext("{n} run", many, n)',
    "_(spec.about)",
    'def draw():\n    words = "Go on"\n    st.button(words)',
    'def order_title(order):\n    return "In order"',
    'st.dataframe(table, column_config={"name": "Name"})',
    'for _ in range(3):\n    pass',
])  # fmt: skip
def test_the_check_finds(source: str) -> None:
    assert len(found(source)) == 1


@pytest.mark.parametrize("source", [
    'st.button(_("Go on"), key="go", icon=":material/play_arrow:")',
    'st.caption(ngettext("{n} run", "{n} runs", n))',
    'st.caption(f":material/edit: {words} · {n}")',
    "st.caption(translate(spec.about))",
    'st.caption(_(entry.words, share=0.5))',
    'st.dataframe(table, column_config={"name": _("Name")}, alt=_("A table"))',
    "[name for name, _spec in pairs]",
])  # fmt: skip
def test_the_check_lets_through(source: str) -> None:
    assert not found(source)
