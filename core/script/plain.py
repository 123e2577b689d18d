"""The script that a teacher would write for the settings of a run: torchvision's data set, transforms, a DataLoader,
the network, the loop. It learns from the same images in another random order, so its numbers are as those of another
seed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import numpy as np
from torch import nn

from core.datasets.catalog import FOLDER, PlainSource, catalog
from core.loading.augmentations import in_use
from core.loading.input_spec import InputSpec
from core.loading.split import Parts, parts
from core.locale import N_
from core.models.module_source import NetworkText, flat, network_text
from core.models.stages import split
from core.prepared.arrays import Meta, Prepared
from core.program import COMMAND
from core.script.text import Part, Script, script
from core.training.losses import LOSSES
from core.training.model import build_model, input_spec_of
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES
from core.training.settings import RunSettings

LINE = 100  # characters


@dataclass(frozen=True)
class Subject:
    """What a script is made of: the settings of a run, and what its data set is."""

    config: RunSettings
    meta: Meta
    spec: InputSpec
    counts: tuple[int, ...]  # training images of each class
    network: nn.Module
    text: NetworkText
    parts: Parts

    @property
    def mixes(self) -> bool:
        """Whether images of a batch are mixed with one another."""
        return any(entry.mix for entry in in_use(self.config.augment))

    @property
    def frozen(self) -> list[str]:
        """The layers with weights that do not learn, as the script calls them."""
        if self.config.model.trains == "all":
            return []
        layers = [layer for stage in split(self.network, self.config.model)[0] for layer in flat(stage)]
        return list(dict.fromkeys(self.text.names[id(layer)] for layer in layers if layer.state_dict()))

    @property
    def source(self) -> PlainSource:
        """How its data set is written; one that nobody can download is read as class folders."""
        entry = None if self.meta.name == FOLDER or self.meta.version else catalog()[self.meta.name].source
        return entry or class_folders(self.meta)

    @property
    def device(self) -> str:
        return self.config.training.device


def subject(config: RunSettings, prepared: Prepared) -> Subject:
    """`BadInput` where the settings do not suit the data."""
    meta = prepared.meta
    spec = input_spec_of(config, meta)
    of_run = parts(prepared, config.data.validation, config.data.limit, config.training.seed)
    counts = np.bincount(np.asarray(prepared.labels)[of_run.train], minlength=len(meta.classes)).tolist()
    network = build_model(config, spec, len(meta.classes), weights=False)
    text = network_text(network, config.model, (spec.channels, *spec.size))
    return Subject(config, meta, spec, tuple(counts), network, text, of_run)


def plain_script(config: RunSettings, prepared: Prepared) -> Script:
    """One file that runs as it is."""
    about = subject(config, prepared)
    return script(
        heading(about),
        [settings_part(about), data_part(about), model_part(about), evaluation_part(about), training_part(about),
         prediction_part(about)],
    )  # fmt: skip


def heading(about: Subject) -> str:
    return (
        f"Train an image classifier on {about.meta.title} with PyTorch.\n\n"
        f"Run it with `python train.py`. {where(about)}\n"
        "The trained weights are written to model.pt. Epochlab wrote it from the settings of a run, and is not\n"
        "needed for it."
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
    lines = [
        f"epochs = {training.epochs}  # how often the model sees every training image\n",
        f"batch_size = {training.batch_size}  # images of a step\n",
        f"device = {device}\n",
        f"torch.manual_seed({training.seed})  # the same random numbers at every start\n\n",
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
    return line if len(line) <= LINE else f"class_names = [\n{indent(filled(items), '    ')}]\n"


def filled(items: Sequence[str]) -> str:
    """Items with commas between, as many a line as fit."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) + len(" ,    ") > LINE:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{item},"
    return "".join(f"{line}\n" for line in lines)


# --- Data


def class_folders(meta: Meta) -> PlainSource:
    """Class folders as `export-data` writes them; a person's own where they lie so."""
    root = "images/{part}"
    note = ""
    if meta.path:
        place = Path(meta.path)
        own = {part: place / part for part in meta.splits}
        if not meta.version and place.is_dir() and all(folder.is_dir() for folder in own.values()):
            root = f"{place.as_posix()}/{{part}}"
        elif not meta.version and list(meta.splits) == ["train"] and place.is_dir():
            root = place.as_posix()
    if root.startswith("images/"):
        name = meta.path or meta.name
        version = f" --version {meta.version}" if meta.version else ""
        note = (
            "# Write the images as class folders and unpack them beside this file, into the folder images:\n"
            f"#     {COMMAND} export-data {name}{version} --to images.zip\n"
        )
    ways = {part: f'datasets.ImageFolder("{root.format(part=part)}", {{transform}})' for part in meta.splits}
    return PlainSource(ways, before=note)


