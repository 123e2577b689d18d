"""What each command of the command line does. torch is imported only where it is needed."""

import json
import sys
import time
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from core import recipes as recipe_book
from core import wording
from core.config import RunConfig
from core.data import catalog
from core.data import prepare as preparation
from core.data.catalog import FOLDER
from core.errors import BadInput, Problem
from core.places import Places
from core.runs.launch import Lab
from core.runs.store import Run


def emit(values: dict[str, Any]) -> None:
    """One JSON object on a line of its own."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


def table(rows: list[list[str]]) -> None:
    """Columns as wide as their widest entry; the last one runs free."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))


def datasets(options: Namespace) -> None:
    places = Places.from_environment()
    entries: list[dict[str, Any]] = [
        {
            "name": spec.name, "path": None, "title": spec.title, "images": dict(spec.counts),
            "classes": list(spec.classes), "prepared": preparation.find(spec.name, None, places) is not None,
        }
        for spec in catalog.catalog().values()
    ] + [
        {
            "name": FOLDER, "path": meta.path, "title": meta.title, "images": dict(meta.splits),
            "classes": list(meta.classes), "prepared": True,
        }
        for meta in preparation.imported(places)
    ]  # fmt: skip
    if options.json:
        for entry in entries:
            emit(entry)
        return
    table(
        [
            [
                entry["path"] or entry["name"],
                entry["title"],
                f"{len(entry['classes'])} classes",
                " + ".join(f"{wording.count(n)} {split}" for split, n in entry["images"].items())
                + (", prepared" if entry["prepared"] else ""),
            ]
            for entry in entries
        ]
    )


def recipes(options: Namespace) -> None:
    if not options.json:
        table([[entry.name, entry.about] for entry in recipe_book.RECIPES])
        return
    for entry in recipe_book.RECIPES:
        emit({"name": entry.name, "title": entry.title, "about": entry.about, "config": entry.config.to_dict()})


def brief(run: Run) -> dict[str, Any]:
    return {"run": run.id, "name": run.name, "state": run.state}


def runs(options: Namespace) -> None:
    found = Lab.open().runs()
    if options.json:
        for run in found:
            emit({**brief(run), "summary": run.summary, "message": run.message})
    elif not found:
        print("There are no runs yet. Start with: python -m core train --recipe digits-quick")
    else:
        accuracy = [wording.percent((run.summary or {}).get("test_accuracy")) for run in found]
        table([[r.id, r.state, a, r.name] for r, a in zip(found, accuracy, strict=True)])


def prepare(options: Namespace) -> None:
    name, path = options.dataset, options.path
    if name not in catalog.catalog() and name != FOLDER and Path(name).exists():
        name, path = FOLDER, name
    places = Places.from_environment()
    ensure_prepared(name, path, places, as_json=options.json)
    meta = preparation.require(name, path, places).meta
    if options.json:
        emit({"ready": True, "title": meta.title, "images": meta.splits, "classes": list(meta.classes),
              "skipped": [list(pair) for pair in meta.skipped]})  # fmt: skip
        return
    parts = ", ".join(f"{wording.count(n)} {split}" for split, n in meta.splits.items())
    print(f"{meta.title} is ready: {parts}; {len(meta.classes)} classes.")
    for file, reason in meta.skipped:
        print(f"left out {file}: {reason}")


def ensure_prepared(name: str, path: str | None, places: Places, *, as_json: bool = False, quiet: bool = False) -> None:
    """Prepare a data set if that is still to do, with a bar on standard error or JSON on standard output."""
    bar: tqdm[Any] | None = None
    stage = ""
    for progress in preparation.prepare(name, path, places):
        if as_json:
            emit(asdict(progress))
        elif not quiet:
            if bar is None or progress.stage != stage:
                if bar is not None:
                    bar.close()
                stage = progress.stage
                bar = tqdm(desc=stage, unit=" " + progress.unit, unit_scale=True, disable=None)
            bar.total = progress.total or None
            bar.update(progress.done - bar.n)
    if bar is not None:
        bar.close()


