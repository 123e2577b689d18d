"""The script that a teacher would write for the settings of a run: torchvision's data set, transforms, a DataLoader,
the network, the loop. It learns from the same images in another random order, so its numbers are as those of another
seed."""

import json
from collections.abc import Sequence
from textwrap import fill, indent

from core.datasets.drawing_style import DrawingStyle
from core.loading.augmentations import in_use
from core.locale import N_
from core.models.module_source import outputs_in_words
from core.models.spec import START
from core.prepared.arrays import Prepared
from core.program import COMMAND
from core.script.lines import optimizer_lines
from core.script.plain_data import data_part, leaves_one
from core.script.plain_prediction import prediction_part, start_part
from core.script.subject import Subject, subject
from core.script.text import WIDTH, Part, Script, divided, script
from core.training.losses import LOSSES
from core.training.schedules import SCHEDULES
from core.training.settings import RunSettings


def plain_script(config: RunSettings, prepared: Prepared, style: DrawingStyle | None = None) -> Script:
    """One file that runs as it is. `style` is that of the training images where a pen draws such."""
    about = subject(config, prepared, style, brief=True)
    return script(
        heading(about),
        [settings_part(about), data_part(about), model_part(about), evaluation_part(about), training_part(about),
         prediction_part(about), start_part()],
    )  # fmt: skip


def heading(about: Subject) -> str:
    words = (
        f"`python train.py` trains, `python train.py picture.png` names the class of a picture. {where(about)} "
        "Epochlab wrote this file."
    )
    return f"Train an image classifier on {about.meta.title} with PyTorch.\n\n{fill(words, WIDTH)}"


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
    return line if len(line) <= WIDTH else f"class_names = [\n{indent(filled(items), '    ')}]\n"