def data_part(about: Subject) -> Part:
    source, config = about.source, about.config
    augmented = [entry for entry in in_use(config.augment) if not entry.mix]
    lines = [source.imports, f"{source.before}\n" if source.before else "", transforms(about), "\n"]
    train, test = ("train_transform", "test_transform") if augmented else ("transform", "transform")

    def part(name: str, transform: str) -> str:
        return broken(source.parts[name].format(transform=transform))

    lines.append(f"train_set = {part('train', train)}\n")
    held_out = about.parts.val_split == "validation"
    tested = "test" if "test" in source.parts else "val"
    if about.parts.val_split == "val" and about.parts.held_out:
        lines.append(f"val_set = {part('val', test)}\n")
    if tested in source.parts:
        lines.append(f"test_set = {part(tested, test)}\n")
    if held_out:
        lines.append(hold_out(about, part("train", test) if augmented else ""))
    if config.data.limit is not None:
        lines.append(
            f"\n# Only so many of the training images\n"
            f"chosen = torch.randperm(len(train_set))[: {config.data.limit}]\n"
            "train_set = Subset(train_set, chosen.tolist())\n"
        )
    lines.append(loaders(about))
    if "sample" in about.text.lines:
        lines.append(
            "sample = torch.stack([train_set[i][0] for i in torch.randperm(len(train_set))[:5000].tolist()])\n"
        )
    return Part(
        "data", N_("Data"),
        N_("A data set gives one image and its class at a time. Transforms turn the picture into numbers that a "
           "network learns from well; a DataLoader puts them into batches."),
        "".join(lines),
    )  # fmt: skip


def transforms(about: Subject) -> str:
    """One list of steps for training images and one for all others; one for both where they are the same."""
    augmented = [entry for entry in in_use(about.config.augment) if not entry.mix]
    mean, std = ([float(f"{value:.4f}") for value in values] for values in (about.spec.mean, about.spec.std))
    scale = (
        ""
        if not any(mean) and all(one == 1 for one in std)
        else f"v2.Normalize({mean}, {std}),  # to mean 0, spread 1\n"
    )
    numbers = "v2.ToDtype(torch.float32, scale=True),  # 0–255 becomes 0–1\n"
    upright = (
        f"{about.source.upright},  # as the files hold them, the images lie mirrored\n" if about.source.upright else ""
    )
    start = f"{upright}{colours(about)}v2.ToImage(),  # a picture becomes a tensor (channels, height, width)\n"
    sized, random_crop = sizing(about), any(entry.box for entry in augmented)
    size = f"size = {about.spec.size}  # height and width in pixels, as the model sees images\n"
    if not augmented:
        return f"{size}transform = v2.Compose([\n{indent(start + sized + numbers + scale, '    ')}])\n"
    changes = "".join(f"{entry.source(about.config.augment)},\n" for entry in augmented)
    # Photographs are cut out at random instead of in the middle.
    before = "" if random_crop and about.spec.ground is None else sized
    train = start + before + numbers + changes + scale
    head = "" if not about.spec.ground or not sized else square(about)
    return (
        f"{head}{size}"
        f"# Training images are changed at random, anew in every epoch: the class stays the same.\n"
        f"train_transform = v2.Compose([\n{indent(train, '    ')}])\n"
        f"test_transform = v2.Compose([\n{indent(start + sized + numbers + scale, '    ')}])\n"
    )


def colours(about: Subject) -> str:
    """A step that brings an image to the channels that the model takes, where it has others."""
    have = 3 if "ImageFolder" in "".join(about.source.parts.values()) else about.meta.channels
    return "" if have == about.spec.channels else f"v2.Grayscale({about.spec.channels}),\n"


def sizing(about: Subject) -> str:
    """Steps that bring an image to the size that the model takes."""
    if about.meta.size == about.spec.size:
        return ""
    if about.spec.ground is not None:
        return "v2.Lambda(square),\nv2.Resize(size, antialias=True),\n"
    (short, _), square_image = about.spec.resized, about.meta.size and len(set(about.meta.size)) == 1
    if square_image:
        return "v2.Resize(size, antialias=True),\n"
    return f"v2.Resize({short}, antialias=True),  # the shorter side\nv2.CenterCrop(size),\n"


