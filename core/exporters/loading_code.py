"""The lines of plain PyTorch that load exported weights, prepare pictures as the app does, and answer them."""

from core.datasets.drawing_style import DrawingStyle
from core.exporters.picture_code import picture_code, pillow_modules
from core.exporters.spec import Exported, exporter_of
from core.loading.input_spec import InputSpec
from core.locale import N_
from core.models.source import OLDEST
from core.models.spec import IMAGENET
from core.runs.confidence import Confidence
from core.runs.starting_weights import start_text
from core.runs.trained import Trained
from core.script.text import Part
from core.training.model import model_source


def loading_lines(exported: Exported, filename: str) -> str:
    """They are run as they are, beside the file."""
    return "".join(part.code for part in loading_parts(exported, filename))


def loading_parts(exported: Exported, filename: str) -> tuple[Part, Part, Part]:
    """The network, how a picture is read, and the few lines that load and answer, in the order in which they stand."""
    trained, style = exported.trained, exported.style
    spec, classes, exporter = trained.spec, list(trained.meta.classes), exporter_of(filename)
    model = model_source(trained.config, spec, len(classes))
    vision = "import torchvision\n" if "torchvision" in model else ""
    state = exporter.loads.format(file=filename)
    of_python = "import sys\n\n" if style else ""
    network = (
        f"# Runs on {OLDEST}, or newer.\n{heritage(trained)}"
        f"{of_python}import numpy as np\nimport torch\n{vision}{exporter.imports}"
        f"from PIL import {pillow_modules(exported)}\n"
        f"from torch import nn\nfrom torchvision.transforms.v2 import functional as V\n\n{model}\n\n"
    )
    answer = (
        f"model.load_state_dict({state})\nmodel.eval()\nclasses = {classes}\n\n"
        'files = ["picture.png"]  # the pictures to answer\n'
        "images = torch.stack([read(file) for file in files])\n"
        "with torch.no_grad():\n"
        "    outputs = model(images)  # (N, classes), the largest is the answer\n"
        f"{answering_code(trained.confidence)}"
        "for file, answer, probability in zip(files, answers, best.values):\n"
        '    print(f"{file}: {answer} ({probability:.1%})")\n'
    )
    return (
        Part("model", N_("Model"), "", network),
        Part("data", N_("Data"), "", f"{reading_code(picture_code(exported), spec, style)}\n\n"),
        Part("prediction", N_("Prediction"), "", answer),
    )


def answering_code(confidence: Confidence) -> str:
    """What makes answers of the outputs, as a person has chosen for these weights."""
    divided = f"(outputs / {confidence.temperature:.6g})" if confidence.temperature != 1 else "outputs"
    fitted = "  # a temperature, so that they are as often right as they are sure" if divided != "outputs" else ""
    found = f"probabilities = {divided}.softmax(1){fitted}\nbest = probabilities.max(1)\n"
    if not confidence.threshold:
        return f"{found}answers = [classes[i] for i in best.indices]\n"
    return (
        f"{found}least = {confidence.threshold:g}  # below it the answer is none of the classes\n"
        'answers = [classes[i] if p >= least else "none of these" for p, i in zip(best.values, best.indices)]\n'
    )


def heritage(trained: Trained) -> str:
    """A comment on what the training began with; "" where that was random numbers."""
    if trained.start:
        return f"# {start_text(trained.start)}\n"
    return "# Began with ImageNet's weights.\n" if trained.config.model.weights == IMAGENET else ""


def reading_code(functions: str, spec: InputSpec, style: DrawingStyle | None = None) -> str:
    """`functions` that prepare a picture (`prepared_code`), and one in plain PyTorch that reads it as the model saw its
    training images, which are drawn in this style."""
    mode = "L" if spec.channels == 1 else "RGB"
    shaped = ""
    if style is None or style.margin is not None or style.size != spec.size:
        shaped = f"    if list(picture.shape[1:]) != {list(spec.size)}:\n{shaping_code(spec)}"
    return (
        f"{functions}\n\n"
        "def read(file):\n"
        f'    """A picture as the model expects it: ({spec.channels}, {spec.size[0]}, {spec.size[1]}) float32."""\n'
        f'    picture = prepared(file).convert("{mode}")\n'
        "    picture = V.pil_to_tensor(picture)  # (C, H, W) uint8\n"
        f"{shaped}"
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
