"""Whether one run is better than another: on the same images, or over seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.insight.image_answers import ImageAnswers
from core.locale import _, ngettext
from core.runs.seeds import group_name
from core.runs.store import Run
from core.training.verdict import Z_95, interval

SIGNIFICANCE = 0.05  # a difference that chance would give less often is told as one


@dataclass(frozen=True)
class PairedDifference:
    """Two models on the same images, by which of them classified an image correctly."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def total(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """Accuracy of the second model minus that of the first, as a share of 1."""
        return (self.only_second - self.only_first) / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval, by Agresti and Min (2005, Statistics in Medicine 24:729): Wald's with half an image added
        to each of the four counts, which holds for few images, too."""
        total = self.total + 2
        middle = (self.only_second - self.only_first) / total
        half = Z_95 * math.sqrt((self.only_first + self.only_second + 1) / total - middle**2) / math.sqrt(total)
        return max(-1.0, middle - half), min(1.0, middle + half)

    @property
    def p_value(self) -> float:
        """How often chance alone gives so unequal a pair of counts, by McNemar's exact test (1947): of the images that
        one model alone classified correctly, each model has half."""
        from scipy.special import bdtr  # scipy.stats looks into torch, which a server may be importing just then

        fewer, differing = min(self.only_first, self.only_second), self.only_first + self.only_second
        return min(1.0, 2 * float(bdtr(fewer, differing, 0.5)))

    def words(self, first: str, second: str) -> str:
        """The counts, and what they say."""
        if not self.only_first and not self.only_second:
            return _("{first:name} and {second:name} are right on the very same images.", first=first, second=second)
        told = _(
            "{second:name} is right on {gains} where {first:name} is wrong, and wrong on {losses} where it is right",
            first=first,
            second=second,
            gains=images(self.only_second),
            losses=images(self.only_first),
        )
        if self.only_first == self.only_second:
            return _("{told}: no difference was measured.", told=told)
        if self.p_value >= SIGNIFICANCE:
            return _("{told}: this may be chance. More seeds of both would tell.", told=told)
        return _(
            "{told}: by chance alone, so large a difference of these two models on these images is rare.", told=told
        )


def images(number: int) -> str:
    return ngettext("{n:count} image", "{n:count} images", number)