def square(about: Subject) -> str:
    ground = list(about.spec.ground or ())
    return (
        "def square(image):\n"
        '    """The whole drawing (C, H, W) in the middle of a square of its ground."""\n'
        "    height, width = image.shape[1:]\n"
        "    side = max(height, width)\n"
        f"    ground = torch.tensor({ground}, dtype=torch.uint8).view(-1, 1, 1)\n"
        "    filled = ground.repeat(image.shape[0] // len(ground), side, side)\n"
        "    top, left = (side - height) // 2, (side - width) // 2\n"
        "    filled[:, top : top + height, left : left + width] = image\n"
        "    return filled\n\n\n"
    )


def hold_out(about: Subject, unchanged: str) -> str:
    """Lines that take the validation images from `train_set`; `unchanged` is the expression of the training part
    without augmentation, where there is one."""
    share = about.config.data.validation
    words = (
        f"\n# {share:.0%} of the training images are held out: they tell how well it does on images that it has not\n"
        "# learnt from.\n"
    )
    generator = f"torch.Generator().manual_seed({about.config.training.seed})"
    if not unchanged:
        return (
            f"{words}generator = {generator}\n"
            f"train_set, val_set = random_split(train_set, [{1 - share:g}, {share:g}], generator)\n"
        )
    return (
        f"{words}order = torch.randperm(len(train_set), generator={generator}).tolist()\n"
        f"held_out = round({share:g} * len(order))\n"
        f"val_set = Subset({unchanged}, order[:held_out])\n"
        "train_set = Subset(train_set, order[held_out:])\n"
    )


def loaders(about: Subject) -> str:
    batch, images = about.config.training.batch_size, len(about.parts.train)
    shuffle = "shuffle=True" if about.config.data.shuffle else "shuffle=False"
    alone = ", drop_last=True" if batch > 1 and images % batch == 1 else ""
    note = "  # a last batch of one image has no spread, which batch norm needs" if alone else ""
    lines = [f"\ntrain_loader = DataLoader(train_set, batch_size, {shuffle}{alone}){note}\n"]
    if about.parts.held_out:
        lines.append("val_loader = DataLoader(val_set, batch_size=500)\n")
    return "".join([*lines, "test_loader = DataLoader(test_set, batch_size=500)\n"])


def broken(expression: str) -> str:
    """A long call with one argument a line."""
    if len(expression) + len("train_set = ") <= LINE:
        return expression
    head, _, arguments = expression.partition("(")
    return f"{head}(\n    {arguments[:-1]},\n)"


# --- Model


def model_part(about: Subject) -> Part:
    code = "\n\n".join([*about.text.definitions, about.text.lines])
    config = about.config
    if config.model.of_run:
        code += (
            f"\n# It begins with what another run has learnt: {COMMAND} export {config.model.of_run} --to start.pt\n"
            'start = torch.load("start.pt", weights_only=True)\n'
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
            "\n# These layers keep the weights that they begin with; only the others learn.\n"
            f"frozen = {wrapped_list(about.frozen)}\n"
            "for layer in frozen:\n    layer.requires_grad_(False)\n"
        )
    return Part(
        "model", N_("Model"),
        N_("The layers of the network, and in which order an image passes them. What comes out is a score for each "
           "class; the largest is the answer."),
        code,
    )  # fmt: skip


def wrapped_list(names: Sequence[str]) -> str:
    line = f"[{', '.join(names)}]"
    if len(line) < LINE - 10:
        return line
    return f"[\n{indent(filled(names), '    ')}]"


# --- Evaluation, training, prediction


def evaluation_part(about: Subject) -> Part:
    code = (
        "def evaluate(loader):\n"
        '    """The mean loss over some images, and the share of them that is answered right."""\n'
        "    model.eval()  # dropout is off, batch norm goes by what it has seen\n"
        "    loss_sum, correct = 0.0, 0\n"
        "    with torch.no_grad():  # nothing is learnt here, so no gradients are kept\n"
        "        for images, labels in loader:\n"
        "            images, labels = images.to(device), labels.to(device)\n"
        "            output = model(images)\n"
        '            loss_sum += F.cross_entropy(output, labels, reduction="sum").item()\n'
        "            correct += (output.argmax(1) == labels).sum().item()\n"
        "    return loss_sum / len(loader.dataset), correct / len(loader.dataset)\n"
    )
    return Part(
        "evaluation", N_("Evaluation"),
        N_("How good the model is, measured on images that it does not learn from."), code,
    )  # fmt: skip


def loss_lines(about: Subject) -> str:
    entry = LOSSES[about.config.loss.name]
    source = entry.source if about.mixes or entry.brief_source is None else entry.brief_source
    return source(about.config.loss, about.counts)


