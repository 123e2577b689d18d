"""A run's weights as a file that plain PyTorch loads, and such a file as a run of its own."""

import io
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import safetensors.torch
import torch
from torch import Tensor, nn

from core import durable, room
from core.config import LARGEST, RunConfig
from core.data import prepare
from core.data.inputs import input_spec
from core.data.layout import LONGEST_CLASS
from core.data.prepared import Meta
from core.data.roots import confined, whereabouts
from core.data.source import DataSource
from core.errors import BadInput, Problem, reason
from core.models.build import build_model
from core.models.source import model_source
from core.places import Places
from core.runs.launch import Lab
from core.runs.naming import LONGEST, run_name
from core.runs.store import Run
from core.text import distinct, one_line
from core.training import checkpoint
from core.weights import Kind, read, require_answers

MOST_PIXELS = 512**2  # of an image that a file may describe: no setting asks for more
SPREADS = 1e-9, 1.0  # of pixels in 0–1, unless they are all alike


def kind_of(filename: str) -> Kind:
    """The kind of a weights file, by its ending."""
    ending = Path(filename).suffix.lower()
    if ending == ".safetensors":
        return "safetensors"
    if ending in (".pt", ".pth"):
        return "pt"
    raise BadInput(f"{filename!r} ends in {ending or 'nothing'}; allowed: .safetensors, or .pt for a state_dict")


def export(run: Run, places: Places, kind: Kind, which: str = checkpoint.LAST) -> bytes:
    """The weights of a run's checkpoint: a `state_dict` saved by torch, or safetensors with the run's name, the
    RunConfig and the data set's description in its header."""
    trained = checkpoint.load_model(checkpoint.checkpoint_path(places.run(run.id), which))
    weights = {name: tensor.contiguous() for name, tensor in trained.model.state_dict().items()}
    if kind == "safetensors":
        header = {"name": run.name, "config": trained.config.to_json(), "meta": trained.meta.model_dump_json()}
        return safetensors.torch.save(weights, metadata=header)
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    return buffer.getvalue()


def export_to(run: Run, places: Places, path: Path, which: str = checkpoint.LAST) -> list[Path]:
    """Write the weights to `path` (.safetensors or .pt) and the RunConfig beside them (.json); returns both.

    `BadInput`, before anything is computed or made, if no file can be written there."""
    kind, beside = kind_of(path.name), path.with_suffix(".json")
    check_writable(path)
    check_own(beside)
    durable.write(export(run, places, kind, which), path)
    durable.write(run.config.to_json().encode(), beside)
    return [path, beside]


def check_writable(path: Path) -> None:
    """Try it beside `path` with a file that goes again: folders are not made, and a mistyped one is noticed."""
    if not path.parent.exists():
        raise BadInput(f"there is no folder {path.parent} to write {path.name} into: make it first")
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
        if path.is_dir():
            raise BadInput(f"{path} is a folder; give the name of a file to write")
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({reason(error)}): choose another place") from error


def check_own(path: Path) -> None:
    """What is written besides the file that was named may replace an earlier one of its kind, and nothing else."""
    try:
        with open(path, "rb") as file:
            RunConfig.from_file(file.read(LARGEST + 1), path.name)
    except FileNotFoundError:
        return
    except (OSError, BadInput) as error:
        raise BadInput(
            f"{path}, where the settings go, is something else already: choose another name for the weights, or "
            "move it away"
        ) from error


def loading_code(run: Run, places: Places, filename: str, which: str = checkpoint.LAST) -> str:
    """The few lines of plain PyTorch that load an exported file and answer one image."""
    trained = checkpoint.load_model(checkpoint.checkpoint_path(places.run(run.id), which))
    spec, classes = trained.spec, list(trained.meta.classes)
    model = model_source(trained.config, spec, len(classes))
    vision = "import torchvision\n" if "torchvision" in model else ""
    load, state = "", f'torch.load("{filename}", weights_only=True)'
    if kind_of(filename) == "safetensors":
        load, state = "from safetensors.torch import load_file\n", f'load_file("{filename}")'
    shape = f"(N, {spec.channels}, {spec.size[0]}, {spec.size[1]})"
    return (
        f"import torch\n{vision}{load}from torch import nn\n\n{model}model.load_state_dict({state})\nmodel.eval()\n\n"
        f"classes = {classes}\n"
        f"mean = torch.tensor({list(spec.mean)}).view(-1, 1, 1)\n"
        f"std = torch.tensor({list(spec.std)}).view(-1, 1, 1)\n"
        f"# images: {shape} uint8\n"
        "with torch.no_grad():\n"
        "    logits = model((images / 255 - mean) / std)\n"
        "answers = [classes[i] for i in logits.argmax(1)]\n"
    )


