"""What a score is worth: against always naming the largest class, and with so few images as it was measured on."""

import math
from collections.abc import Mapping
from typing import Any

from core.locale import _, ngettext

Z_95 = 1.959964  # standard deviations on either side that hold 95 % of a normal distribution
FEW_IMAGES = 2000  # below so many an accuracy of 90 % is uncertain by more than 1.3 points


def interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson's score method (1927, JASA 22:209), which holds for few images and for
    shares near 0 and 1. (0, 1) without an image."""
    if not total:
        return 0.0, 1.0
    share, spread = correct / total, Z_95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def uncertainty(correct: int, total: int) -> str:
    """The interval in words, where images are few; else ""."""
    if total >= FEW_IMAGES:
        return ""
    low, high = interval(correct, total)
    return _("95 % interval {low:percent} to {high:percent}", low=low, high=high)


def baseline(largest: int, total: int) -> str:
    """What the answer that needs no model would give."""
    return _("Always naming the largest class would give {share:percent}.", share=largest / total if total else 0.0)


def doubts(correct: int, total: int, largest: int, named: int, classes: int) -> list[str]:
    """Why a score says little, and what to try; empty if it is better than guessing. `largest` counts the images of the
    largest class, `named` the classes that the model named at least once."""
    if not total or not largest:
        return []
    found = []
    if named == 1 and classes > 1:
        found.append(
            _(
                "The model names one class only, whatever it is shown: it has learned nothing that tells the classes "
                "apart. Try a learning rate ten times smaller, or train for longer."
            )
        )
    elif interval(correct, total)[0] <= largest / total:
        found.append(
            _(
                "That is no better than guessing, as far as {total:count} images can tell. Try another learning rate, "
                "more epochs, or more images of the smaller classes.",
                total=total,
            )
        )
    if 1 < named < classes:
        never = classes - named
        found.append(
            ngettext(
                "{n:count} of the {classes} classes is never named. Balanced accuracy counts each class alike.",
                "{n:count} of the {classes} classes are never named. Balanced accuracy counts each class alike.",
                never,
                classes=classes,
            )
        )
    return found


def doubts_of(summary: Mapping[str, Any]) -> list[str]:
    """Why the test score in a run's summary says little; nothing of one that did not count what is needed."""
    names = ("test_correct", "test_total", "largest_class", "classes_named", "classes")
    counts = [summary.get(name) or 0 for name in names]
    shared = shared_images(summary.get("copies_of_training") or 0, counts[1])
    return [*doubts(*counts), *([shared] if shared else [])]


def said_of(summary: Mapping[str, Any]) -> list[str]:
    """What belongs beside the test score of a run's summary, in sentences."""
    largest, total = summary.get("largest_class"), summary.get("test_total")
    return [*([baseline(largest, total)] if largest and total else []), *doubts_of(summary)]


def shared_images(copies: int, total: int) -> str:
    """A sentence about images measured on that were learned from, too; "" if there are none."""
    if not copies:
        return ""
    return ngettext(
        "{n:count} of the {total:count} images is among the training images, too, pixel by pixel: what was learned by "
        "heart counts as known.",
        "{n:count} of the {total:count} images are among the training images, too, pixel by pixel: what was learned by "
        "heart counts as known.",
        copies,
        total=total,
    )