def config_of(options: Namespace) -> tuple[RunConfig, str | None]:
    """The settings that `--recipe` or `--config` and every `--set` add up to, and the recipe's name."""
    changes: dict[str, Any] = {}
    for change in options.changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise BadInput(
                f"--set {change!r} has no '='; write it as dotted.path=value, for instance optimizer.lr=0.01"
            )
        try:
            changes[name.strip()] = json.loads(text)
        except ValueError:
            changes[name.strip()] = text
    if options.recipe is not None:
        return recipe_book.recipe(options.recipe).config.replace(changes), options.recipe
    try:
        text = Path(options.config).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the settings file {options.config} cannot be read: {error}") from error
    return RunConfig.from_json(text).replace(changes), None


def train(options: Namespace) -> int:
    config, recipe = config_of(options)
    lab = Lab.open()
    ensure_prepared(config.data.name, config.data.path, lab.places, quiet=options.json)
    from core.runs.foreground import train_here

    run = train_here(config, lab, options.name, recipe, observer(config, as_json=options.json))
    if options.json:
        emit({**brief(run), **(run.summary or {}), "message": run.message})
    if run.state == "finished" and run.summary:
        if not options.json:
            end = run.summary
            print(
                f"{run.name} ({run.id}): test accuracy {wording.percent(end['test_accuracy'])} "
                f"({wording.of(end['test_correct'], end['test_total'])}) after {wording.duration(end['seconds'])}, "
                f"{wording.speed(end['images_per_second'])}"
            )
        return 0
    if run.state == "paused":
        raise Problem(f"Stopped at the last checkpoint. Go on with: python -m core resume {run.id}")
    raise Problem(run.message or f"{run.name} ({run.id}) was {run.state}.")


def observer(config: RunConfig, *, as_json: bool) -> Any:
    """Shows what `fit` yields: a progress bar and a line an epoch, or a JSON line an epoch."""
    from core.runs.execute import epoch_row
    from core.training.events import EpochMetrics, Evaluating, StepMetrics

    bar = tqdm(total=config.training.epochs, unit="epoch", disable=True if as_json else None, leave=False,
               bar_format="{desc} {bar} {n:.2f}/{total} epochs, {remaining} left")  # fmt: skip

    def observe(event: Any) -> None:
        if isinstance(event, StepMetrics):
            bar.update(event.epoch - bar.n)
            bar.set_description(
                f"loss {wording.loss(event.loss)}, {wording.speed(event.images_per_second)}", refresh=False
            )
        elif isinstance(event, EpochMetrics):
            row = epoch_row(asdict(event))
            if as_json:
                emit({k: v for k, v in asdict(row).items() if k != "step"})
                return
            scores = [] if row.train_loss is None else [
                f"train {wording.loss(row.train_loss)} {wording.percent(row.train_accuracy)}"
            ]  # fmt: skip
            measured = "val" if config.data.validation else "test"
            scores.append(f"{measured} {wording.loss(row.val_loss)} {wording.percent(row.val_accuracy)}")
            bar.write(f"epoch {row.epoch}: {', '.join(scores)} ({wording.of(row.val_correct, row.val_total)})")
        elif not isinstance(event, Evaluating):
            bar.close()

    return observe


def submit(options: Namespace) -> None:
    config, recipe = config_of(options)
    lab = Lab.open()
    ensure_prepared(config.data.name, config.data.path, lab.places, quiet=options.json)
    say(
        lab.submit(config, options.name, recipe),
        "is queued; watch it with: python -m core show {id}",
        options,
    )


def say(run: Run, words: str, options: Namespace) -> None:
    if options.json:
        emit(brief(run))
    else:
        print(f"{run.name} ({run.id}) {words.format(id=run.id)}")