def training_part(about: Subject) -> Part:
    config, moves = about.config, SCHEDULES[about.config.schedule.name].moves
    optimizer = OPTIMIZERS[config.optimizer.name].source(config.optimizer).replace(", fused=True", "")  # only quicker
    lines = [loss_lines(about), optimizer]
    if moves != "never":
        lines.append(
            f"steps = len(train_loader)  # of an epoch\n{SCHEDULES[config.schedule.name].source(config.schedule)}"
        )
    lines += [mix_lines(about), "\n", loop(about, moves)]
    if about.parts.held_out:
        lines.append(
            "\n# The test images were never looked at until now: this is what to expect of new images.\n"
            "_, test_accuracy = evaluate(test_loader)\n"
            'print(f"test accuracy {test_accuracy:.2%}")\n'
        )
    lines.append('torch.save(model.state_dict(), "model.pt")\n')
    return Part(
        "training", N_("Training"),
        N_("The loss says how wrong the answers are, the optimizer moves the weights so that it falls. An epoch goes "
           "through all training images once, batch by batch."),
        "".join(lines),
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
    held_out = about.parts.held_out
    lines = [
        "best_accuracy, best_epoch = 0.0, 0\n" if patience else "",
        "for epoch in range(1, epochs + 1):\n",
        "    model.train()\n",
        "    for layer in frozen:\n        layer.eval()  # their batch norms keep what they know\n"
        if about.frozen
        else "",
        "    loss_sum, correct, seen = 0.0, 0, 0\n",
        "    for images, labels in train_loader:\n",
        "        images, labels = images.to(device), labels.to(device)\n",
        "        images, labels = mix(images, labels)\n" if about.mixes else "",
        forward_lines(about),
        "        optimizer.zero_grad()  # forget the gradients of the last step\n",
        "        loss.backward()  # how the loss changes with each weight\n",
        "        optimizer.step()  # move the weights so that it falls\n",
        "        schedule.step()  # the learning rate of the next step\n" if moves == "step" else "",
        "        loss_sum += loss.item() * len(images)\n",
        f"        correct += (output.argmax(1) == labels{'.argmax(1)' if about.mixes else ''}).sum().item()\n",
        "        seen += len(images)\n",
        f"    val_loss, val_accuracy = evaluate({'val_loader' if held_out else 'test_loader'})\n",
        "    schedule.step()  # the learning rate of the next epoch\n" if moves == "epoch" else "",
        "    schedule.step(val_loss)  # lower the learning rate if the loss does not fall any more\n"
        if moves == "loss"
        else "",
        '    print(f"epoch {epoch}: loss {loss_sum / seen:.4f}, accuracy {correct / seen:.2%}, "\n',
        f'          f"on {"validation" if held_out else "test"} images {{val_loss:.4f}}, {{val_accuracy:.2%}}")\n',
        early_stop(patience),
    ]
    return "".join(lines)


def forward_lines(about: Subject) -> str:
    lines = "output = model(images)  # (images, classes): a score for each class\n"
    if about.config.training.precision == "bfloat16":
        lines = (
            "with torch.autocast(device, torch.bfloat16):  # quicker, with fewer digits\n"
            "    output = model(images)  # (images, classes): a score for each class\n"
            "output = output.float()\n"
        )
    return indent(f"{lines}loss = loss_function(output, labels)\n", " " * 8)


def early_stop(patience: int) -> str:
    if not patience:
        return ""
    return (
        "    if val_accuracy > best_accuracy or epoch == 1:\n"
        "        best_accuracy, best_epoch = val_accuracy, epoch\n"
        f"    elif epoch - best_epoch >= {patience}:  # it has not become better for so many epochs\n"
        "        break\n"
    )


def prediction_part(about: Subject) -> Part:
    augmented = any(not entry.mix for entry in in_use(about.config.augment))
    transform = "test_transform" if augmented else "transform"
    mode = "L" if about.meta.channels == 1 else "RGB"
    sized = about.meta.size is None or about.meta.size != about.spec.size
    resize = "" if sized else ".resize(size[::-1])"
    plain = f'Image.open(file).convert("{mode}"){resize}'
    if about.source.upright:
        plain += ".transpose(Image.Transpose.TRANSPOSE)"
    code = (
        "def predict(file):\n"
        '    """The class of the picture in a file, and how sure the model is, from 0 to 1."""\n'
        f"    picture = {plain}\n"
        f"    images = {transform}(picture)[None].to(device)  # a batch of one image\n"
        "    model.eval()\n"
        "    with torch.no_grad():\n"
        "        probabilities = model(images).softmax(1)[0]\n"
        "    best = probabilities.argmax().item()\n"
        "    return class_names[best], probabilities[best].item()\n\n\n"
        '# print(predict("picture.png"))\n'
    )
    return Part("prediction", N_("Prediction"), N_("A picture of your own, answered by the trained model."), code)
