"""A notebook that Jupyter reads, and a ZIP that brings what it needs."""

import io
import shlex
import shutil
import zipfile

import nbformat
import pytest
from nbclient import NotebookClient

from core.datasets.catalog import FOLDER
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.script.exact import exact_script
from core.script.forms import FORMS
from core.script.plain import plain_script
from tests.script.running import run
from tests.script.test_plain import described
from tests.training.contract import small

TINY = {"data.limit": 32, "training.batch_size": 16, "training.epochs": 1}


def test_the_notebook_runs_from_its_first_cell_to_its_last(digits, tmp_path, monkeypatch) -> None:
    content = FORMS[".ipynb"](plain_script(small(**TINY), digits))
    notebook = nbformat.reads(content.decode(), as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells].count("markdown") == 8  # one more says what it is
    for name in ("PYTHONPATH", "PYTHONSTARTUP"):
        monkeypatch.delenv(name, raising=False)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    shown = "".join(one.get("text", "") for cell in notebook.cells for one in cell.get("outputs", []))
    assert "epoch 1: loss" in shown and "test accuracy" in shown
    assert (tmp_path / "model.pt").is_file()


def test_the_images_of_a_folder_have_the_commands_that_make_them(tmp_path) -> None:
    folder = tmp_path / "own images"  # a name that a shell would cut
    folder.mkdir()
    config = RunConfig().replace({"data.name": FOLDER, "data.path": f"{folder}.zip", "model.name": "mlp"})
    script = plain_script(config, described(FOLDER, folder))
    commands = script.commands
    assert shlex.split(commands[0])[3:] == ["export-data", str(folder), "--to", "images.zip"]
    assert commands[1] == "python -m zipfile -e images.zip images"
    with zipfile.ZipFile(io.BytesIO(FORMS[".zip"](script))) as packed:
        assert all(f"    {command}\n" in packed.read("README.md").decode() for command in commands)
    assert "python train.py" not in FORMS[".ipynb"](script).decode()


def test_an_exact_script_says_which_folder_goes_with_it(digits, tmp_path) -> None:
    edited = Prepared(digits.folder)
    edited.meta = digits.meta.model_copy(update={"version": "v2"})
    script = exact_script(small(**TINY), edited)
    with zipfile.ZipFile(io.BytesIO(FORMS[".zip"](script))) as packed:
        told = packed.read("README.md").decode()
    assert f"\n    {digits.folder}\n" in told and f"python train.py --data {digits.folder.name}\n" in told
    assert "core prepare digits --version v2\n" in told
    shutil.copytree(digits.folder, tmp_path / digits.folder.name)
    assert run(script, tmp_path, "--data", digits.folder.name)["history"]
    with zipfile.ZipFile(io.BytesIO(FORMS[".zip"](exact_script(small(**TINY), digits)))) as packed:
        assert "--data" not in packed.read("README.md").decode()  # it comes with scikit-learn


@pytest.mark.parametrize("make", [plain_script, exact_script])
def test_the_zip_names_what_has_to_be_installed(digits, make) -> None:
    script = make(small(**TINY, **{"augment.mixup": 0.2}), digits)
    with zipfile.ZipFile(io.BytesIO(FORMS[".zip"](script))) as packed:
        assert packed.namelist() == ["README.md", "train.py", "train.ipynb", "requirements.txt"]
        assert packed.read("README.md").decode().startswith(f"# {script.about.splitlines()[0]}\n")
        assert packed.read("train.py").decode() == script.text
        packages = packed.read("requirements.txt").decode().split()
    own = ["numpy", "scikit-learn", "scipy"] if make is exact_script else ["pillow", "scikit-learn"]
    assert packages == [*own, "torch>=2.1", "torchvision>=0.16"]


def test_the_same_settings_make_the_same_bytes(digits) -> None:
    first, second = (FORMS[".zip"](plain_script(small(), digits)) for _ in range(2))
    assert first == second
