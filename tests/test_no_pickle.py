"""Nothing here makes objects of what a file says."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
MODULES = {"pickle", "cPickle", "_pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "yaml"}
NAMES = {"read_pickle", "to_pickle", "eval", "exec", "literal_eval", "extractall", "loadtxt"}
# CIFAR's own files are pickles; its module reads them with an Unpickler that knows lists, bytes and arrays alone.
# Settings in YAML are built from the parser's events, which are text and nothing else; others only write it.
YAML_WRITERS = ("core/exporters/model_card.py", "core/runs/readable.py")
ALLOWED = {
    "core/datasets/builtin/cifar.py": {"pickle"},
    **{file: {"yaml"} for file in ("core/settings/documents.py", *YAML_WRITERS)},
}


def found(source: str) -> set[str]:
    """What a module uses that could run what is in a file."""
    used = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            used |= {alias.name.split(".")[0] for alias in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            used |= {(node.module or "").split(".")[0]} & MODULES
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            last = called.rpartition(".")[2]
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if (last in NAMES and (called == last or last not in ("eval", "exec"))) or called in (
                "torch.load" if given.get("weights_only") != "True" else "",
                "np.load" if given.get("allow_pickle", "False") != "False" else "",
                "torch.jit.load", "torch.hub.load", "pickle.load", "pickle.loads",
            ):  # fmt: skip
                used.add(called)
            if given.get("allow_pickle", "False") != "False":
                used.add("allow_pickle")
    return used


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_unpickled(file: Path) -> None:
    assert found(file.read_text(encoding="utf-8")) <= ALLOWED.get(str(file.relative_to(ROOT)), set())


def of_yaml(file: str) -> set[str]:
    """What a module takes from yaml."""
    source = (ROOT / file).read_text(encoding="utf-8")
    return {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)
            and ast.unparse(node.value) == "yaml"}  # fmt: skip


def test_of_yaml_only_the_parser_is_used() -> None:
    used = of_yaml("core/settings/documents.py")
    assert {name for name in used if not name.endswith(("Event", "Error"))} == {"parse", "SafeLoader"}


@pytest.mark.parametrize("file", YAML_WRITERS)
def test_who_writes_yaml_reads_none(file: str) -> None:
    assert of_yaml(file) == {"safe_dump"}


@pytest.mark.parametrize("line", [
    "import pickle", "from joblib import load", "torch.load(a)", "torch.load(a, weights_only=False)", "eval('1')",
    "np.load(a, allow_pickle=True)", "pd.read_pickle(a)", "numpy.load(f, allow_pickle=x)", "import yaml.loader",
])  # fmt: skip
def test_the_search_finds_them(line: str) -> None:
    assert found(line)


def test_and_nothing_else() -> None:
    assert not found("model.eval()\ntorch.load(a, weights_only=True)\nnp.load(a, mmap_mode='r', allow_pickle=False)")
