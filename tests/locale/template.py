"""The template of the catalogues: every word for people, as pybabel finds it in the source."""

import os
import tempfile
from functools import cache
from pathlib import Path

from babel.messages import frontend
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]


@cache
def template() -> Catalog:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "epochlab.pot"
        os.chdir(ROOT)
        try:
            command = ["pybabel", "-q", "extract", "-F", "core/locale/mapping.cfg", "-o", str(made), "."]
            assert not frontend.CommandLineInterface().run(command)
        finally:
            os.chdir(before)
        return read(made)


def read(file: Path) -> Catalog:
    with file.open("rb") as content:
        return read_po(content)