def filled(items: Sequence[str]) -> str:
    """Items with commas between, as many a line as fit."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) + len(" ,    ") > WIDTH:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{item},"
    return "".join(f"{line}\n" for line in lines)


def model_part(about: Subject) -> Part:
    code = "\n\n".join([*about.text.definitions, about.text.lines])
    config = about.config
    if config.model.of_run:
        code += (
            f"\n# It begins with what another run has learnt: {COMMAND} export {config.model.of_run} --to start.pt\n"
            f"{START}\n"
            "weights = dict(zip(model.state_dict(), start.values()))  # layer by layer, in their order\n"
            "model.load_state_dict({\n"
            "    name: weights[name] if weights[name].shape == own.shape else own\n"
            "    for name, own in model.state_dict().items()\n"
            "})\n"
        )
    alone = code.endswith(f"\n{about.text.lines}") and about.text.lines.count("\n") == 1 and code.endswith("()\n")
    code = f"{code[:-1]}.to(device)\n" if alone else f"{code}model = model.to(device)\n"
    if about.frozen:
        code += (
            "\n"
            f"frozen = nn.ModuleList({wrapped_list(together(about))})  # layers that keep the weights they begin with\n"
            "frozen.requires_grad_(False)\n"
        )
    code = explained(code)
    return Part(
        "model", N_("Model"),
        N_("The layers of the network, and in which order an image passes them. What comes out is a score for each "
           "class; the largest is the answer."),
        code,
    )  # fmt: skip


# What layers do, by their name in the code.
LAYERS = {
    "nn.Linear(": "inputs, outputs: each a weighted sum of all inputs",
    "nn.Conv2d(": "channels in, out: sums of what a window sees",
    "nn.BatchNorm2d(": "each channel: mean 0, deviation 1; steadies training",
    "nn.Dropout(": "in training, some numbers become 0: none is relied on",
}
FUNCTIONS = {"F.relu(": "relu: negative numbers become 0", "F.max_pool2d(": "max_pool2d: the largest of each square"}


def explained(code: str) -> str:
    """The code with a comment on each kind of layer where it comes first."""
    lines = code.split("\n")
    for name, words in LAYERS.items():
        place = next((place for place, line in enumerate(lines) if name in line), None)
        if place is not None and len(longer := f"{lines[place]}  # {words}") <= WIDTH:
            lines[place] = longer
    used = "; ".join(words for name, words in FUNCTIONS.items() if name in code)
    start = next((place for place, line in enumerate(lines) if "def forward(self, x):" in line), None)
    if used and start is not None:
        lines.insert(start, f"    # F: functions, for steps without weights. {used}")
    return "\n".join(lines)


def together(about: Subject) -> list[str]:
    """The frozen layers; all of a list of layers are named at once."""
    found: dict[str, None] = {}
    for name in about.frozen:
        whole = name.rpartition("[")[0]
        count = len({one for one in about.text.names.values() if one.startswith(f"{whole}[")})
        every = bool(whole) and all(f"{whole}[{place}]" in about.frozen for place in range(count))
        found[f"*{whole}" if every else name] = None
    return list(found)


def wrapped_list(names: Sequence[str]) -> str:
    line = f"[{', '.join(names)}]"
    if len(line) < WIDTH - 10:
        return line
    return f"[\n{indent(filled(names), '    ')}]"


def evaluation_part(about: Subject) -> Part:
    code = (
        "def evaluate(loader):\n"
        '    """The mean loss (how wrong the answers are) over some images, and the share answered right."""\n'
        f"    model.eval(){evaluation_mode(about)}\n"
        "    loss_sum, correct = 0.0, 0\n"
        "    with torch.no_grad():  # no gradients are needed here: that saves time and memory\n"
        "        for images, labels in loader:\n"
        "            output, labels = model(images.to(device)), labels.to(device)\n"
        f'            loss_sum += F.cross_entropy(output, labels, reduction="sum").item()  # {smoothed(about)}\n'
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
    return "not smoothed: lower than in training" if less else "as a Python number"


def evaluation_mode(about: Subject) -> str:
    """A comment on the mode for evaluation; "" for a network that does the same in both."""
    layers = [type(layer).__name__ for layer in about.network.modules()]
    does = [
        "dropout is off" if "Dropout" in layers else "",
        "batch norm takes averages kept from training" if any(name.startswith("BatchNorm") for name in layers) else "",
    ]
    return f"  # the mode for answers: {', '.join(filter(None, does))}" if any(does) else "  # the mode for answers"


MOVES = (
    "The gradient of a weight: how the loss changes as it grows. The optimizer moves the weight the other way. "
    "lr, the learning rate, sets how far"
)
# What is set for the loss and the optimizer, by how it is written.
TERMS = {
    "Adam": "Adam adapts that to each weight",
    "momentum=": "momentum: so much of the last step is added to the next, which steadies them",
    "weight_decay=": "weight_decay pulls each weight a little towards 0",
    "label_smoothing=": "label_smoothing: the right class should get less than 100%",
}


def comment(sentences: Sequence[str]) -> str:
    """Sentences as lines of a comment."""
    words = " ".join(f"{one}." for one in sentences)
    return fill(words, WIDTH, initial_indent="# ", subsequent_indent="# ") + "\n"


def loss_lines(about: Subject) -> str:
    entry = LOSSES[about.config.loss.name]
    source = entry.source if about.mixes or entry.brief_source is None else entry.brief_source
    return source(about.config.loss, about.counts)


def training_part(about: Subject) -> Part:
    config, moves = about.config, SCHEDULES[about.config.schedule.name].moves
    own_loss, loss = divided(loss_lines(about))
    own_optimizer, optimizer = divided(optimizer_lines(config.optimizer))
    lines = [
        f"{loss.rstrip()}  # how wrong the outputs are, as one number: the loss\n",
        comment([MOVES, *(words for name, words in TERMS.items() if name in f"{loss}{optimizer}")]),
        optimizer,
    ]
    if moves != "never":
        schedule = SCHEDULES[config.schedule.name].source(config.schedule)
        lines += ["steps = len(train_loader)  # in one epoch\n" if "steps" in schedule else "", schedule]
    lines += [mix_lines(about), loop(about, moves)]
    if about.parts.held_out:
        lines.append('print(f"test accuracy {evaluate(test_loader)[1]:.2%}")  # never looked at until now\n')
    lines.append('torch.save(model.state_dict(), "model.pt")  # all weights, by the names of their layers\n')
    return Part(
        "training", N_("Training"),
        N_("The loss says how wrong the answers are, the optimizer moves the weights so that it falls. An epoch goes "
           "through all training images once, batch by batch."),
        f"{own_loss}{own_optimizer}def train():\n{indent(''.join(lines), '    ')}",
    )  # fmt: skip


def mix_lines(about: Subject) -> str:
    mixes = [entry.source(about.config.augment) for entry in in_use(about.config.augment) if entry.mix]
    if not mixes:
        return ""
    words = "# Images of a batch are mixed with one another; their labels become shares of both classes.\n"
    made = mixes[0] if len(mixes) == 1 else f"v2.RandomChoice([{', '.join(mixes)}])"
    return f"{words}mix = {made}\n"


def loop(about: Subject, moves: str) -> str:
    patience = about.config.training.patience
    on = "val" if about.parts.held_out else "test"  # which images an epoch is measured on
    seen = "seen" if leaves_one(about) else "len(train_set)"
    watched = "  # only to watch: nothing is chosen by it" if on == "test" and not patience and moves != "loss" else ""
    lines = [
        "best_accuracy, best_epoch = 0.0, 0\n" if patience else "",
        "for epoch in range(1, epochs + 1):\n",
        "    model.train()  # the mode for training, after evaluate has set the other one\n",
        "    frozen.eval()  # they do not learn: their batch norms keep what they know\n" if about.frozen else "",
        "    loss_sum, correct, seen = 0.0, 0, 0\n" if seen == "seen" else "    loss_sum, correct = 0.0, 0\n",
        "    for images, labels in train_loader:\n",
        "        images, labels = images.to(device), labels.to(device)  # into the memory of the device\n",
        "        images, labels = mix(images, labels)\n" if about.mixes else "",
        forward_lines(about),
        "        optimizer.zero_grad()  # forget the gradients of the last step\n",
        "        loss.backward()  # computes the gradients, and keeps each with its weight\n",
        "        optimizer.step()  # move the weights so that the loss falls\n",
        "        schedule.step()  # the learning rate of the next step\n" if moves == "step" else "",
        "        loss_sum += loss.item() * len(images)  # the loss is the mean of the batch\n",
        f"        correct += (output.argmax(1) == labels{'.argmax(1)' if about.mixes else ''}).sum().item()\n",
        "        seen += len(images)\n" if seen == "seen" else "",
        f"    {on}_loss, {on}_accuracy = evaluate({on}_loader){watched}\n",
        "    schedule.step()  # the learning rate of the next epoch\n" if moves == "epoch" else "",
        f"    schedule.step({on}_loss)  # lower the learning rate if the loss does not fall any more\n"
        if moves == "loss"
        else "",
        f'    print(f"epoch {{epoch}}: loss {{loss_sum / {seen}:.4f}}, accuracy {{correct / {seen}:.2%}}, "\n',
        f'          f"on {"validation" if on == "val" else "test"} images {{{on}_loss:.4f}}, {{{on}_accuracy:.2%}}")\n',
        early_stop(patience, on),
    ]
    return "".join(lines)


def forward_lines(about: Subject) -> str:
    meaning = outputs_in_words(LOSSES[about.config.loss.name].log_probabilities)
    said = f"output = model(images)  # (images, classes): {meaning}\n"
    lines = said
    if about.config.training.precision == "bfloat16":
        lines = (
            "with torch.autocast(device, torch.bfloat16):  # quicker, with fewer digits\n"
            f"    {said}"
            "output = output.float()\n"
        )
    return indent(f"{lines}loss = loss_function(output, labels)\n", " " * 8)


def early_stop(patience: int, on: str) -> str:
    if not patience:
        return ""
    return (
        f"    if {on}_accuracy > best_accuracy or epoch == 1:\n"
        f"        best_accuracy, best_epoch = {on}_accuracy, epoch\n"
        f"    elif epoch - best_epoch >= {patience}:  # it has not become better for so many epochs\n"
        "        break\n"
    )
