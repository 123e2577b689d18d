"""`recipes`, `train` and `submit`: from settings to a run."""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from core import formatting
from core import recipes as recipe_book
from core.cli.arguments import Command, as_prepared_argument, config_arguments
from core.cli.data import ensure_prepared
from core.cli.diagnosis import verdict_lines
from core.cli.output import brief, emit, epoch_values, line, say, summary_values, table
from core.datasets.source import DataSource
from core.errors import BadInput, Problem, reason
from core.files.paths import resolved
from core.insight.data_doubts import with_data_doubts
from core.insight.diagnosis import measured, verdicts_of
from core.loading.augmentations import warnings
from core.locale import N_, _, translate
from core.locale.messages import SettingName
from core.models import ModelSettings, model_spec
from core.models.same_network import weights_of_run
from core.models.spec import IMAGENET, WEIGHTS_SETTING
from core.models.weights import missing_weights
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.program import COMMAND
from core.run_config import MAX_FILE_BYTES, RunConfig
from core.runs import forecast, starting_weights
from core.runs.lab import Lab
from core.runs.store import EpochRow
from core.runs.time_spent import time_spent
from core.sanitize import one_line
from core.settings.documents import MAX_QUOTED_CHARACTERS, read_json
from core.training.events import EpochMetrics, Finished, StepMetrics, Training

if TYPE_CHECKING:
    from core.models.summary import Summary

MAX_POINTS_IN_TABLE = 20  # of a range test


def add_to(command: Command) -> None:
    command("recipes", _("List the recipes."), recipes)
    config_arguments(command("train", _("Train a run here and now, with a progress bar."), train))
    config_arguments(command("submit", _("Queue a run for a worker in the background."), submit))
    sub = command("find-lr", _("Try rising learning rates on a copy of the model, and suggest one."), find_lr)
    config_arguments(sub, named=False)
    as_prepared_argument(sub)
    sub = command("estimate", _("Time a few steps, and say how long a run takes and how much memory."), estimate)
    config_arguments(sub, named=False)
    as_prepared_argument(sub)


def recipes(options: Namespace) -> None:
    if not options.json:
        table([[entry.name, translate(entry.about)] for entry in recipe_book.RECIPES])
        return
    for entry in recipe_book.RECIPES:
        emit({"name": entry.name, "title": entry.title, "about": entry.about, "config": entry.config.to_dict()})


def config_of(options: Namespace) -> tuple[RunConfig, str | None]:
    """The settings that `--recipe` or `--config` and every `--set` add up to, and the recipe's name."""
    begun = recipe_book.recipe(options.recipe).config if options.recipe is not None else read_config(options.config)
    config = begun.replace(with_run(read_changes(options.changes)))
    if config.data.path:  # the worker may be at work in another folder
        config = config.replace({"data.path": str(resolved(config.data.path))})
    return config, options.recipe


def with_run(changes: dict[str, Any]) -> dict[str, Any]:
    """The same, where weights of a run are named by its name or the start of its id, by the id that settings keep."""
    weights = changes.get(WEIGHTS_SETTING)
    if not isinstance(weights, str) or not weights.startswith("run:"):
        return changes
    lab = Lab.open()
    named = weights.removeprefix("run:")
    run = lab.find(named.removesuffix(f":{IMAGENET}"), only=True)
    # `:imagenet` stays where it was typed: a run without it refuses that in words.
    typed = f"run:{run.id}:{IMAGENET}" if named.endswith(f":{IMAGENET}") else weights_of_run(run.id, run.config.model)
    return {**changes, WEIGHTS_SETTING: typed}


def read_changes(given: Sequence[str]) -> dict[str, Any]:
    """What every `--set` says, by the dotted name of its setting."""
    changes: dict[str, Any] = {}
    for change in given:
        name, equals, text = change.partition("=")
        if not equals:
            raise BadInput(
                "--set {change!r} has no '='; write it as dotted.path=value, for instance {setting}=0.01",
                change=one_line(change, MAX_QUOTED_CHARACTERS),
                setting=SettingName("optimizer.lr"),
            )
        try:
            changes[name.strip()] = read_json(text)
        except BadInput:
            changes[name.strip()] = text
    return changes


