"""The network of a script as a teacher writes it, and the weights that it begins with."""

import ast
import re
from collections.abc import Sequence
from textwrap import indent

from core.locale import N_
from core.models.spec import START
from core.program import COMMAND
from core.script.subject import Subject
from core.script.text import LONGEST, WIDTH, Part, filled


def model_part(about: Subject) -> Part:
    """The lines that make `model`; `frozen` are layers that keep their weights, and `learning` what comes after them
    where they can be cut off."""
    code = "\n\n".join([*about.text.definitions, on_device(about.text.lines)])
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
    if about.text.frozen:
        end = about.text.frozen
        words = "what learns; what keeps its weights"
        code += f"learning, frozen = model[{end}:], model[:{end}].eval().requires_grad_(False)  # {words}\n"
    elif about.frozen:
        code += (
            "\n# Layers that keep the weights they begin with: they need no gradients.\n"
            f"frozen = nn.ModuleList({wrapped_list(together(about))}).requires_grad_(False)\n"
        )
    code = explained(code)
    return Part(
        "model", N_("Model"),
        N_("The layers of the network, and in which order an image passes them. What comes out is a score for each "
           "class; the largest is the answer."),
        code,
    )  # fmt: skip


def on_device(lines: str) -> str:
    """Lines that make `model`, with its way to the device: where it is made, unless parts of it are made later."""
    made = [
        node
        for node in ast.parse(lines).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).partition(".")[0] == "model"
    ]
    if len(made) > 1 or made[0].lineno != made[0].end_lineno:
        return f"{lines}model = model.to(device)\n"
    written = lines.splitlines()
    written[made[0].lineno - 1] += ".to(device)"
    return "".join(f"{line}\n" for line in written)


# What layers do, by their name in the code: at length, and shorter.
LAYERS = {
    "nn.Linear(": (
        "numbers in, out; each one out is a weighted sum of all that come in",
        "each out: a weighted sum of all in",
    ),
    "nn.Conv2d(": (
        "channels in, out: weighted sums over {side} × {side} pixels",
        "channels in, out; sums over windows",
    ),
    "nn.BatchNorm2d(": (
        "as many channels: each to mean 0, standard deviation 1; steadies training",
        "each channel: mean 0, standard deviation 1",
    ),
    "nn.Dropout(": ("in training, some numbers become 0: none is relied on",),
}
# And of a second layer of the kind, below the first.
NEXT = {
    "nn.Conv2d(": ("in: what came out before; padding: zeros around", "in: what came out before"),
}
RELU = ("relu: below 0 becomes 0, or several layers could do no more than one", "relu: below 0 becomes 0")
POOL = "max_pool2d: the largest of each square"


def explained(code: str) -> str:
    """The code with a comment on each kind of layer: on the first line that has room for it."""
    lines = code.split("\n")
    for kind, ways in LAYERS.items():
        first = commented(lines, kind, ways)
        if first is not None:
            commented(lines, kind, NEXT.get(kind, ()), after=first)
    start = next((place for place, line in enumerate(lines) if "def forward(self, x):" in line), None)
    if start is not None and "F." in code:
        told = ["; ".join([relu] * ("F.relu(" in code) + [POOL] * ("F.max_pool2d(" in code)) for relu in RELU]
        ways = tuple(f"        # F: functions, for steps without weights. {one}".rstrip() for one in told)
        lines.insert(start + 1, next((one for one in ways if len(one) <= LONGEST), ways[-1]))
    return "\n".join(lines)


def commented(lines: list[str], kind: str, ways: Sequence[str], after: int = -1) -> int | None:
    """Puts the first comment that has room behind a line with this kind of layer. Returns the number of the line."""
    for words in ways:
        for place, line in enumerate(lines):
            side = re.search(r"kernel_size=(\d+)", line)
            told = f"{line}  # {words.format(side=side[1] if side else '')}"
            if place > after and kind in line and len(told) <= LONGEST and (side or "{side}" not in words):
                lines[place] = told
                return place
    return None


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
