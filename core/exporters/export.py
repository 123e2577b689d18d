"""A run's weights as a file for others, with its settings and a model card beside it."""

from pathlib import Path

from core.errors import BadInput
from core.exporters.loading_code import loading_lines
from core.exporters.loading_code import loading_parts as parts_of
from core.exporters.model_card import BEGINNING, model_card
from core.exporters.spec import EXPORTERS, Exported, card_name, exporter_of, settings_name
from core.files import atomic
from core.files.paths import Workspace
from core.files.writable import check_writable
from core.run_config import MAX_FILE_BYTES, RunConfig
from core.runs.store import Run
from core.runs.trained import load_model, trained_checkpoint
from core.script.drawn import DRAWN
from core.script.text import Part
from core.training import checkpoint

UNPREPARED = """

It does not look for a drawing: dark ink on white paper, or a sign in a corner of a large sheet, is answered wrongly. It
has to be given a picture that is {looks}. The form `.zip` has a script and a web page that make one of any drawing."""


def export(run: Run, workspace: Workspace, name: str, which: str = checkpoint.LAST) -> bytes:
    """A run's checkpoint in the form of the exporter `name`. `Problem` where that needs what is not installed."""
    require(name)
    return EXPORTERS[name].write(loaded(run, workspace, which))


def require(name: str) -> None:
    """`Problem` where the exporter `name` needs what is not installed."""
    if lacking := EXPORTERS[name].lacking():
        raise lacking


def loaded(run: Run, workspace: Workspace, which: str = checkpoint.LAST) -> Exported:
    """What exporters write of a run, read from its checkpoint."""
    return Exported(run, load_model(trained_checkpoint(run, workspace, which)), workspace, which)


def export_to(run: Run, workspace: Workspace, path: Path, which: str = checkpoint.LAST) -> list[Path]:
    """Write the weights to `path`, in the form that its ending asks for, the RunConfig beside them (`PATH.json`), and a
    model card (`PATH.md`) where none lies in the file; returns all of them.

    `BadInput`, before anything is computed or made, if no file can be written there."""
    exporter = exporter_of(path.name)
    settings, card = (path.with_name(name(path.name)) for name in (settings_name, card_name))
    check_writable(path)
    check_own(settings)
    has_card = bool(exporter.loads or exporter.usage)
    if has_card:
        check_own_card(card)
    require(exporter.name)
    exported = loaded(run, workspace, which)
    atomic.write(exporter.write(exported), path)
    atomic.write(run.config.to_json().encode(), settings)
    if has_card:
        atomic.write(card_beside(exported, path.name), card)
    return [path, settings, *([card] if has_card else [])]


def card_beside(exported: Exported, filename: str) -> bytes:
    """The model card of a file that an exporter writes."""
    exporter = exporter_of(filename)
    if exporter.loads:
        short = f"\n\n{DRAWN}" if exported.style else ""
        usage = f"```python\n{loading_lines(exported, filename)}```{short}"
    else:
        usage = exporter.usage.format(file=filename)
        if exported.style:
            usage += UNPREPARED.format(looks=exported.style.looks)
        usage += f"\n\n```python\n{exporter.lines_for(filename)}```" if exporter.lines else ""
    library = "onnx" if exporter.name == "onnx" else "pytorch"
    return model_card(exported, usage, library, settings_name(filename)).encode()


def loading_code(run: Run, workspace: Workspace, filename: str, which: str = checkpoint.LAST) -> str:
    """The few lines of plain PyTorch that load an exported file and answer pictures."""
    return "".join(part.code for part in loading_parts(run, workspace, filename, which))


def loading_parts(
    run: Run, workspace: Workspace, filename: str, which: str = checkpoint.LAST
) -> tuple[Part, Part, Part]:
    """The same in its parts."""
    return parts_of(loaded(run, workspace, which), filename)


def check_own(path: Path) -> None:
    """The file that is written beside the named one may replace an earlier file of settings, and nothing else."""
    try:
        with open(path, "rb") as file:
            RunConfig.from_file(file.read(MAX_FILE_BYTES + 1), path.name)
    except FileNotFoundError:
        return
    except (OSError, BadInput) as error:
        raise BadInput(
            "{path}, where the settings go, is something else already: choose another name for the weights, or "
            "move it away",
            path=path,
        ) from error


def check_own_card(file: Path) -> None:
    """The model card may replace an earlier one, and nothing else that is called so."""
    try:
        text = file.read_bytes()[:MAX_FILE_BYTES].decode("utf-8", "replace")
    except FileNotFoundError:
        return
    except OSError:
        text = ""
    if not text.startswith(BEGINNING):
        raise BadInput(
            "{path}, where the model card goes, is something else already: choose another name for the weights, or "
            "move it away",
            path=file,
        )
