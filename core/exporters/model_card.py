"""A model card: README.md with the front matter that model hubs read (Mitchell et al. 2019, arXiv:1810.03993)."""

import shlex
from datetime import UTC, datetime
from html import escape

import torch
import yaml

from core import __version__
from core.exporters.spec import Exported
from core.files import atomic
from core.insight.data_doubts import data_doubts
from core.insight.evaluation import evaluation_file, read_kept
from core.loading.settings import DataConfig
from core.prepared.arrays import Meta
from core.program import COMMAND
from core.runs.naming import data_title, model_title
from core.runs.trained import trained_checkpoint
from core.sanitize import one_line
from core.training import checkpoint, verdict

BEGINNING = "---\nlicense: "  # of every card
NOT_MEASURED = (
    "These weights were not measured on test images; `{command} evaluate {run} --checkpoint {which}` does it, and "
    "another export then tells the result."
)


def model_card(exported: Exported, usage: str, library: str = "onnx", settings: str = "settings.json") -> str:
    """The card in English, which those who find it elsewhere read; `usage` says how the files beside it are used, with
    which `library`, and `settings` is the one that holds the RunConfig."""
    run, trained = exported.run, exported.trained
    meta, (correct, total) = trained.meta, measured_on_test(exported)
    front: dict[str, object] = {
        "license": "unknown",
        "library_name": library,
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "epochlab", trained.config.model.name],
        "metrics": ["accuracy"],
    }
    name = one_line(run.name)
    if total:
        score = {"type": "accuracy", "name": "Test accuracy", "value": round(correct / total, 6)}
        result = {
            "task": {"type": "image-classification"},
            "dataset": {"name": one_line(meta.title), "type": meta.name},
            "metrics": [score],
        }
        front["model-index"] = [{"name": name, "results": [result]}]
    classes = ", ".join(escape(one_line(one), quote=False) for one in meta.classes)  # Markdown shows HTML
    finished = datetime.fromtimestamp(run.finished, UTC).strftime(", trained %Y-%m-%d") if run.finished else ""
    lines = [
        f"# {escape(name, quote=False)}",
        "",
        f"{model_title(trained.config)} on {data_title(trained.config)}{finished}, by Epochlab {__version__} with "
        f"PyTorch {torch.__version__}.{which_weights(exported)}",
        "",
        "## How good it is",
        "",
        scored(correct, total) + leaked(exported)
        if total
        else NOT_MEASURED.format(command=COMMAND, run=run.id, which=exported.which),
        "",
        "## What it answers",
        "",
        f"One of {len(meta.classes)} classes: {classes}.",
        "",
        "It knows only pictures like those that it has learnt from. To any other picture it gives one of these "
        "classes, too.",
        "",
        "## How it is used",
        "",
        usage,
        "",
        "## How it was made",
        "",
        f"{learnt_from(trained.config.data, meta)} The data set's fingerprint is `{meta.fingerprint}`. "
        f"The settings are in `{settings}`; Epochlab trains with them again: "
        f"`python -m core train --config {shlex.quote(settings)}`.",
        "",
    ]
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n" + "\n".join(lines)


def which_weights(exported: Exported) -> str:
    """Of which of a run's checkpoints they are, in a sentence; "" for the last one."""
    if exported.which == checkpoint.LAST:
        return ""
    best = exported.trained.best_epoch if exported.which == checkpoint.BEST else 0
    after = f", after epoch {best}" if best else ""
    return f" These are the weights of its checkpoint `{exported.which}`{after}, not the last ones."


def measured_on_test(exported: Exported) -> tuple[int, int]:
    """How many test images these weights answer rightly, of how many; (0, 0) where nobody has measured it."""
    run = exported.run
    if exported.which == checkpoint.LAST:
        scores = run.summary or {}
        return scores.get("test_correct", 0), scores.get("test_total", 0)
    path = trained_checkpoint(run, exported.workspace, exported.which)
    kept = read_kept(evaluation_file(path, "test"), atomic.file_identity(path))
    return (kept.correct, kept.total) if kept else (0, 0)


def learnt_from(data: DataConfig, meta: Meta) -> str:
    """How many training images there were, and what of them was left out."""
    found = f"Its data set has {meta.splits.get('train', 0)} training images"
    own = meta.splits.get("val") and meta.splits.get("test")
    held_out = f"{data.validation:.0%} of them were held out to validate" if data.validation and not own else ""
    limited = f"it learnt from at most {data.limit}" if data.limit else ""
    left_out = ", and ".join(filter(None, [held_out, limited]))
    return f"{found}; {left_out}." if left_out else f"{found}."


def leaked(exported: Exported) -> str:
    """How many of the test images the model has learnt from, in a sentence; "" where there is none, or where its images
    are not there to tell."""
    found = data_doubts(exported.run, "test", exported.workspace)
    if not (known := found.copies + found.near):
        return ""
    are = "is a training image, too, or nearly" if known == 1 else "are training images, too, or nearly"
    return f" {known} of them {are}: a score on such images says little about new ones."


def scored(correct: int, total: int) -> str:
    low, high = verdict.interval(correct, total)
    accuracy = f"Test accuracy {correct / total:.2%}: {correct} of {total} test images"
    return f"{accuracy} (95 % interval {low:.2%} to {high:.2%})."
