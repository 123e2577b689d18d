"""What a report says of one run in words and small tables: what was asked, the result, the data, the environment."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version

from core import __version__, formatting
from core.insight import answers
from core.loading.split import role
from core.locale import _, ngettext, translate
from core.prepared.arrays import Meta
from core.report.document import Block, Table, Words, missing
from core.report.settings import begun
from core.report.subject import Subject
from core.runs.naming import data_title, model_title
from core.runs.store import Run
from core.runs.time_spent import time_spent
from core.training import verdict
from core.training.metrics import DECISIVE, METRICS


def moment(seconds: float | None) -> str:
    """A time (seconds since 1970), the same for readers anywhere."""
    return formatting.NONE if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def asked_blocks(subject: Subject) -> list[Block]:
    """What the run is, where it began, and what people wrote of it."""
    run = subject.run
    found: list[Block] = []
    if subject.readable:
        training = run.config.training
        told = _(
            "{model} on {data}, {epochs} in batches of {batch_size:count}.",
            model=model_title(run.config),
            data=data_title(run.config),
            epochs=ngettext("{n:count} epoch", "{n:count} epochs", training.epochs),
            batch_size=training.batch_size,
        )
        found.append(Words(told))
        if entry := begun(run).recipe:
            found.append(Words(translate(entry.about), lead=_("Recipe {title}", title=translate(entry.title))))
    if run.origin:
        found.append(Words(_("Goes on from {name:name} after epoch {epoch}", name=run.origin.name,
                             epoch=run.origin.epoch)))  # fmt: skip
    if run.tags:
        found.append(Words(", ".join(run.tags), lead=_("Tags")))
    if run.notes:
        found.append(Words(run.notes, "note", lead=_("Note")))
    times = [[_("Made"), moment(run.created)], [_("Started"), moment(run.started)], [_("Ended"), moment(run.finished)],
             [_("Time trained"), time_spent(run)]]  # fmt: skip
    return [*found, Table([], [row for row in times if row[1] != formatting.NONE])]


def result_blocks(subject: Subject) -> list[Block]:
    """The score with what it is worth, and the verdict."""
    return [*state_blocks(subject), *score_blocks(subject), *verdict_blocks(subject)]


def state_blocks(subject: Subject, lead: str = "") -> list[Block]:
    """How a run ended, where that was not simply by finishing."""
    run = subject.run
    now = {
        "queued": _("It waits for its turn: there is nothing to tell yet."),
        "running": _("It still trains: the numbers are those of the moment in which this report was written."),
    }
    if run.state == "finished":
        return [Words(run.message, lead=lead)] if run.message else []
    state = formatting.state(run.state)
    told = now.get(run.state) or run.message or _("It did not come to its end, so it has no test score.")
    return [Words(told, "warning", lead=": ".join(filter(None, [lead, state[:1].upper() + state[1:]])))]


def score_blocks(subject: Subject) -> list[Block]:
    run, found = subject.run, subject.measured
    best: list[Block] = [Words(words)] if (words := best_words(subject)) else []
    if found.total:
        low, high = verdict.interval(found.correct, found.total)
        counts = formatting.of(found.correct, found.total)
        told = _(
            "{correct} test images are classified correctly; the 95 % interval of the accuracy is {low:percent} to "
            "{high:percent}.",
            correct=counts,
            low=low,
            high=high,
        )
        return [
            Words(_("Test accuracy {accuracy:percent}", accuracy=found.correct / found.total), "large"),
            Words(told),
            *([Words(verdict.baseline(found.largest, found.total))] if found.largest else []),
            *(Words(words, "warning") for words in (*looked_at(run, subject.meta), *found.doubts)),
            *best,
        ]
    accuracy = (run.summary or {}).get(f"test_{DECISIVE}")
    if accuracy is None:
        if run.state != "finished":  # told with its state
            return best
        return [*best, missing(subject.absent.get("answers", _("It has no test score.")))]
    return [
        Words(_("Test accuracy {accuracy:percent}", accuracy=accuracy), "large"),
        *best,
        missing(_("An earlier version did not count the test images, so the interval of the accuracy is not known.")),
    ]


def looked_at(run: Run, meta: Meta | None) -> list[str]:
    """Which images the test images are, and how often the run has looked at them, where that is not as it should be."""
    own = meta and meta.splits.get("val") and role("val", meta.splits) == "test"
    return answers.looked_at(run, "val" if own else "test")


def best_words(subject: Subject) -> str:
    """The best and the last value after an epoch."""
    name = f"val_{DECISIVE}"
    values = {row.epoch: value for row in subject.epochs if row.epoch and (value := row[name]) is not None}
    if not values:
        return ""
    best = METRICS[DECISIVE].best(list(values.values()))
    epoch = next(epoch for epoch, value in values.items() if value == best)
    told = {"best": best, "epoch": epoch, "last": list(values.values())[-1]}
    if subject.run.config.data.measured_on == "test":
        return _("The best test accuracy was {best:percent}, after epoch {epoch}, the last {last:percent}.", **told)
    return _("The best validation accuracy was {best:percent}, after epoch {epoch}, the last {last:percent}.", **told)


def verdict_blocks(subject: Subject, lead: str = "") -> list[Block]:
    """What the curves say, in sentences; why a run failed is told already, in its own words."""
    found: list[Block] = []
    for one in subject.verdicts:
        evidence = "" if subject.run.state == "failed" else one.finding.evidence.words()
        words = " ".join(filter(None, [evidence, one.finding.advice.words.words()]))
        found.append(Words(words, lead=": ".join(filter(None, [lead, translate(one.rule.title)]))))
    return found


def data_rows(subject: Subject) -> list[tuple[str, str]]:
    """(what, its value) of the data set that a run learned from."""
    meta = subject.meta
    if meta is None:
        return []
    titles = {"train": _("Training images"), "val": _("Validation images"), "test": _("Test images")}
    counts = subject.part_counts or meta.splits
    size = _("of many sizes") if meta.size is None else f"{meta.size[1]} × {meta.size[0]}"
    rows = [
        (_("Data set"), data_title(subject.run.config)),
        (_("Version"), meta.version or _("as it came")),
        (_("Fingerprint"), meta.fingerprint),
        (_("Source"), meta.source),
        (_("Classes"), formatting.count(len(meta.classes))),
        (_("Images in pixels"), f"{size}, {_('grey') if meta.channels == 1 else _('colour')}"),
    ]
    return rows + [(titles[part], formatting.count(counts[part])) for part in titles if counts.get(part)]


def data_blocks(subject: Subject) -> list[Block]:
    rows = data_rows(subject)
    if not rows or subject.meta is None:
        return [missing(subject.absent.get("data") or subject.absent["images"])]
    found: list[Block] = [Table([], rows)]
    if not subject.part_counts:
        words = _("The counts are of the parts as the data set has them; a run may hold out others.")
        found += [Words(words), missing(subject.absent.get("data") or subject.absent["images"])]
    found += [Words(words, "warning") for words in subject.meta.warnings]
    return found


def environment_rows(subject: Subject) -> list[tuple[str, str]]:
    """(what, its value) as the run wrote it down."""
    found = subject.environment
    if found is None:
        return []
    rows = [
        *((NAMES.get(name, name), number) for name, number in found.versions.items()),
        (_("Device"), found.device),
        (_("Threads"), formatting.count(found.threads) if found.threads else ""),
        (_("Precision"), found.precision),
    ]
    return [(what, value) for what, value in rows if value]


NAMES = {"torch": "PyTorch", "torchvision": "torchvision", "python": "Python", "epochlab": "Epochlab"}


def environment_blocks(subject: Subject) -> list[Block]:
    rows = environment_rows(subject)
    if not rows:
        return [missing(subject.absent.get("environment", _("An earlier version wrote nothing down.")))]
    return [Table([], rows)]


def written_words() -> str:
    """What this report was written with, and when."""
    return _(
        "Written {when} by Epochlab {epochlab} with PyTorch {torch} and Python {python}.",
        when=moment(datetime.now(UTC).timestamp()),
        epochlab=__version__,
        torch=version("torch"),
        python=platform.python_version(),
    )
