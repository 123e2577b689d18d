"""The script that gives a run's own numbers: the same images in the same order, changed by the same random draws, from
the same first weights. What draws them are functions of this program, written out."""

import ast
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from textwrap import indent
from typing import Any

from torch import nn

from core.datasets.stratified import stratified, with_copies
from core.loading.batches import evaluation_batch
from core.models.build import multiply_adds
from core.prepared.arrays import Prepared
from core.program import COMMAND
from core.script.collected import collected
from core.script.exact_batches import batches_part, inputs_of
from core.script.plain_model import model_part
from core.script.plain_training import early_stop
from core.script.subject import Subject, subject
from core.script.text import Part, Script, script, tidy
from core.training.device import choose_device, choose_precision, choose_threads
from core.training.losses import LOSSES
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES
from core.training.settings import RunSettings
from core.training.state import SAMPLE_IMAGES, SAMPLE_VALUES


def exact_script(config: RunSettings, prepared: Prepared) -> Script:
    """One file that runs on this computer. On another one, processor, versions and threads round otherwise."""
    about = subject(config, prepared)
    parts = [data_part(about, prepared), batches_part(about), network_part(about), evaluation_part(about),
             training_part(about)]  # fmt: skip
    again = () if reads_source(about) else (prepare_command(about),)
    return script(heading(about), [start_part(about, parts, prepared), *parts], str(prepared.folder), again)


def heading(about: Subject) -> str:
    notes = [
        f"Train a run of Epochlab on {about.meta.title} once more, to the same numbers.\n\n"
        "Order of the images, augmentation, and first weights are those of the run: its random numbers follow from\n"
        "the seed, what they are for, the epoch and the image. On the same computer, with the same versions, the\n"
        "loss of an epoch differs by rounding at most."
    ]
    if not reads_source(about):
        notes.append(
            "\nIt reads the images as Epochlab has prepared them, from the folder FOLDER below. On another computer,\n"
            "with a copy of it: `python train.py --data COPY`."
        )
    if about.config.model.of_run:
        notes.append("\nIt begins with the weights of another run, which have to lie beside it as start.pt.")
    if choose_device(about.config.training.device).type != "cpu":
        notes.append("\nA GPU adds up in no fixed order: the last digits differ from one start to the next.")
    return "".join(f"{note}\n" for note in notes)


def start_part(about: Subject, others: Sequence[Part], prepared: Prepared) -> Part:
    """The numbers that the other parts go by."""
    nodes = [node for part in others for node in ast.walk(ast.parse(tidy(part.code)))]
    of_spec = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    training = about.config.training
    device = choose_device(training.device)
    threads = choose_threads(multiply_adds(about.network, about.spec) * training.batch_size)
    spec = about.spec
    fields = {"channels": spec.channels, "size": spec.size, "resized": spec.resized, "mean": spec.mean,
              "std": spec.std, "ground": spec.ground, "reflect": spec.reflect}  # fmt: skip
    given = "".join(f"    {key}={value!r},\n" for key, value in fields.items() if f"spec.{key}" in of_spec)
    counted = f"classes = {len(about.meta.classes)}\n" if about.mixes else ""
    code = (
        f"epochs, batch_size, seed = {training.epochs}, {training.batch_size}, {training.seed}\n"
        f'device = torch.device("{device.type}")\n'
        f"torch.set_num_threads({threads})  # with other threads, sums are rounded otherwise\n"
        f"torch.manual_seed(seed)\n"
        f"{counted}"
        f"{'' if reads_source(about) else folder_lines(about, prepared.folder)}"
        f"spec = SimpleNamespace(  # how the model sees an image\n{given})\n"
    )
    return Part("settings", "Settings", "", code)


def data_part(about: Subject, prepared: Prepared) -> Part:
    config, splits = about.config, about.meta.splits
    made_here = about.parts.val_split == "validation"
    limited = config.data.limit is not None and config.data.limit < splits["train"]
    needs, lines = reading(about, prepared)
    lines += ranges(splits)
    tested = "test" if about.parts.test_split == "test" else "val"
    lines += f"train, test = of_train, of_{tested}\n"
    if not about.parts.held_out:
        lines += "val = test\n"
    elif made_here:
        copies = copies_lines(prepared)
        needs.append(with_copies if copies else stratified)
        chosen = "with_copies(labels[train], count, (seed, 1), copies)" if copies else (
            "stratified(labels[train], count, (seed, 1))")  # fmt: skip
        lines += (
            f"{copies}count = max(round({config.data.validation!r} * len(train)), 1)  # of validation images\n"
            f"held_out = {chosen}  # 1: numbers of their own\n"
            "train, val = np.delete(train, held_out), train[held_out]\n"
        )
    else:
        lines += "val = of_val\n"
    if limited:
        needs.append(stratified)
        lines += f"train = train[stratified(labels[train], {config.data.limit}, seed=(seed, 2), whole=True)]\n"
    return Part("data", "Data", "", f"{collected(dict.fromkeys(needs))}\n\n{lines}")


