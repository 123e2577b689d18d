"""A run's weights as a file that plain PyTorch loads, and the few lines that load it."""

from pathlib import Path

from core.errors import BadInput
from core.exporters.model_card import BEGINNING, model_card
from core.exporters.spec import EXPORTERS, Exported, exporter_of
from core.files import atomic
from core.files.paths import Workspace
from core.files.writable import check_writable
from core.loading.input_spec import InputSpec
from core.models.source import OLDEST
from core.models.spec import IMAGENET
from core.run_config import MAX_FILE_BYTES, RunConfig
from core.runs.confidence import Confidence
from core.runs.starting_weights import start_text
from core.runs.store import Run
from core.runs.trained import Trained, load_model, trained_checkpoint
from core.training import checkpoint
from core.training.model import model_source


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
    """Write the weights to `path`, in the form that its ending asks for, the RunConfig beside them (.json), and a model
    card (.md) where none lies in the file; returns all of them.

    `BadInput`, before anything is computed or made, if no file can be written there."""
    exporter, settings, card = exporter_of(path.name), path.with_suffix(".json"), path.with_suffix(".md")
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
        usage = f"```python\n{loading_lines(exported.trained, filename)}```"
    else:
        usage = exporter.usage.format(file=filename)
    library = "onnx" if exporter.name == "onnx" else "pytorch"
    return model_card(exported, usage, library, Path(filename).with_suffix(".json").name).encode()


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


def loading_code(run: Run, workspace: Workspace, filename: str, which: str = checkpoint.LAST) -> str:
    """The few lines of plain PyTorch that load an exported file and answer one image."""
    return loading_lines(load_model(trained_checkpoint(run, workspace, which)), filename)


def loading_lines(trained: Trained, filename: str) -> str:
    """The same of a model that is loaded already."""
    spec, classes, exporter = trained.spec, list(trained.meta.classes), exporter_of(filename)
    model = model_source(trained.config, spec, len(classes))
    vision = "import torchvision\n" if "torchvision" in model else ""
    state = exporter.loads.format(file=filename)
    return (
        f"# Runs on {OLDEST}, or newer.\n{heritage(trained)}"
        f"import torch\n{vision}{exporter.imports}from PIL import Image\nfrom torch import nn\n"
        f"from torchvision.transforms.v2 import functional as V\n\n{model}"
        f"model.load_state_dict({state})\nmodel.eval()\n\n"
        f"classes = {classes}\n\n\n{reading_code(spec)}\n\n"
        'files = ["picture.png"]  # the pictures to answer\n'
        "images = torch.stack([read(file) for file in files])\n"
        "with torch.no_grad():\n"
        "    outputs = model(images)  # (N, classes), the largest is the answer\n"
        f"{answering_code(trained.confidence)}"
    )


def answering_code(confidence: Confidence) -> str:
    """What makes answers of the outputs, as a person has chosen for these weights."""
    answers = "answers = [classes[i] for i in outputs.argmax(1)]\n"
    if confidence == Confidence(version=confidence.version):
        return answers
    divided = f"(outputs / {confidence.temperature:.6g})" if confidence.temperature != 1 else "outputs"
    fitted = "  # a temperature, so that they are as often right as they are sure" if divided != "outputs" else ""
    found = f"probabilities = {divided}.softmax(1){fitted}\n"
    if not confidence.threshold:
        return found + answers
    return (
        f"{found}least = {confidence.threshold:g}  # below it the answer is none of the classes\n"
        "best = probabilities.max(1)\n"
        'answers = [classes[i] if p >= least else "none of these" for p, i in zip(best.values, best.indices)]\n'
    )


def heritage(trained: Trained) -> str:
    """A comment on what the training began with; "" where that was random numbers."""
    if trained.start:
        return f"# {start_text(trained.start)}\n"
    return "# Began with ImageNet's weights.\n" if trained.config.model.weights == IMAGENET else ""


def reading_code(spec: InputSpec) -> str:
    """A function in plain PyTorch that reads a picture as the model saw its training images."""
    mode = "L" if spec.channels == 1 else "RGB"
    return (
        "def read(file):\n"
        f'    """A picture as the model expects it: ({spec.channels}, {spec.size[0]}, {spec.size[1]}) float32."""\n'
        f'    picture = V.pil_to_tensor(Image.open(file).convert("{mode}"))  # (C, H, W) uint8\n'
        f"    if list(picture.shape[1:]) != {list(spec.size)}:\n"
        f"{shaping_code(spec)}"
        f"    mean = torch.tensor({list(spec.mean)}).view(-1, 1, 1)\n"
        f"    std = torch.tensor({list(spec.std)}).view(-1, 1, 1)\n"
        "    return (picture / 255 - mean) / std\n"
    )


def shaping_code(spec: InputSpec) -> str:
    """Lines that bring `picture` (C, H, W) uint8 to the model's size: cut to it, or with the ground around."""
    (height, width), size = spec.resized, list(spec.size)
    if spec.ground is None:
        return (
            f"        scale = max({height} / picture.shape[1], {width} / picture.shape[2])\n"
            "        size = [round(side * scale) for side in picture.shape[1:]]\n"
            f"        picture = V.center_crop(V.resize(picture, size, antialias=True), {size})\n"
        )
    ground = list(spec.ground) if len(spec.ground) == spec.channels else list(spec.ground) * spec.channels
    return (
        f"        scale = min({height} / picture.shape[1], {width} / picture.shape[2])\n"
        "        high, wide = [max(1, round(side * scale)) for side in picture.shape[1:]]\n"
        f"        top, left = ({height} - high) // 2, ({width} - wide) // 2\n"
        f"        ground = torch.tensor({ground}, dtype=torch.uint8).view(-1, 1, 1)\n"
        f"        filled = ground.repeat(1, {height}, {width})  # the drawing stays whole, on its ground\n"
        "        filled[:, top : top + high, left : left + wide] = V.resize(picture, [high, wide], antialias=True)\n"
        "        picture = filled\n"
    )