def read_config(file: str) -> RunConfig:
    """The settings in a JSON, TOML or YAML file; `BadInput` naming the file if they are not there."""
    try:
        if not Path(file).is_file() and Path(file).exists():
            raise BadInput("{file} is no file, but a folder or a device: name the settings file itself", file=file)
        with open(file, "rb") as settings:
            content = settings.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(
            "the settings file {file} cannot be read ({reason}): check the path", file=file, reason=reason(error)
        ) from error
    return RunConfig.from_file(content, file)


def make_ready(
    config: RunConfig, lab: Lab, *, quiet: bool, weights: bool = True, as_prepared: bool = False
) -> "Summary":
    """Fetch the weights and prepare the data if that is still to do, and refuse a run that cannot start. Returns the
    layers of its model. `weights=False`: it begins with those of another run."""
    source = DataSource.of(config.data)
    if weights and (not source.is_folder or source.place.exists()):  # else that is what is wrong
        ensure_weights(config.model, quiet=quiet)
        starting_weights.source_run(config, lab.store, lab.files)
    ensure_prepared(source, lab.workspace, quiet=quiet, as_prepared=as_prepared)
    prepared = prepare.require(source, lab.workspace)
    model = require_startable(config, prepared)
    if weights and (start := starting_weights.check(config, prepared, lab.store, lab.files)) and not quiet:
        line(starting_weights.start_text(asdict(start)), sys.stderr)
    return model


def require_startable(config: RunConfig, prepared: Prepared) -> "Summary":
    """Refuse a run that cannot start on this data, and warn of what is unwise. Returns the layers of its model."""
    from core.training.preflight import check

    model = check(config, prepared)
    for words in warnings(config.augment, prepared.meta):
        line(words, sys.stderr)
    return model


def ensure_weights(settings: ModelSettings, *, quiet: bool) -> None:
    """Download the weights that a model starts from, if they are not here. Done before anything else, as nothing else
    is of use without them."""
    if file := missing_weights(settings):
        if file.url and not quiet:
            line(
                _(
                    "ImageNet's weights of {model} are not on this computer: {size:size} from {host}.",
                    model=translate(model_spec(file.model).title),
                    size=file.size,
                    host=file.host,
                ),
                sys.stderr,
            )
        file.fetch(progress=not quiet)


def train(options: Namespace) -> int:
    config, recipe = config_of(options)
    lab = Lab.open()
    make_ready(config, lab, quiet=options.json)
    from core.runs.foreground import train_here

    run = train_here(config, lab, options.name, recipe, while_heard(observer(config, as_json=options.json)))
    if options.json:
        emit({**brief(run), **(summary_values(run) or {}), "message": run.message})
    if run.state == "finished" and run.summary:
        if not options.json:
            end = run.summary
            line(
                _(
                    "{name} ({id}): test accuracy {accuracy:percent} ({right}) after {time}, {speed}",
                    name=run.name,
                    id=run.id,
                    accuracy=end["test_accuracy"],
                    right=formatting.of(end["test_correct"], end["test_total"]),
                    time=time_spent(run),
                    speed=formatting.speed(end["images_per_second"]),
                )
            )
            found = verdicts_of(run, lab.store.epochs(run.id), lab.store.steps(run.id), lab)
            told = with_data_doubts(measured(run, found), run, "test", lab.workspace)
            for words in (*told.said, *verdict_lines(run, found)):
                line(words)
        return 0
    if run.state == "paused":
        why = run.message or _("Stopped at the last checkpoint.")
        raise Problem("{why} Go on with: {command} resume {id}", why=why, command=COMMAND, id=run.id)
    if run.message:
        raise Problem("{why}", why=run.message)
    raise Problem("{name:name} ({id}) was {state}.", name=run.name, id=run.id, state=translate(run.state))