def ranges(splits: dict[str, int]) -> str:
    """Lines that say where the images of each part are."""
    lines, start = "", 0
    for part, count in splits.items():
        lines += f"of_{part} = np.arange({start}, {start + count})\n"
        start += count
    return lines


def copies_lines(prepared: Prepared) -> str:
    """Lines that find images with the same pixels; "" where none are in the training part."""
    of_train = [] if prepared.copies is None else prepared.copies[prepared.indices("train")].tolist()
    if len(set(of_train)) == len(of_train):
        return ""
    return (
        "first = {}  # images with the same pixels stay together\n"
        "copies = np.array([first.setdefault(images[i].tobytes(), i) for i in train])\n"
    )


def reads_source(about: Subject) -> bool:
    """Whether it reads the data set itself; else what was prepared of it: photographs were made small, images edited,
    or come from a person's own folder."""
    usable = about.meta.size is not None and not about.meta.version and about.meta.path is None
    return usable and about.source.ordered and (bool(about.source.arrays) or not about.folders)


def reading(about: Subject, prepared: Prepared) -> tuple[list[Any], str]:
    """Functions, and lines that make `images` and `labels` in the order of the prepared set."""
    source = about.source
    if reads_source(about) and source.arrays:
        return list(source.needs), f"{source.imports}{source.arrays}"
    if reads_source(about):
        sets = ",\n".join(source.parts[part].format(transform=source.upright or None) for part in about.meta.splits)
        return [], (
            f"{source.imports}{source.before}\n"
            f"parts = [\n{indent(sets, '    ')},\n]\n"
            "pairs = [pair for part in parts for pair in part]\n"
            "images = np.stack([np.asarray(image) for image, _ in pairs])  # (N, H, W) or (N, H, W, 3) uint8\n"
            f"images = images.reshape(*images.shape[:3], {about.meta.channels})\n"
            "labels = np.array([label for _, label in pairs], np.int64)\n"
        )
    return [], prepared_lines(about)


def folder_lines(about: Subject, folder: Path) -> str:
    """Lines that say where the prepared images lie."""
    again = "".join(f"# {line}\n" for line in f"To make them again: {prepare_command(about)}".splitlines())
    return (
        f"# The images as Epochlab has prepared them, which the run has learnt from: {', '.join(files(about))}.\n"
        f"{again}"
        f"FOLDER = {json.dumps(str(folder), ensure_ascii=False)}\n"
        'if sys.argv[1:] == ["--data"]:\n'
        '    sys.exit("--data needs the folder of the images: python train.py --data FOLDER")\n'
        'folder = sys.argv[2] if sys.argv[1:2] == ["--data"] else FOLDER\n'
    )


def prepare_command(about: Subject) -> str:
    """The command that prepares these images."""
    version = f" --version {about.meta.version}" if about.meta.version else ""
    return f"{COMMAND} prepare {quote(about.meta.path or about.meta.name)}{version}"


def files(about: Subject) -> list[str]:
    """The files of the prepared images that are read."""
    return ["images.npy", "labels.npy", *(["shapes.npy"] if about.meta.size is None else [])]


def prepared_lines(about: Subject) -> str:
    """Lines that read what was prepared."""
    lines = 'labels = np.load(f"{folder}/labels.npy")\n'
    if about.meta.size is not None:
        return f'{lines}images = np.load(f"{{folder}}/images.npy", mmap_mode="c")\n'
    return (
        f"{lines}"
        'pixels, shapes = np.load(f"{folder}/images.npy", mmap_mode="r"), np.load(f"{folder}/shapes.npy")\n'
        f"ends = np.cumsum(shapes.prod(axis=1, dtype=np.int64) * {about.meta.channels})\n"
        "images = [\n"
        f"    pixels[end - high * wide * {about.meta.channels} : end].reshape(high, wide, {about.meta.channels})\n"
        "    for end, (high, wide) in zip(ends, shapes)\n"
        "]\n"
    )


