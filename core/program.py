"""What this program is called by whoever starts it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # holds core, pages and app.py
INSTALLED = (ROOT / "__init__.py").exists()  # there the launcher lies, which makes the folder the package `epochlab`
COMMAND = "epochlab" if INSTALLED else "python -m core"  # before the name of a command of the command line
