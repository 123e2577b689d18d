"""The default names of runs, and the names of their files. Imports no torch."""

import re
import secrets
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import PurePath

from core.datasets import catalog
from core.datasets.catalog import FOLDER
from core.datasets.source import SOURCE_SETTINGS, DataSource, with_version
from core.locale import _, translate
from core.models import model_spec
from core.models.layers.text import LAYERS_SETTING
from core.recipes import recipe
from core.run_config import RunConfig
from core.runs.setting_words import NO_NAMES, changes, changes_in_words
from core.sanitize import lines, one_line

NUMBER = re.compile(r"\d+(e\d+)?")  # what a spreadsheet reads as a number
MAX_NAME_CHARS = 200  # characters of a run's name
MAX_NAMED_CHANGES = 3  # changes that the default name of a run tells
VERSION = "data.version"
CHANGE = " · "  # between what a run began with and what was changed
MAX_TAG_CHARS, MAX_TAGS = 50, 20  # characters of a tag, and tags of a run
MAX_NOTES_CHARS = 10_000  # characters of its notes
# What a file of a run is, as its name tells: in a folder of downloads all of them lie side by side.
SCRIPT, EXACT_SCRIPT, BOARD, REPORT, EPOCHS, STEPS = "code", "code-exact", "tensorboard", "report", "epochs", "steps"


def run_name(text: str) -> str:
    """The part of a given name that is kept: one line of visible characters."""
    return one_line(text, MAX_NAME_CHARS)


def tag_names(given: Sequence[str]) -> list[str]:
    """What is kept of tags: each once, none empty."""
    tags = (one_line(tag, MAX_TAG_CHARS) for tag in given)
    return list(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def note_lines(text: str) -> str:
    """What is kept of notes."""
    return lines(text, MAX_NOTES_CHARS)


def data_title(config: RunConfig) -> str:
    """The data set and its version as a person calls them; an imported folder by its own name, which may be that of a
    built-in set."""
    return with_version(_set_title(config), config.data.version)


def _set_title(config: RunConfig) -> str:
    if config.data.name == FOLDER:
        own = re.sub(r"\.zip$", "", PurePath(config.data.path or FOLDER).name, flags=re.IGNORECASE)
        return _("{name} (own images)", name=own) if own in {spec.title for spec in catalog.catalog().values()} else own
    return translate(catalog.spec(config.data.name).title)


def model_title(config: RunConfig) -> str:
    return translate(model_spec(config.model.name).title)


def default_name(config: RunConfig, recipe_name: str | None, runs: Mapping[str, str] = NO_NAMES) -> str:
    """The title of the recipe, with what was changed of it; `CNN on MNIST` where there is none. `runs`: names by ids,
    of the one whose weights it starts from."""
    if recipe_name is not None:
        entry = recipe(recipe_name)
        # The choice of a folder does not count as a change of the recipe.
        own = DataSource.of(config.data).base.settings if entry.folder and config.data.name == FOLDER else {}
        if name := changed_name(config, entry.config.replace(own), translate(entry.title), runs):
            return name
    return _("{model} on {data}", model=model_title(config), data=data_title(config))


def changed_name(config: RunConfig, begun: RunConfig, title: str, runs: Mapping[str, str] = NO_NAMES) -> str:
    """What a run is called that began with the settings of something of that title: `Digits in seconds · Learning
    rate 0.01`; "" with other images than another version of these, or with a list of layers instead of a model, which
    say more than the title."""
    changed = changes(config, begun)
    if not changed:
        return title
    other_images = changed.keys() & set(SOURCE_SETTINGS) - {VERSION}
    if other_images or {"model.name", LAYERS_SETTING} <= changed.keys():
        return ""
    return f"{title.partition(CHANGE)[0]}{CHANGE}{changes_in_words(config, begun, MAX_NAMED_CHANGES, runs)}"


def seed_suffix(seed: int) -> str:
    """What a run that repeats another one has after its name."""
    return _(", seed {seed}", seed=seed)


def run_id() -> str:
    """Eight hexadecimal digits that no spreadsheet takes for a number, as it does 12345678 and 1234e567."""
    while NUMBER.fullmatch(found := secrets.token_hex(4)):
        pass
    return found


def free_name(wanted: str, taken: set[str]) -> str:
    """`wanted`, or `wanted` and the first number that makes a name that no run has: `CNN on MNIST 2`."""
    wanted = run_name(wanted)
    numbered = "{} ({})" if wanted[-1:].isdigit() else "{} {}"  # not `Learning rate 0.01 2`
    others = (numbered.format(wanted, number) for number in count(2))
    return next(name for name in chain([wanted], others) if name not in taken)


def file_name(name: str, run_id: str, what: str = "") -> str:
    """The beginning of the names of a run's files: `cnn-on-digits-8x8-1a2b3c4d`, without a shell's special signs; with
    `what` it is, such as `SCRIPT`, at its end."""
    words = re.sub(r"[^\w.]+", "-", re.sub(r"\s*×\s*", "x", name.lower()))
    return "-".join(filter(None, [words[:60].strip("-._") or "run", run_id, what]))


def model_file_name(name: str, run_id: str, which: str) -> str:
    """The same of the files of a checkpoint, `last` or `best`."""
    return file_name(name, run_id, f"model-{which}")