def observer(config: RunConfig, *, as_json: bool) -> Callable[[Any], None]:
    """Shows what `fit` yields: a progress bar and a line an epoch, or a JSON line an epoch."""
    bar = tqdm(total=config.training.epochs, unit="epoch", disable=True if as_json else None, leave=False,
               bar_format=_("{desc} {bar} {n:.2f}/{total} epochs, {remaining} left"))  # fmt: skip

    measured_on = config.data.measured_on

    def observe(event: Any) -> None:
        if isinstance(event, StepMetrics | Training):
            bar.update(event.epoch - bar.n)
        if isinstance(event, StepMetrics):
            loss, speed = event.metrics["loss"], event.metrics["images_per_second"]
            bar.set_description(_("loss {loss:loss}, {speed}", loss=loss, speed=formatting.speed(speed)), refresh=False)
        elif isinstance(event, EpochMetrics):
            if as_json:
                emit(epoch_values(EpochRow.of(event), measured_on))
                return
            scores = [
                _(
                    "{part} {loss:loss} {accuracy:percent}",
                    part=translate(part),
                    loss=score.loss,
                    accuracy=score.accuracy,
                )
                for part, score in (("train", event.train), (measured_on, event.val))
                if score
            ]
            with tqdm.external_write_mode():
                right = formatting.of(event.val.correct, event.val.total)
                line(_("epoch {epoch}: {scores} ({right})", epoch=event.epoch, scores=", ".join(scores), right=right))
        elif isinstance(event, Finished):
            bar.close()

    return observe


def while_heard(observe: Callable[[Any], None]) -> Callable[[Any], None]:
    """The same, until what it prints cannot be written any more. Training goes on without a reader of its output."""
    heard = True

    def observe_if_heard(event: Any) -> None:
        nonlocal heard
        if heard:
            try:
                observe(event)
            except (OSError, Problem) as error:
                heard = False
                if not isinstance(error, BrokenPipeError):
                    line(_("{problem} The run goes on.", problem=error), sys.stderr)

    return observe_if_heard


def submit(options: Namespace) -> None:
    config, recipe = config_of(options)
    lab = Lab.open()
    make_ready(config, lab, quiet=options.json)
    say(
        lab.submit(config, options.name, recipe),
        N_("{name:name} ({id}) is queued; watch it with: {command} show {id}"),
        options,
    )


def estimate(options: Namespace) -> None:
    """Time a few steps, and print what a run with these settings will take."""
    config, _recipe = config_of(options)
    lab = Lab.open()
    make_ready(config, lab, quiet=options.json, as_prepared=options.as_prepared)
    from core.training import pace
    from core.training.data import open_data
    from core.training.device import choose_device

    device = choose_device(config.training.device)
    found = pace.measure(
        config,
        open_data(config, prepare.require(DataSource.of(config.data), lab.workspace), device),
        device,
        starting_weights.earlier(config, lab.store, lab.files),
    )
    epochs = config.training.epochs
    if options.json:
        emit(
            {
                "seconds": found.seconds(epochs),
                "fixed_seconds": found.fixed_s,
                "epoch_seconds": found.epoch_s,
                "memory": found.memory,
            }
        )
        return
    line(forecast.in_words(found, epochs))


def find_lr(options: Namespace) -> None:
    """Print the points of a learning-rate range test, then the rate that they suggest."""
    config, _recipe = config_of(options)
    lab = Lab.open()
    make_ready(config, lab, quiet=options.json, as_prepared=options.as_prepared)
    from core.training import lr_finder, lr_suggestion
    from core.training.data import open_data
    from core.training.device import choose_device

    device = choose_device(config.training.device)
    data = open_data(config, prepare.require(DataSource.of(config.data), lab.workspace), device)
    points = []
    steps = lr_finder.steps_of(config)
    with tqdm(total=steps, unit="step", disable=True if options.json else None, leave=False) as bar:
        for point in lr_finder.find_lr(config, data, device, starting_weights.earlier(config, lab.store, lab.files)):
            points.append(point)
            bar.update()
            if options.json:
                emit({"step": point.step, "lr": point.lr, "loss": point.loss, "smoothed": point.smoothed})
    found = lr_suggestion.suggest(points)
    if options.json:
        emit(
            {
                "suggestion": found and found.lr,
                "steepest_at": found and found.steepest_at,
                "lowest_at": found and found.lowest_at,
                "rises_from": found and found.rises_from,
            }
        )
        return
    shown = [*points[:: max(1, len(points) // MAX_POINTS_IN_TABLE)], *points[-1:]]
    rows = [[formatting.rate(one.lr), *map(formatting.loss, (one.loss, one.smoothed))] for one in shown]
    table([[_("learning rate"), _("loss"), _("mean loss")], *rows])
    line(lr_suggestion.in_words(found, config.optimizer.lr))
