"""What a score is worth: against always naming the largest class, and with so few images as it was measured on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.locale import _, ngettext

Z_95 = 1.959964  # standard deviations on either side that hold 95 % of a normal distribution
MIN_OTHERS = 5  # images: all of them are missed by chance in one of 32 cases


def interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson's score method (1927, JASA 22:209), which holds for few images and for
    shares near 0 and 1. (0, 1) without an image."""
    if not total:
        return 0.0, 1.0
    share, spread = correct / total, Z_95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    # At the ends both are equal but for rounding.
    return max(0.0, middle - half) if correct else 0.0, min(1.0, middle + half) if correct < total else 1.0


def uncertainty(correct: int, total: int) -> str:
    """The interval in words."""
    low, high = interval(correct, total)
    return _("95 % interval {low:percent} to {high:percent}", low=low, high=high)


def baseline(largest: int, total: int) -> str:
    """What the answer that needs no model would give."""
    return _("Always naming the largest class would give {share:percent}.", share=largest / total if total else 0.0)


def names_one(named: int, classes: int, others: int) -> bool:
    """Whether a model names one class only, of several. `others` are the images beside those of the largest class: a
    model that finds half of them would have to miss all."""
    return named == 1 and classes > 1 and others >= MIN_OTHERS


def reaches_chance(correct: int, total: int, largest: int) -> bool:
    """Whether the interval of an accuracy reaches down to what always naming the largest class would give."""
    return interval(correct, total)[0] <= largest / total


def doubts(correct: int, total: int, largest: int, named: int, classes: int) -> list[str]:
    """Why a score says little, and what to try; empty if it is better than guessing. `largest` counts the images of the
    largest class, `named` the classes that the model named at least once."""
    if not total or not largest:
        return []
    found = []
    if names_one(named, classes, total - largest):
        found.append(
            _(
                "The model names one class only, whatever it is shown: it has learned nothing that tells the classes "
                "apart. Try a learning rate ten times smaller, or train for longer."
            )
        )
    elif reaches_chance(correct, total, largest):
        found.append(
            ngettext(
                "That is no better than guessing, as far as {total:count} image can tell. Try another learning rate, "
                "more epochs, or more images of the smaller classes.",
                "That is no better than guessing, as far as {total:count} images can tell. Try another learning rate, "
                "more epochs, or more images of the smaller classes.",
                total,
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


def shared_images(copies: int, total: int) -> str:
    """A sentence about images measured on that were learned from, too; "" if there are none."""
    if not copies:
        return ""
    return ngettext(
        "{n:count} of the {total:count} images is among the training images, too, pixel by pixel: a score on it says "
        "little about new images.",
        "{n:count} of the {total:count} images are among the training images, too, pixel by pixel: a score on them "
        "says little about new images.",
        copies,
        total=total,
    )


def near_images(near: int, total: int) -> str:
    """A sentence about images measured on that nearly are images learned from; "" if there are none."""
    if not near:
        return ""
    return ngettext(
        "{n:count} of the {total:count} images is nearly the same as a training image: a score on it says little about "
        "new images.",
        "{n:count} of the {total:count} images are nearly the same as a training image: a score on them says little "
        "about new images.",
        near,
        total=total,
    )


def contested_images(contested: int, total: int) -> str:
    """A sentence about images measured on that stand under another class, too; "" if there are none."""
    if not contested:
        return ""
    return ngettext(
        "{n:count} of the {total:count} images stands under another class, too, pixel by pixel: no answer to it is "
        "right in both.",
        "{n:count} of the {total:count} images stand under another class, too, pixel by pixel: no answer to them is "
        "right in both.",
        contested,
        total=total,
    )


@dataclass(frozen=True)
class Measured:
    """The counts behind an accuracy, in images and classes."""

    correct: int
    total: int
    largest: int  # images of the largest class; 0 where a version did not count them
    named: int  # classes that the model named at least once
    classes: int
    copies: int = 0  # images that are among the training images, too
    near: int = 0  # images that are nearly the same as a training image, as far as they were searched for
    two_classes: int = 0  # images of which the same pixels stand under another class, too
    explained: bool = False  # a verdict on the run says already why it is no better than guessing

    @classmethod
    def of_summary(cls, summary: Mapping[str, Any]) -> "Measured":
        """Of the test score in a run's summary; of one that an earlier version wrote, what it counted."""
        names = ("test_correct", "test_total", "largest_class", "classes_named", "classes", "copies_of_training")
        counts = (summary.get(name) or 0 for name in names)
        correct, total, *others = (int(one) if math.isfinite(one) else 0 for one in counts)  # infinity is no count
        largest, named, classes, copies = others
        return cls(correct, total, largest, named, classes, copies)

    @property
    def guesses(self) -> bool:
        """Whether it may be what guessing gives: one class only is named, or the interval reaches down to the share of
        the largest class."""
        if not self.total or not self.largest:
            return False
        chance = reaches_chance(self.correct, self.total, self.largest)
        return chance or names_one(self.named, self.classes, self.total - self.largest)

    @property
    def beside(self) -> list[str]:
        """What stands beside the accuracy in any case: its interval, and the baseline."""
        if not self.largest:
            return []
        return [uncertainty(self.correct, self.total), baseline(self.largest, self.total)]

    @property
    def said(self) -> list[str]:
        """The baseline and all doubts."""
        return [*([baseline(self.largest, self.total)] if self.largest else []), *self.doubts]

    @property
    def doubts(self) -> list[str]:
        """Why it says little, and what to try."""
        counts = (self.correct, self.total, self.largest, self.named, self.classes)
        found = [] if self.explained else doubts(*counts)
        return [*found, *self.data_doubts]

    @property
    def data_doubts(self) -> list[str]:
        """What the images say against it, whichever the score."""
        found = (
            shared_images(self.copies, self.total),
            near_images(self.near, self.total),
            contested_images(self.two_classes, self.total),
        )
        return [*filter(None, found)]
