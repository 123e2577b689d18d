"""The script that a teacher would write for the settings of a run: torchvision's data set, transforms, a DataLoader,
the network, the loop. It learns from the same images in another random order, so its numbers are as those of another
seed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from textwrap import indent

from core.datasets.drawing_style import DrawingStyle
from core.locale import N_
from core.models.stages import split
from core.prepared.arrays import Prepared
from core.script.plain_data import data_part
from core.script.plain_model import model_part
from core.script.plain_prediction import prediction_part, start_part
from core.script.plain_training import loss_lines, training_part
from core.script.subject import Subject, subject
from core.script.text import LONGEST, Part, Script, filled, script
from core.training.losses import LOSSES
from core.training.settings import RunSettings


def plain_script(config: RunSettings, prepared: Prepared, style: DrawingStyle | None = None) -> Script:
    """One file that runs as it is. `style` is that of the training images where a pen draws such."""
    about = subject(config, prepared, style, brief=True)
    return script(
        heading(about),
        [settings_part(about), data_part(about), with_features(about, model_part(about)), evaluation_part(about),
         training_part(about), prediction_part(about), start_part()], "images", about.source.commands,
    )  # fmt: skip


def heading(about: Subject) -> str:
    return (
        f"Train an image classifier on {about.meta.title} with PyTorch.\n\n"
        "`python train.py` trains, `python train.py picture.png` names the class of a picture.\n"
        f"{where(about)} Epochlab wrote this file."
    )


def where(about: Subject) -> str:
    """A sentence on where the images come from."""
    if about.source.imports.startswith("from sklearn"):
        return "The images come with scikit-learn."
    if "download=True" in "".join([*about.source.parts.values(), about.source.before]):
        return "The images are downloaded into the folder data at the first start."
    return "The images lie in folders, one for each class."


def settings_part(about: Subject) -> Part:
    training = about.config.training
    device = f'"{training.device}"' if training.device != "auto" else '"cuda" if torch.cuda.is_available() else "cpu"'
    card = "  # the graphics card, if there is one" if training.device == "auto" else ""
    lines = [
        f"epochs = {training.epochs}  # an epoch: the model sees every training image once\n",
        f"batch_size = {training.batch_size}  # images before each change of the weights, the numbers that it learns\n",
        f"device = {device}{card}\n",
        f"torch.manual_seed({training.seed})  # the same random numbers at every start\n",
        class_names(about.meta.classes),
        "classes = len(class_names)\n" if about.mixes else "",
    ]
    return Part(
        "settings", N_("Settings"),
        N_("The numbers that everything below goes by, and the names of the classes in the order of their numbers."),
        "".join(lines),
    )  # fmt: skip


def class_names(classes: Sequence[str]) -> str:
    """The line, or lines, that name the classes."""
    items = [json.dumps(name, ensure_ascii=False) for name in classes]  # as Python writes it, too
    line = f"class_names = [{', '.join(items)}]\n"
    return line if len(line) <= LONGEST else f"class_names = [\n{indent(filled(items), '    ')}]\n"


def with_features(about: Subject, part: Part) -> Part:
    """The part of the model with a function that computes what the frozen layers make of images, where that is kept."""
    if not about.text.frozen:
        return part
    shuffle = about.config.data.shuffle
    order = "  # a new order in each epoch" if shuffle else ""
    code = (
        "def features(loader):  # what the frozen layers make of each image, computed once: it is the same each time\n"
        "    with torch.no_grad():\n"
        "        batches = [(frozen(images.to(device)), labels.to(device)) for images, labels in loader]\n"
        "    inputs, labels = (torch.cat(part) for part in zip(*batches))  # a row for each image\n"
        f"    return DataLoader(TensorDataset(inputs, labels), loader.batch_size, shuffle={shuffle}){order}\n"
    )
    return replace(part, code=f"{part.code}\n\n{code}")


def evaluation_part(about: Subject) -> Part:
    loss = "nll_loss" if LOSSES[about.config.loss.name].log_probabilities else "cross_entropy"
    functions = "F" if "F." in "".join([*about.text.definitions, about.text.lines]) else "nn.functional"
    answered = "output, labels = model(images.to(device)), labels.to(device)"
    if about.text.frozen:
        answered = "output = learning(inputs)"
    code = (
        "def evaluate(loader):  # mean loss (how wrong the answers are) over some images, share answered right\n"
        f"    {about.net}.eval(){evaluation_mode(about)}\n"
        "    loss_sum, correct = 0.0, 0\n"
        "    with torch.no_grad():  # no gradients are needed here: that saves time and memory\n"
        f"        for {about.inputs}, labels in loader:  # labels: the number of each image's class\n"
        f"            {answered}\n"
        f'            loss_sum += {functions}.{loss}(output, labels, reduction="sum").item()  # {smoothed(about)}\n'
        "            correct += (output.argmax(1) == labels).sum().item()  # the largest output is the answer\n"
        "    return loss_sum / len(loader.dataset), correct / len(loader.dataset)\n"
    )
    return Part(
        "evaluation", N_("Evaluation"),
        N_("How good the model is, measured on images that it does not learn from."), code,
    )  # fmt: skip


def smoothed(about: Subject) -> str:
    """A comment on the loss of an evaluation."""
    less = "label_smoothing=" in loss_lines(about)
    return "without label_smoothing" if less else "as a Python number"


def evaluation_mode(about: Subject) -> str:
    """A comment on the mode for evaluation; "" for a network that does the same in both."""
    network = split(about.network, about.config.model)[1] if about.text.frozen else about.network
    layers = [type(layer).__name__ for layer in network.modules()]
    does = [
        "dropout is off" if "Dropout" in layers else "",
        "batch norm takes averages kept from training" if any(name.startswith("BatchNorm") for name in layers) else "",
    ]
    return f"  # the mode for answers: {', '.join(filter(None, does))}" if any(does) else "  # the mode for answers"
