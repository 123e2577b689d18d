"""The folder of this program, and the command that starts it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # holds core, pages and app.py
INSTALLED = (ROOT / "__init__.py").exists()  # the launcher, which makes the folder the package `epochlab`
COMMAND = "epochlab" if INSTALLED else "python -m core"  # before the name of a command of the command line
