"""The training of a script as a teacher writes it: the loss, the optimizer, the loop over epochs and batches."""

from collections.abc import Sequence
from textwrap import fill, indent

from core.loading.augmentations import in_use
from core.locale import N_
from core.models.module_source import outputs_in_words
from core.script.lines import optimizer_lines, schedule_lines
from core.script.plain_data import leaves_one
from core.script.subject import Subject
from core.script.text import LONGEST, Part, divided
from core.training.losses import LOSSES
from core.training.schedules import SCHEDULES

MOVES = (
    "The gradient of a weight: how the loss changes when it grows a little. The optimizer moves each weight the other "
    "way, as far as lr, the learning rate, says: too far, and the loss jumps"
)


# What is set for the loss and the optimizer, by how it is written.
TERMS = {
    "Adam(": "Adam adapts the step to each weight",
    "AdamW(": "AdamW adapts the step to each weight",
    "momentum=": "momentum adds so much of the last step to the next, which steadies the steps",
    "weight_decay=": "weight_decay pulls each weight a little towards 0",
    "label_smoothing=": "label_smoothing asks less than 100% of the right class: no answer is too sure",
}


def training_part(about: Subject) -> Part:
    config, moves, tested = about.config, SCHEDULES[about.config.schedule.name].moves, about.loader("test")
    own_loss, loss = divided(loss_lines(about))
    own_optimizer, optimizer = divided(optimizer_lines(config.optimizer))
    lines = [
        f"{loss.rstrip()}  # how wrong the outputs are, as one number: the loss\n",
        comment([MOVES, *(words for name, words in TERMS.items() if name in f"{loss}{optimizer}")]),
        optimizer,
    ]
    if moves != "never":
        lines.append(schedule_lines(config.schedule))
    if about.text.frozen:
        held = [one for one in ("train", "val", "test") if one != "val" or about.parts.held_out]
        named, loaders = (", ".join(text.format(one) for one in held) for text in ("{}_features", "{}_loader"))
        lines.append(f"{named} = map(features, ({loaders}))\n")
        lines = [one.replace("(model.parameters()", "(learning.parameters()") for one in lines]
    lines += [mix_lines(about), loop(about, moves)]
    if about.parts.held_out:
        lines.append(f'print(f"test accuracy {{evaluate({tested})[1]:.2%}}")  # nothing was chosen by these images\n')
    lines.append('torch.save(model.state_dict(), "model.pt")  # all weights, each with its name\n')
    return Part(
        "training", N_("Training"),
        N_("The loss says how wrong the answers are, the optimizer moves the weights so that it falls. An epoch goes "
           "through all training images once, batch by batch."),
        f"{own_loss}{own_optimizer}def train():\n{indent(''.join(lines), '    ')}",
    )  # fmt: skip


def loss_lines(about: Subject) -> str:
    entry = LOSSES[about.config.loss.name]
    source = entry.source if about.mixes or entry.brief_source is None else entry.brief_source
    return source(about.config.loss, about.counts)


def comment(sentences: Sequence[str]) -> str:
    """Sentences as lines of a comment inside a function."""
    words = " ".join(f"{one}." for one in sentences)
    return fill(words, LONGEST - 4, initial_indent="# ", subsequent_indent="# ") + "\n"


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
    moved = "        images, labels = images.to(device), labels.to(device)  # into the memory of the device\n"
    whole = about.frozen and not about.text.frozen
    watched = "  # only to watch: nothing is chosen by it" if on == "test" and not patience and moves != "loss" else ""
    lines = [
        "best_accuracy, best_epoch = 0.0, 0\n" if patience else "",
        "for epoch in range(1, epochs + 1):\n",
        f"    {about.net}.train()  # the mode for training; evaluate sets the other one\n",
        "    frozen.eval()  # they do not learn: their batch norms keep what they know\n" if whole else "",
        "    loss_sum, correct, seen = 0.0, 0, 0\n" if seen == "seen" else "    loss_sum, correct = 0.0, 0\n",
        f"    for {about.inputs}, labels in {about.loader('train')}:\n",
        moved if not about.text.frozen else "",
        "        images, labels = mix(images, labels)\n" if about.mixes else "",
        forward_lines(about),
        "        optimizer.zero_grad()  # forget the gradients of the last step\n",
        "        loss.backward()  # computes the gradients, and keeps each with its weight\n",
        "        optimizer.step()  # move the weights so that the loss falls\n",
        "        schedule.step()  # the learning rate of the next step\n" if moves == "step" else "",
        f"        loss_sum += loss.item() * len({about.inputs})  # mean × images = sum\n",
        f"        correct += (output.argmax(1) == labels{'.argmax(1)' if about.mixes else ''}).sum().item()\n",
        f"        seen += len({about.inputs})\n" if seen == "seen" else "",
        f"    {on}_loss, {on}_accuracy = evaluate({about.loader(on)}){watched}\n",
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
    said = f"output = {about.net}({about.inputs})  # (images, classes): {meaning}\n"
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
