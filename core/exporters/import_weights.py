"""A weights file, which may come from an unknown source, as a finished run of its own."""

import json
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.exporters.adapt_weights import adapted, alike_in_shapes, same_layers
from core.exporters.trial import require_answers
from core.files import disk_space
from core.importing.layout import MAX_CLASS_NAME_CHARS
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.allowed_paths import confined, whereabouts
from core.prepared.arrays import Meta
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS, run_name
from core.runs.store import Run
from core.sandbox.weight_files import ENDINGS, Kind, read
from core.sanitize import distinct, one_line
from core.training import checkpoint
from core.training.model import build_model, input_spec_of

MAX_IMAGE_PIXELS = 512**2  # of an image that a file may describe: no setting asks for more
STD_RANGE = 1e-9, 1.0  # of pixels in 0–1, unless they are all alike


def kind_of(filename: str) -> Kind:
    """The kind of a weights file, by its ending."""
    ending = Path(filename).suffix.lower()
    if ending not in ENDINGS:
        raise BadInput(
            "{file:name} ends in {ending}; allowed: .safetensors, or .pt for a state_dict",
            file=filename,
            ending=ending or _("nothing"),
        )
    return ENDINGS[ending]


def import_weights(content: bytes, filename: str, lab: Lab, config: RunConfig | None = None, name: str = "") -> Run:
    """A finished run made from a weights file, checked before anything uses it.

    The settings come from `config`, or from the header of a safetensors file that Epochlab wrote, and so does the
    name, else that of the file. `BadInput` says what does not fit: not such a file, no settings, other layers, other
    shapes, values that are not finite.
    """
    filename = one_line(filename, MAX_NAME_CHARS)
    kind = kind_of(filename)
    weights, header = read(content, filename, kind)
    if config is None:
        if "config" not in header:
            raise BadInput(
                "{filename:name} does not say how its model is built. Give the RunConfig (.json) beside it.",
                filename=filename,
            )
        config = RunConfig.from_file(header["config"].encode(), filename)
        whereabouts(config.data.path or "")  # only a name here, mostly of a place on another computer
    elif config.data.path:
        config = config.replace({"data.path": confined(config.data.path, lab.workspace)})
    source = DataSource.of(config.data)
    found = prepare.find(source, lab.workspace)  # refuses what can be no data set
    if "meta" in header:  # what lies under that name on this computer may be something else
        meta = meta_from_header(header["meta"], filename)
    else:
        meta = (found or prepare.require(source, lab.workspace)).meta
    with torch.device("meta"):  # names and shapes are enough to compare with
        model = build_model(config, input_spec_of(config, meta), len(meta.classes), weights=False)
    order = None if kind == "safetensors" else json.loads(header["order"])  # such a file is sorted by name
    weights, changes = adapted(weights, order, model.state_dict())
    if order is None and not same_layers(weights, model.state_dict()) and alike_in_shapes(weights, model.state_dict()):
        raise BadInput(
            "The layers in {filename:name} have other names than the model's, some have the same shapes, and a "
            ".safetensors file keeps no order: which is which cannot be told. Save it once more with "
            "torch.save(model.state_dict(), FILE) as .pt, which keeps it.",
            filename=filename,
        )
    check_fit(weights, model, filename)
    require_answers(weights, config, meta, filename)
    own = run_name(header.get("name", "")) or Path(filename).stem
    disk_space.require(lab.workspace.runs, sum(tensor.nbytes for tensor in weights.values()), _("these weights"))
    run = lab.store.add(config, name.strip() or lab.store.free_name(own), state="failed")  # until its weights are there
    values = {
        "model": weights,
        "config": config.to_dict(),
        "meta": meta.model_dump_json(),
        "fingerprint": meta.fingerprint,
    }
    try:
        half = Problem("{file:name} was not loaded to the end. Load it again, and delete this run.", file=filename)
        lab.store.change(run.id, outcome=half.to_dict())
        checkpoint.save_last(values, lab.workspace.run(run.id), run.attempt)
        loaded = Problem("Its weights were loaded from {file:name}.", file=filename).to_dict()
        if changes:
            words = ", ".join(translate(change) for change in changes)
            loaded = Problem("Its weights were loaded from {file:name}: {words}.", file=filename, words=words).to_dict()
        lab.store.move(run.id, "finished", only_from=["failed"], finished=run.created, outcome=loaded)
    except Problem:
        with suppress(Problem):  # if it stays, its outcome says what it is
            lab.delete(run.id)
        raise
    return lab.store.get(run.id)


def meta_from_header(text: str, filename: str) -> Meta:
    """The description of a data set in a file's header; `BadInput` if it describes impossible images."""
    try:
        meta = Meta.model_validate_json(text)
    except ValueError as error:
        raise BadInput(
            "{filename:name} describes its data set in a way that Epochlab does not know. Export it again.",
            filename=filename,
        ) from error
    height, width = meta.size or (1, 1)
    possible = (
        meta.channels in (1, 3)
        and len(meta.mean) == len(meta.std) == meta.channels
        and (meta.ground is None or (len(meta.ground) == meta.channels and all(0 <= g <= 255 for g in meta.ground)))
        and min(height, width) >= 1
        and height * width <= MAX_IMAGE_PIXELS
        and all(0 <= mean <= 1 for mean in meta.mean)
        and all(std == 0 or STD_RANGE[0] <= std <= STD_RANGE[1] for std in meta.std)
    )
    if not possible:
        raise BadInput(
            "{filename:name} describes impossible images. Export it again, or prepare its data set first.",
            filename=filename,
        )
    return meta.model_copy(update={"classes": tuple(distinct(meta.classes, MAX_CLASS_NAME_CHARS))})


def check_fit(weights: dict[str, Tensor], model: nn.Module, filename: str) -> None:
    """`BadInput` at the first tensor that does not belong to this model."""
    expected = model.state_dict()
    if lacking := expected.keys() - weights.keys():
        raise BadInput(
            "{filename:name} does not fit the model of its settings: it lacks {names}. Give the settings that it was "
            "trained with.",
            filename=filename,
            names=some(lacking),
        )
    if besides := weights.keys() - expected.keys():
        raise BadInput(
            "{filename:name} does not fit the model of its settings: it also has {names}. Give the settings that it "
            "was trained with.",
            filename=filename,
            names=some(besides),
        )
    for name, tensor in expected.items():
        given = weights[name]
        if given.shape != tensor.shape or given.dtype != tensor.dtype:
            raise BadInput(
                "{filename:name} does not fit the model of its settings: {name} is {shape} {dtype}, but "
                "{needed_shape} {needed_dtype} is needed. Give the settings that it was trained with.",
                filename=filename,
                name=name,
                shape=tuple(given.shape),
                dtype=given.dtype,
                needed_shape=tuple(tensor.shape),
                needed_dtype=tensor.dtype,
            )
        if given.is_floating_point() and not given.isfinite().all():
            raise BadInput(
                "{filename:name} holds numbers that are not finite in {name}, so it cannot answer. Take the weights "
                "of an earlier epoch.",
                filename=filename,
                name=name,
            )


def some(names: set[str], most: int = 3) -> str:
    return ", ".join(one_line(name, 80) for name in sorted(names)[:most])
