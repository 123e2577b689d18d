"""`compare` and `repeat`: is one run better than another, and would other seeds say the same?"""

from argparse import Namespace
from typing import TYPE_CHECKING

from core import formatting
from core.cli.arguments import Command, different_runs, run_argument, runs_argument, which_argument, whole_number
from core.cli.output import brief, emit, line, say, table
from core.datasets.source import DataSource
from core.errors import BadInput
from core.insight.comparison import differences
from core.insight.difference import group_of, judge, spread_words
from core.locale import N_, _, translate
from core.prepared.prepare import require
from core.program import COMMAND
from core.runs.lab import Lab
from core.runs.seeds import MORE_SEEDS, grouped
from core.runs.store import Run
from core.training.verdict import interval

if TYPE_CHECKING:
    from core.insight.image_answers import ImageAnswers
    from core.insight.shared_images import SharedImages


def add_to(command: Command) -> None:
    sub = command("compare", _("Compare runs on the same images: the first with each of the others."), compare)
    runs_argument(sub)
    sub.add_argument("--split", choices=("train", "val", "test"), default="test", help=_("default: test"))
    which_argument(sub)
    sub = command("repeat", _("Queue runs with the same settings and other seeds."), repeat)
    run_argument(sub)
    sub.add_argument(
        "--seeds", metavar="N", type=whole_number("--seeds"), default=2, help=_("how many more (default: 2)")
    )


def repeat(options: Namespace) -> None:
    lab = Lab.open()
    for run in lab.repeat(lab.find(options.run).id, options.seeds):
        say(run, N_("{name:name} ({id}) is queued; watch it with: {command} show {id}"), options)


def compare(options: Namespace) -> None:
    lab = Lab.open()
    runs = different_runs(options.runs, lab)
    if len(runs) < 2:
        raise BadInput("Comparing takes two different runs or more. See: {command} runs", command=COMMAND)
    from core.insight.evaluation import image_answers

    answers = {run.id: image_answers(run, options.split, lab.workspace, options.checkpoint) for run in runs}
    shared = on_shared(runs, answers, lab)
    groups = grouped(runs)
    if options.json:
        for run in runs:
            judged = {"labels_of": shared.prepared.meta.title} if shared else {}
            same = {"shared": score(shared.answers[run.id]) | judged} if shared else {}
            emit(brief(run) | score(answers[run.id]) | {"split": options.split} | same)
        for one in differences(runs):
            emit({"setting": one.name, "values": one.values})
        for group in groups:
            if len(group) > 1:
                scores = group_of(group, answers)
                emit({"group": [run.id for run in group], "mean": scores.mean, "deviation": scores.deviation})
    else:
        table([[run.id, *score_words(answers[run.id]), run.name] for run in runs])
        for run in runs:
            if run.state != "finished":
                line(_("{name:name} is {state}: these are the weights of its last checkpoint, after {share:share} of "
                       "the training.", name=run.name, state=translate(run.state), share=run.progress))  # fmt: skip
        if shared:
            line(shared.words)
            line(_("That is the newest of these versions."))
            table([[run.id, *score_words(shared.answers[run.id]), run.name] for run in runs])
        for one in differences(runs):
            values = "  ".join(one.values[run.id] for run in runs)
            line(_("{setting}: {values}", setting=one.title, values=values))
        for group in groups:
            if len(group) > 1:
                line(spread_words(group, group_of(group, answers)))
    if shared:
        answers = shared.answers
    first, *others = groups
    if not others and not options.json:
        line(_("They differ in the seed alone, so none is better than another: what differs is the seed's spread."))
    for second in others:
        found = judge(first, second, answers)
        if options.json:
            ids = {"first": [run.id for run in first], "second": [run.id for run in second]}
            emit({**ids, "method": found.method, **found.values, "words": found.words})
            continue
        line(found.words)
        for run in found.repeat:
            line(_("More seeds: {command} repeat {id} --seeds {seeds}", command=COMMAND, id=run.id, seeds=MORE_SEEDS))


def on_shared(runs: list[Run], answers: "dict[str, ImageAnswers]", lab: Lab) -> "SharedImages | None":
    """Where the runs learned from different versions of one data set: their answers on the images that all versions
    have, under the labels of the newest version, in whichever order they are named."""
    from core.insight.shared_images import newest_first, shared_images, versions_differ

    sets = {run.id: require(DataSource.of(run.config.data), lab.workspace) for run in runs}
    return shared_images(answers, sets, newest_first(runs, lab.workspace)[0].id) if versions_differ(sets) else None


def score(found: "ImageAnswers") -> dict[str, object]:
    correct, total = int(found.right.sum()), len(found.right)
    return {"accuracy": correct / total, "correct": correct, "total": total, "interval": interval(correct, total)}


def score_words(found: "ImageAnswers") -> list[str]:
    correct, total = int(found.right.sum()), len(found.right)
    low, high = (formatting.percent(share) for share in interval(correct, total))
    return [
        formatting.percent(correct / total),
        _("95 % interval {low} to {high}", low=low, high=high),
        formatting.of(correct, total),
    ]
