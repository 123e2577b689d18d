"""The settings of a run, those that were changed from what it began with, and the commands that train with them
again."""

import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from core.datasets.catalog import FOLDER
from core.datasets.source import SOURCE_SETTINGS, DataSource
from core.errors import Problem
from core.insight.comparison import differences
from core.loading.augmentations import augment_settings
from core.locale import _, translate
from core.prepared.imports import place_of
from core.program import COMMAND
from core.recipes import Recipe, recipe
from core.report.document import Block, Code, Table, Words, missing
from core.report.subject import Subject
from core.run_config import RunConfig
from core.runs.naming import file_name
from core.runs.setting_words import MISSING, changes, field_of, in_words, part_title
from core.runs.starting_weights import source_names
from core.runs.store import Run


@dataclass(frozen=True)
class Begun:
    """What a run's settings are compared with."""

    recipe: Recipe | None  # None: the defaults
    config: RunConfig


def begun(run: Run) -> Begun:
    """The recipe that it began with, if that is still there; else the defaults of its entries."""
    with suppress(Problem):
        if run.recipe:
            entry = recipe(run.recipe)
            return Begun(entry, entry.config)
    return Begun(None, RunConfig())


def setting_blocks(subject: Subject) -> list[Block]:
    """A row a setting that the run has; what was changed stands out."""
    run, start = subject.run, begun(subject.run)
    config, before, changed = run.config, start.config.flat(), changes(run.config, start.config)
    rows: list[list[str]] = []
    marked: set[int] = set()
    for name, value in config.flat().items():
        if name not in changed and is_idle(name, value, config):
            continue
        info = field_of(name, [config])
        title = translate((info.title if info else None) or part_title(name))
        words = place_of(DataSource.of(config.data), subject.lab.workspace) if name == "data.path" else in_words(
            name, info, value, source_names([run]))  # fmt: skip
        was = in_words(name, field_of(name, [start.config]), before.get(name, MISSING)) if name in changed else ""
        marked |= {len(rows)} if name in changed else set()
        rows.append([title, words, was, name])
    begins = _("in {recipe:name}", recipe=translate(start.recipe.title)) if start.recipe else _("by default")
    headings = [_("Setting"), _("Value"), begins[:1].upper() + begins[1:], _("Its name on the command line")]
    told = _("What was changed stands out. What is off or empty and was not changed is left out.")
    return [Words(told), Table(headings, rows, marked=marked)]


def is_idle(name: str, value: Any, config: RunConfig) -> bool:
    """Whether a setting that nobody changed says nothing."""
    part, _dot, key = name.partition(".")
    if name in SOURCE_SETTINGS[1:] and config.data.name != FOLDER:
        return True
    return value == "" or (part == "augment" and value == augment_settings()().model_dump(mode="json")[key])


def difference_blocks(runs: Mapping[str, Run]) -> list[Block]:
    """A row a setting that differs between runs, a column a run, under its letter."""
    if len(runs) < 2:
        return [missing(_("There are no two runs whose settings can be read."))]
    found = differences(list(runs.values()))
    if not found:
        return [Words(_("These runs have the very same settings."))]
    rows = [[one.title, *(one.values[run.id] for run in runs.values()), one.name] for one in found]
    return [Table([_("Setting"), *runs, _("Its name on the command line")], rows)]


def reproduction_blocks(subject: Subject) -> list[Block]:
    """The commands that train with the same settings, and those settings as a file."""
    run = subject.run
    found: list[Block] = []
    if run.origin:
        told = _(
            "It goes on from {name:name} after epoch {epoch}: its settings alone do not give its numbers.",
            name=run.origin.name,
            epoch=run.origin.epoch,
        )
        found.append(Words(told, "warning"))
    if command := recipe_command(run):
        found += [Words(_("From the recipe, with what was changed:")), Code(command)]
    file = f"{file_name(run.name, run.id)}.json"
    found += [
        Words(_("From the settings as a file, which this report keeps below, on a screen:")),
        Code(f"{COMMAND} train --config {shlex.quote(file)}"),
        Words(_("As plain PyTorch that gives the numbers of this run, epoch by epoch, on the same computer:")),
        Code(f"{COMMAND} script {run.id} --exact --to train.py"),
        Code(run.config.to_json(), file),
    ]
    return found


def recipe_command(run: Run) -> str:
    """`train --recipe … --set …`; "" for a run that began with none, and where these would not give its settings."""
    start = begun(run)
    if start.recipe is None:
        return ""
    changed = changes(run.config, start.config)
    with suppress(Problem):
        if start.config.replace(changed) == run.config:
            given = [f"--set {shlex.quote(f'{name}={typed(value)}')}" for name, value in changed.items()]
            return " ".join([f"{COMMAND} train --recipe {start.recipe.name}", *given])
    return ""


def typed(value: Any) -> str:
    """A value as `--set` reads it: as JSON, else as the words themselves."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    try:
        json.loads(value)
    except ValueError:
        return value
    return json.dumps(value, ensure_ascii=False)