def show(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    epochs = lab.store.epochs(run.id)
    if options.json:
        lines = [{k: v for k, v in asdict(row).items() if k != "step"} for row in epochs]
        emit({**brief(run), "config": run.config.to_dict(), "epochs": lines, "summary": run.summary, "pid": run.pid,
              "message": run.message, "progress": run.progress, "stage": run.stage, "tags": run.tags, "notes": run.notes})  # fmt: skip
        return
    print(
        f"{run.name} ({run.id}): {wording.state(run.state)}{', ' + run.stage if run.stage else ''}. {run.message}".strip()
    )
    table([[name, json.dumps(value)] for name, value in run.config.flat().items()])
    if epochs:
        table([["epoch", "train loss", "train acc.", "val loss", "val acc.", "time"]] + [
            [str(e.epoch), wording.loss(e.train_loss), wording.percent(e.train_accuracy), wording.loss(e.val_loss),
             wording.percent(e.val_accuracy), wording.duration(e.seconds)] for e in epochs
        ])  # fmt: skip
    if run.summary and "test_accuracy" in run.summary:
        end = run.summary
        print(
            f"test accuracy {wording.percent(end['test_accuracy'])} ({wording.of(end['test_correct'], end['test_total'])})"
        )


def pause(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    lab.pause(run.id)
    say(wait_for(lab, run.id, leaves="running"), "is paused; go on with: python -m core resume {id}", options)


def cancel(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    lab.cancel(run.id)
    say(wait_for(lab, run.id, leaves="running"), "is cancelled; what it learnt is kept", options)


def wait_for(lab: Lab, run_id: str, leaves: str, seconds: float = 15.0) -> Run:
    """The run once its worker has obeyed, or as it is when that takes long."""
    until = time.monotonic() + seconds
    while (run := lab.run(run_id)).state == leaves and time.monotonic() < until:
        time.sleep(0.1)
    return run


def resume(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    ensure_prepared(run.config.data.name, run.config.data.path, lab.places, quiet=options.json)
    say(lab.resume(run.id), "is queued again; watch it with: python -m core show {id}", options)


def delete(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    if not options.yes:
        if not sys.stdin.isatty():
            raise BadInput("Deleting asks first, and there is no terminal to ask on. Give --yes to delete without.")
        print(
            f"This deletes {run.name} ({run.id}): its settings, numbers, checkpoints and log. Type yes to go on: ",
            end="",
        )
        if input().strip().lower() != "yes":
            raise Problem("Nothing was deleted.")
    lab.delete(run.id)
    say(run, "is deleted", options)


def predict(options: Namespace) -> int:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.data import prepare as data
    from core.inference import predictor
    from core.inference.look import look_of
    from core.inference.photo import read_image

    answerer = predictor.load(run, lab.places, options.checkpoint)
    look = None
    if options.drawing:
        if not answerer.meta.drawable:
            raise BadInput(f"{run.name} has learnt {answerer.meta.title}, which is not drawn; leave out --drawing.")
        look = look_of(data.require(run.config.data.name, run.config.data.path, lab.places))
    failed = 0
    for file in options.files:
        try:
            image = read_image(file, file)
            if look is not None:
                image = predictor.from_drawing(image, look)
        except Problem as problem:
            if len(options.files) == 1:
                raise
            print(problem, file=sys.stderr)
            failed = max(failed, problem.status)
            continue
        probabilities = dict(zip(answerer.classes, map(float, answerer.predict([image])[0]), strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        if options.json:
            emit(
                {
                    "file": file,
                    "label": label,
                    "probability": probabilities[label],
                    "probabilities": probabilities,
                }
            )
        else:
            print(f"{file}: {label} ({wording.percent(probabilities[label])})")
    return failed


def evaluate(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.insight.evaluation import evaluate as measure

    result = measure(run, options.split, lab.places, options.checkpoint)
    if options.json:
        emit(result.model_dump(mode="json"))
        return
    print(f"{run.name} on {result.split}: accuracy {wording.percent(result.accuracy)} "
          f"({wording.of(result.correct, result.total)}), loss {wording.loss(result.loss)}")  # fmt: skip
    table([["class", "precision", "recall", "F1", "images"]] + [
        [c.name, wording.percent(c.precision), wording.percent(c.recall), wording.percent(c.f1), wording.count(c.count)]
        for c in result.per_class
    ])  # fmt: skip
    print("confusion matrix (rows: true class, columns: answer)")
    width = max(len(str(v)) for row in result.confusion for v in row)
    names = max(len(name) for name in result.classes)
    for name, row in zip(result.classes, result.confusion, strict=True):
        print(name.rjust(names), *(str(v).rjust(width) for v in row))


def export(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    from core.export import export_to

    written = [str(path) for path in export_to(run, lab.places, Path(options.to), options.checkpoint)]
    if options.json:
        emit({**brief(run), "files": written})
    else:
        print("written:", ", ".join(written))