def network_part(about: Subject) -> Part:
    part = model_part(about)
    code = part.code
    if "sample" in about.text.lines:
        values = about.spec.channels * about.spec.size[0] * about.spec.size[1]
        most = max(1, min(SAMPLE_IMAGES, SAMPLE_VALUES // values))
        code = f"sample = model_inputs(train[:: -(-len(train) // {most})]).cpu()\n\n\n{code}"
    if any(isinstance(layer, nn.Conv2d) for layer in about.network.modules()):
        code += "model = model.to(memory_format=torch.channels_last)  # quicker; the sums are as the run's\n"
    return replace(part, code=f"{code}{features_lines(about)}")


def features_lines(about: Subject) -> str:
    """Lines that compute once what the frozen layers make of the images, in the batches in which a run does; "" where
    every batch passes all layers."""
    if not about.text.frozen:
        return ""
    size = evaluation_batch(about.spec)
    return (
        "\nrows, made = np.unique(np.concatenate([train, val, test])), []\n"
        f"for start in range(0, len(rows), {size}):\n"
        "    with torch.no_grad():\n"
        f"{computed(about, f'frozen(model_inputs(rows[start : start + {size}]))', 8)}"
        "    made.append(output)\n"
        "made = torch.cat(made)\n\n\n"
        "def features(indices):\n"
        '    """What the frozen layers make of these images; computed once, as it is the same in every epoch."""\n'
        "    return made[np.searchsorted(rows, indices)]\n"
    )


def evaluation_part(about: Subject) -> Part:
    code = (
        "def evaluate(indices):\n"
        '    """The mean loss over these images, and the share of them that is answered right."""\n'
        f"    {about.net}.eval()\n"
        "    loss_sum, correct = 0.0, 0\n"
        f"    for start, end in cuts(len(indices), {evaluation_batch(about.spec)}):\n"
        "        chosen = indices[start:end]\n"
        "        targets = torch.from_numpy(labels[chosen]).to(device)\n"
        "        with torch.inference_mode():\n"
        f"{computed(about, f'{about.net}({inputs_of(about)}(chosen))', 12)}"
        '            loss_sum += F.cross_entropy(output, targets, reduction="sum").item()\n'
        "            correct += (output.argmax(1) == targets).sum().item()\n"
        "    return loss_sum / len(indices), correct / len(indices)\n"
    )
    return Part("evaluation", "Evaluation", "", code)


def computed(about: Subject, answers: str, spaces: int) -> str:
    """Lines that make `output` of an expression, with the precision of the run."""
    training = about.config.training
    device = choose_device(training.device)
    work = multiply_adds(about.network, about.spec) * training.batch_size
    if choose_precision(about.config, device, about.network, work) == "float32":
        return indent(f"output = {answers}\n", " " * spaces)
    return indent(
        f"with torch.autocast(device.type, torch.bfloat16):\n    output = {answers}\noutput = output.float()\n",
        " " * spaces,
    )


def training_part(about: Subject) -> Part:
    config, moves = about.config, SCHEDULES[about.config.schedule.name].moves
    patience = config.training.patience
    loss = LOSSES[config.loss.name].source(config.loss, about.counts)
    lines = [
        loss, OPTIMIZERS[config.optimizer.name].source(config.optimizer),
        "steps = len(cuts(len(train), batch_size))  # in one epoch\n",
        SCHEDULES[config.schedule.name].source(config.schedule),
        "\nhistory = []  # loss and accuracy in training, then on the images that each epoch is measured on\n",
        "best_accuracy, best_epoch = 0.0, 0\n" if patience else "",
        "for epoch in range(1, epochs + 1):\n"
        f"    {about.net}.train()\n",
        "    frozen.eval()\n" if about.frozen and not about.text.frozen else "",
        "    loss_sum, correct = 0.0, 0\n"
        "    for inputs, targets in training_batches(epoch):\n",
        computed(about, f"{about.net}(inputs)", 8),
        "        loss = loss_function(output, targets)\n"
        "        optimizer.zero_grad(set_to_none=True)\n"
        "        loss.backward()\n"
        "        optimizer.step()\n",
        "        schedule.step()\n" if moves == "step" else "",
        "        loss_sum += loss.item() * len(targets)\n"
        f"        right = targets{'.argmax(1)' if about.mixes else ''}\n"
        "        correct += (output.argmax(1) == right).sum().item()\n"
        "    val_loss, val_accuracy = evaluate(val)\n",
        "    schedule.step()\n" if moves == "epoch" else "",
        "    schedule.step(val_loss)\n" if moves == "loss" else "",
        "    history.append((loss_sum / len(train), correct / len(train), val_loss, val_accuracy))\n"
        '    print("epoch {}: loss {:.9g}, accuracy {:.4%}, measured {:.9g}, {:.4%}".format(epoch, *history[-1]))\n',
        early_stop(patience, "val"),
        'print("test: loss {:.9g}, accuracy {:.4%}".format(*evaluate(test)))\n'
        'torch.save(model.state_dict(), "model.pt")\n',
    ]  # fmt: skip
    return Part("training", "Training", "", "".join(lines))
