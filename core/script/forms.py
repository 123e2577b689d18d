"""The files that a script is written as: Python, a notebook for Jupyter, a ZIP with all that it needs."""

import io
import json
import re
import shlex
import zipfile
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, Protocol

from core.script.text import Script

FILE = "train.py"
PLAIN = re.compile(r"\w[\w.-]*")  # a file name without signs of a shell
LEAST = {"torch": ">=2.1", "torchvision": ">=0.16"}  # transforms v2 as scripts call them: `ToDtype(scale=True)`
MADE = (1980, 1, 1, 0, 0, 0)  # the date of every file, so that the same script makes the same ZIP


class Form(Protocol):
    def __call__(self, script: Script, file: str = FILE) -> bytes:
        """The content of a file of this name."""
        ...


def python(script: Script, file: str = FILE) -> bytes:
    """It calls itself by the name of the file, where a shell and a text of Python take that as it is."""
    return (script.text.replace(FILE, file) if PLAIN.fullmatch(file) else script.text).encode()


def notebook(script: Script, file: str = FILE) -> bytes:
    """A cell for each part below its explanation, by nbformat's schema, version 4.5."""
    title, _, about = script.about.partition("\n")
    about = re.sub(r"^`python train.py` trains.*\n", "", about, flags=re.MULTILINE)  # a notebook is run cell by cell
    cells = [("markdown", f"# {title}\n{about}"), ("code", script.imports)]
    for part in script.parts:
        cells += [("markdown", f"## {part.title}\n\n{part.about}".strip()), ("code", part.notebook or part.code)]
    content = {
        "cells": [cell(kind, text.strip("\n"), number) for number, (kind, text) in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def cell(kind: str, text: str, number: int) -> dict[str, Any]:
    more: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, **more, "source": text.splitlines(True)}


def archive(script: Script, file: str = FILE) -> bytes:
    """The script, the notebook, what `pip install -r` reads, and a README. Whatever the ZIP is called, the script in it
    is FILE."""
    files = {
        "README.md": readme(script).encode(),
        FILE: python(script),
        "train.ipynb": notebook(script),
        "requirements.txt": requirements(script.packages).encode(),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, MADE), content)
    return buffer.getvalue()


def readme(script: Script) -> str:
    """What the script is, in its own words, and how it is started."""
    commands = "".join(f"    {one}\n" for one in script.commands)
    first = after = ""
    if script.folder == "images":
        first = (
            f"First make the folder `images` beside it, on a computer that has the data set:\n\n{commands}\nThen:\n\n"
        )
    elif script.folder:
        after = (
            f"\nIt reads its images from a folder of the computer on which it was written:\n\n    {script.folder}\n\n"
            "On another computer, copy that folder there, beside the script, and name the copy:\n\n"
            f"    python {FILE} --data {shlex.quote(PurePath(script.folder).name)}\n\n"
            f"This makes it again on a computer that has the data set, and says where it lies:\n\n{commands}"
        )
    start = f"    pip install -r requirements.txt\n    python {FILE}\n"
    return f"# {script.about.strip()}\n\n{first}{start}{after}\n`train.ipynb` is the same as a notebook.\n"


def requirements(packages: Iterable[str]) -> str:
    return "".join(f"{name}{LEAST.get(name, '')}\n" for name in packages)


# By the ending of the file.
FORMS: dict[str, Form] = {".py": python, ".ipynb": notebook, ".zip": archive}
