"""What a script is made of: the settings of a run, its network, and what its data set is."""

import json
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import numpy as np
import torch
from torch import nn

from core.datasets.catalog import FOLDER, PlainSource, catalog
from core.datasets.drawing_style import DrawingStyle
from core.loading.augmentations import AugmentationSpec, in_use
from core.loading.input_spec import InputSpec
from core.loading.split import Parts, parts
from core.models.module_source import NetworkText, flat, network_text
from core.models.stages import split
from core.prepared.arrays import Meta, Prepared
from core.prepared.class_folders import folder_names
from core.program import COMMAND
from core.training.kept_features import MAX_BYTES, FrozenPart
from core.training.model import build_model, input_spec_of
from core.training.settings import RunSettings


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
    style: DrawingStyle | None = None  # of the training images, where a pen draws such

    @property
    def measures(self) -> bool:
        """Whether the script itself has to measure the scale of the images, because that was never done here."""
        unknown = not self.meta.fingerprint and catalog()[self.meta.name].measured is None
        return unknown and self.config.data.normalize == "dataset" and self.spec.mean == self.meta.mean

    @property
    def augmented(self) -> list[AugmentationSpec]:
        """The augmentations that change each training image by itself."""
        return [entry for entry in in_use(self.config.augment) if not entry.mix]

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
    def net(self) -> str:
        """The part of the network that every batch passes, as the script calls it."""
        return "learning" if self.text.frozen else "model"

    @property
    def inputs(self) -> str:
        """What that part is given, as the script calls a batch of it."""
        return "inputs" if self.text.frozen else "images"

    def loader(self, part: str) -> str:
        """What gives the batches of `train`, `val` or `test`, as the script calls it."""
        return f"{part}_{'features' if self.text.frozen else 'loader'}"

    @property
    def folders(self) -> bool:
        """Whether its images are read from class folders."""
        return "ImageFolder" in "".join(self.source.parts.values())

    @property
    def source(self) -> PlainSource:
        """How its data set is written; one that nobody can download is read as class folders."""
        entry = None if self.meta.name == FOLDER or self.meta.version else catalog()[self.meta.name].source
        if entry and entry.anew and self.augmented:
            return entry.anew
        return entry or class_folders(self.meta)


def subject(
    config: RunSettings, prepared: Prepared, style: DrawingStyle | None = None, *, brief: bool = False
) -> Subject:
    """`BadInput` where the settings do not suit the data. `brief`: what draws other random numbers will do."""
    meta = prepared.meta
    spec = input_spec_of(config, meta)
    of_run = parts(prepared, config.data.validation, config.data.limit, config.training.seed)
    counts = np.bincount(np.asarray(prepared.labels)[of_run.train], minlength=len(meta.classes)).tolist()
    network = build_model(config, spec, len(meta.classes), weights=False)
    cut = learns_from_features(config, network, spec, of_run)
    text = network_text(network, config.model, (spec.channels, *spec.size), len(meta.classes), brief=brief, cut=cut)
    return Subject(config, meta, spec, tuple(counts), network, text, of_run, style)


def learns_from_features(config: RunSettings, network: nn.Module, spec: InputSpec, of_run: Parts) -> bool:
    """Whether the run computes once what its frozen layers make of the images: see `core.training.kept_features`."""
    frozen = split(network, config.model)[0]
    if in_use(config.augment) or next(frozen.parameters(), None) is None:
        return False
    rows = np.unique(np.concatenate([of_run.train, of_run.val, of_run.test]))
    with torch.inference_mode():
        shape = frozen(torch.zeros(1, spec.channels, *spec.size)).shape[1:]
    return FrozenPart(frozen, rows, tuple(shape)).bytes <= MAX_BYTES


def class_folders(meta: Meta) -> PlainSource:
    """Class folders as `export-data` writes them; a person's own where they lie so."""
    root = "images/{part}"
    commands: tuple[str, ...] = ()
    if meta.path:
        place = Path(meta.path)
        own = {part: place / part for part in meta.splits}
        if not meta.version and place.is_dir() and all(folder.is_dir() for folder in own.values()):
            root = f"{literal(place.as_posix())}/{{part}}"
        elif not meta.version and list(meta.splits) == ["train"] and place.is_dir():
            root = literal(place.as_posix())
    before = ""
    if root.startswith("images/"):
        name = meta.path or meta.name
        version = f" --version {meta.version}" if meta.version else ""
        commands = (
            f"{COMMAND} export-data {quote(name)}{version} --to images.zip",
            "python -m zipfile -e images.zip images",
        )
        folders = folder_names(meta.classes)
        if folders != sorted(folders):  # some are not called as their class is, and ImageFolder numbers by names
            numbers = [folders.index(one) for one in sorted(folders)]
            before = f"numbers = {numbers}  # of the folders, in the order of their names: each one's class\n"
    some = ", is_valid_file=readable" if meta.skipped else ""
    some += ", allow_empty=True" if any(0 in counts for counts in meta.class_counts.values()) else ""
    some += ", target_transform=numbers.__getitem__" if before else ""
    ways = {
        part: f'datasets.ImageFolder("{root.format(part=part)}", {{transform}}, loader=opened{some})'
        for part in meta.splits
    }
    return PlainSource(ways, before=before, commands=commands)


def literal(path: str) -> str:
    """What stands for a path inside double quotes of Python, in a text that is formatted twice."""
    return json.dumps(path, ensure_ascii=False)[1:-1].replace("{", "{{{{").replace("}", "}}}}")