def paired(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> PairedDifference:
    """Of two models on the same N images, which of these each classified correctly: (N,) and (N,)."""
    return PairedDifference(
        both=int((first & second).sum()),
        only_first=int((first & ~second).sum()),
        only_second=int((second & ~first).sum()),
        neither=int((~first & ~second).sum()),
    )


@dataclass(frozen=True)
class Group:
    """Accuracies of runs that differ in the seed alone, as shares of 1."""

    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        return fmean(self.accuracies)

    @property
    def deviation(self) -> float | None:
        """The sample's standard deviation; None of a single run."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None


@dataclass(frozen=True)
class GroupDifference:
    """Mean accuracy of the second group minus that of the first, with a 95 % interval. The intervals of groups whose
    runs are all equal have no width."""

    method: Literal["welch", "student"]  # Welch's test (1947); Student's where one group is a single run
    difference: float
    interval: tuple[float, float]
    p_value: float

    def words(self, first: str, second: str, runs: int) -> str:
        """What it says of the two groups; `runs` is the number in the smaller one."""
        told = _(
            "{second:name} differs from {first:name} by {points}",
            first=first,
            second=second,
            points=points(self.difference, self.interval),
        )
        if self.interval[0] <= 0 <= self.interval[1]:
            return ngettext(
                "{told}: with {n:count} run in the smaller group, this may be chance. More seeds would tell.",
                "{told}: with {n:count} runs in the smaller group, this may be chance. More seeds would tell.",
                runs,
                told=told,
            )
        if runs == 1:
            return _("{told}: more than the seeds make up, if those of the single run lie as far apart.", told=told)
        return _("{told}: more than the seeds make up.", told=told)


def unpaired(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """The second accuracy minus the first, and its 95 % interval, where only the counts (correct, total) are known: by
    Newcombe (1998, Statistics in Medicine 17:873, method 10) from Wilson's intervals. On the same images it is wider
    than the one that looks at each image."""
    (low1, high1), (low2, high2) = interval(*first), interval(*second)
    share1, share2 = first[0] / first[1], second[0] / second[1]
    gain = share2 - share1
    return gain, (gain - math.hypot(share2 - low2, high1 - share1), gain + math.hypot(high2 - share2, share1 - low1))


def points(gain: float, interval: tuple[float, float]) -> str:
    """A difference of two accuracies, in hundredths: `+0.52 points (95 % interval −0.30 to +1.34)`."""
    low, high = map(signed, interval)
    return _("{gain} points (95 % interval {low} to {high})", gain=signed(gain), low=low, high=high)


def signed(share: float) -> str:
    """0.0052 → `+0.52`."""
    return f"{100 * share:+.2f}".replace("-", "−")


def spread_words(runs: Sequence[Run], found: Group) -> str:
    """The mean of runs that differ in the seed alone, and how far apart they are."""
    return _(
        "{name:name}, seeds {seeds}: {mean:percent}, standard deviation {deviation:.2f} points",
        name=group_name(runs),
        seeds=", ".join(str(run.config.training.seed) for run in runs),
        mean=found.mean,
        deviation=100 * (found.deviation or 0.0),
    )


def final_scores(runs: Sequence[Run]) -> Group | None:
    """The test accuracies of runs that differ in the seed alone, as they were measured at their ends; None where one
    has none."""
    found = [accuracy for run in runs if (accuracy := (run.summary or {}).get("test_accuracy")) is not None]
    return Group(tuple(map(float, found))) if len(found) == len(runs) else None


def final_difference(first: Sequence[Run], second: Sequence[Run]) -> str:
    """How far the test scores of two groups, each of runs that differ in the seed alone, lie apart as they were
    measured at their ends, in words; "" where that cannot be told."""
    if len(first) == len(second) == 1:
        return counted_difference(first[0], second[0])
    before, after = final_scores(first), final_scores(second)
    found = group_difference(before, after) if before and after else None
    return found.words(group_name(first), group_name(second), min(len(first), len(second))) if found else ""


def counted_difference(before: Run, now: Run) -> str:
    """The difference of the test accuracies with its interval; "" while one of the two has none."""
    counts = [((run.summary or {}).get("test_correct"), (run.summary or {}).get("test_total")) for run in (before, now)]
    (correct1, total1), (correct2, total2) = counts
    if not total1 or not total2 or correct1 is None or correct2 is None:
        return ""
    gain, (low, high) = unpaired((correct1, total1), (correct2, total2))
    if not gain:
        return _("Test accuracy: no difference was measured.")
    told = _("Test accuracy: {gain}", gain=points(gain, (low, high)))
    if low <= 0 <= high:
        return _(
            "{told}: these counts alone cannot tell. Under Confusion, Compare looks at each image, and tells smaller "
            "differences.",
            told=told,
        )
    return f"{told}."


def group_difference(first: Group, second: Group) -> GroupDifference | None:
    """By Welch's t. A single run is taken to have the spread of the other group, as a single case against a control
    sample is (Crawford and Howell 1998, The Clinical Neuropsychologist 12:482); None where that one tells none."""
    gain, lone = second.mean - first.mean, None in (first.deviation, second.deviation)
    if not (first.deviation or second.deviation):
        return None if lone else GroupDifference("welch", gain, (gain, gain), 0.0 if gain else 1.0)
    from scipy.special import stdtr, stdtrit

    sizes = [len(group.accuracies) for group in (first, second)]
    variances = [(group.deviation or 0.0) ** 2 for group in (first, second)]
    if lone:
        freedom = float(sum(sizes) - 2)
        pooled = sum((size - 1) * variance for size, variance in zip(sizes, variances, strict=True)) / freedom
        error = math.sqrt(pooled * sum(1 / size for size in sizes))
    else:
        shares = [variance / size for size, variance in zip(sizes, variances, strict=True)]
        error = math.sqrt(sum(shares))
        freedom = error**4 / sum(share**2 / (size - 1) for size, share in zip(sizes, shares, strict=True))
    half = float(stdtrit(freedom, 0.975)) * error
    p_value = 2 * float(stdtr(freedom, -abs(gain) / error))
    return GroupDifference("student" if lone else "welch", gain, (gain - half, gain + half), p_value)


@dataclass(frozen=True)
class Judgement:
    """Some runs against others, by McNemar's test (one run each), Welch's (seeds) or Student's (a run against seeds);
    None: none can be used."""

    method: Literal["mcnemar", "welch", "student"] | None
    values: Mapping[str, Any]  # what was computed, as `compare --json` prints it
    words: str
    repeat: tuple[Run, ...] = ()  # runs of which more seeds would tell more


def judge(first: Sequence[Run], second: Sequence[Run], answers: Mapping[str, ImageAnswers]) -> Judgement:
    """Compare the accuracies of two groups, each of runs that differ in the seed alone. `answers`: by run id."""
    names = group_name(first), group_name(second)
    if len({answers[run.id].images for run in (*first, *second)}) > 1:
        words = _(
            "{first:name} and {second:name} were not measured on the same images, so their difference says nothing.",
            first=names[0],
            second=names[1],
        )
        return Judgement(None, {}, words)
    if len(first) == len(second) == 1:
        pair = paired(answers[first[0].id].right, answers[second[0].id].right)
        counts = {name: getattr(pair, name) for name in ("both", "only_first", "only_second", "neither")}
        differ = pair.only_first or pair.only_second
        more = repeatable(first, second) if differ and pair.p_value >= SIGNIFICANCE else ()
        words = pair.words(*names)
        if differ:
            gain = points(pair.difference, pair.interval)
            words = _("{words} Difference of the accuracies on these images: {gain}.", words=words, gain=gain)
        return Judgement("mcnemar", values_of(pair) | counts, words, more)
    found = group_difference(group_of(first, answers), group_of(second, answers))
    lone = [group for group in (first, second) if len(group) == 1]  # at most one: two are compared above
    if found is None:
        words = _("{name:name} has one seed only, so nobody knows what others would give.", name=lone[0][0].name)
        return Judgement(None, {}, words, repeatable(*lone))
    words = found.words(*names, min(len(first), len(second)))
    is_open = found.interval[0] <= 0 <= found.interval[1]
    more = repeatable(*(lone or (first, second))) if is_open or lone else ()
    return Judgement(found.method, values_of(found), words, more)


def repeatable(*groups: Sequence[Run]) -> tuple[Run, ...]:
    """The first run of each group, if other seeds tell more of it: a fork has none, and one that was stopped would be
    compared with whole ones."""
    return tuple(runs[0] for runs in groups if not runs[0].origin and runs[0].state == "finished")


def on_same_images(groups: Sequence[Sequence[Run]], answers: Mapping[str, ImageAnswers]) -> list[list[Sequence[Run]]]:
    """The groups by the images that their first run answered, in their order: only these can be compared."""
    found: dict[tuple[str, bytes], list[Sequence[Run]]] = {}
    for group in groups:
        found.setdefault(answers[group[0].id].images, []).append(group)
    return list(found.values())


def values_of(found: PairedDifference | GroupDifference) -> dict[str, Any]:
    return {"difference": found.difference, "interval": found.interval, "p_value": found.p_value}


def group_of(runs: Sequence[Run], answers: Mapping[str, ImageAnswers]) -> Group:
    """The accuracies of runs on the images that they answered."""
    return Group(tuple(float(answers[run.id].right.mean()) for run in runs))