def import_weights(content: bytes, filename: str, lab: Lab, config: RunConfig | None = None, name: str = "") -> Run:
    """A finished run made from a weights file, checked before anything uses it.

    The settings come from `config`, or from the header of a safetensors file that Epochlab wrote, and so does the
    name, else that of the file. `BadInput` says what does not fit: not such a file, no settings, other layers, other
    shapes, values that are not finite.
    """
    filename = one_line(filename, LONGEST)
    weights, header = read(content, filename, kind_of(filename))
    if config is None:
        if "config" not in header:
            raise BadInput(f"{filename} does not say how its model is built. Give the RunConfig (.json) beside it.")
        config = RunConfig.from_file(header["config"].encode(), filename)
        whereabouts(config.data.path or "")  # only a name here, mostly of a place on another computer
    elif config.data.path:
        config = config.replace({"data.path": confined(config.data.path, lab.places)})
    source = DataSource.of(config.data)
    found = prepare.find(source, lab.places)  # refuses what can be no data set
    if "meta" in header:  # what lies under that name on this computer may be something else
        meta = described(header["meta"], filename)
    else:
        meta = (found or prepare.require(source, lab.places)).meta
    with torch.device("meta"):  # names and shapes are enough to compare with
        model = build_model(config, input_spec(config, meta), len(meta.classes), weights=False)
    check_fit(weights, model, filename)
    require_answers(weights, config, meta, filename)
    own = run_name(header.get("name", "")) or Path(filename).stem
    room.require(lab.places.runs, sum(tensor.nbytes for tensor in weights.values()), "these weights")
    run = lab.store.add(config, name.strip() or lab.store.free_name(own), state="failed")  # until its weights are there
    values = {
        "model": weights,
        "config": config.to_dict(),
        "meta": meta.model_dump_json(),
        "fingerprint": meta.fingerprint,
    }
    try:
        lab.store.change(run.id, message=f"{filename} was not loaded to the end. Load it again, and delete this run.")
        checkpoint.save(values, checkpoint.checkpoint_path(lab.places.run(run.id), checkpoint.LAST))
        loaded = f"Its weights were loaded from {filename}."
        lab.store.move(run.id, "finished", only_from=["failed"], finished=run.created, message=loaded)
    except Problem:
        with suppress(Problem):  # else it says of itself what it is
            lab.delete(run.id)
        raise
    return lab.store.get(run.id)


def described(text: str, filename: str) -> Meta:
    """The description of a data set in a file's header; `BadInput` if no images can be so."""
    try:
        meta = Meta.model_validate_json(text)
    except ValueError as error:
        raise BadInput(
            f"{filename} describes its data set in a way that Epochlab does not know. Export it anew."
        ) from error
    height, width = meta.size or (1, 1)
    possible = (
        meta.channels in (1, 3)
        and len(meta.mean) == len(meta.std) == meta.channels
        and min(height, width) >= 1
        and height * width <= MOST_PIXELS
        and all(0 <= mean <= 1 for mean in meta.mean)
        and all(std == 0 or SPREADS[0] <= std <= SPREADS[1] for std in meta.std)
    )
    if not possible:
        raise BadInput(f"{filename} describes images that cannot be. Export it anew, or prepare its data set first.")
    return meta.model_copy(update={"classes": tuple(distinct(meta.classes, LONGEST_CLASS))})


def check_fit(weights: dict[str, Tensor], model: nn.Module, filename: str) -> None:
    """`BadInput` at the first tensor that does not belong to this model."""
    expected = model.state_dict()
    for names, words in (
        (expected.keys() - weights.keys(), "lacks"),
        (weights.keys() - expected.keys(), "has besides"),
    ):
        if names:
            raise BadInput(
                f"{filename} does not fit the model of its settings: it {words} {some(names)}. Give the settings that "
                "it was trained with."
            )
    for name, tensor in expected.items():
        given = weights[name]
        if given.shape != tensor.shape or given.dtype != tensor.dtype:
            raise BadInput(
                f"{filename} does not fit the model of its settings: {name} is {tuple(given.shape)} {given.dtype}, "
                f"but {tuple(tensor.shape)} {tensor.dtype} is needed. Give the settings that it was trained with."
            )
        if given.is_floating_point() and not given.isfinite().all():
            raise BadInput(
                f"{filename} holds numbers that are not finite in {name}, so it cannot answer. Take the weights of an "
                "earlier epoch."
            )


def some(names: set[str], most: int = 3) -> str:
    return ", ".join(one_line(name, 80) for name in sorted(names)[:most])
