"""Which file of an image folder belongs to which split and class, decided by the paths of its files alone.

What a folder holds decides, not its name alone: a split is a folder of class folders, a class a folder of images.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from core.datasets.folder_layout import FolderLayout
from core.errors import BadInput
from core.importing.folder_splits import (
    ORDER,
    levels_in,
    splits_alone,
    splits_in,
    splits_in_classes,
    splits_in_names,
    unwrapped,
)
from core.importing.folder_tree import Node, folder_tree
from core.importing.split_names import hold_masks, split_named
from core.locale import N_, _, ngettext, translate
from core.locale.messages import SettingName
from core.sandbox.image_formats import ARCHIVE_ENDINGS
from core.sanitize import MAX_LISTED_CHARS, distinct, listed, one_line

AMBIGUOUS = "ambiguous_layout"  # code of the error that asks for a choice

MAX_CLASS_NAME_CHARS = 255  # characters of a class's name
EXPECTED = N_("Expected is one folder of images for each class, either alone or inside train, val and test.")

UNLABELLED = N_("in a folder for testing that has no class folders")
REPEATED = N_("in a folder that repeats the folders beside it")
NO_IMAGE = N_("a folder without an image")
OUTSIDE = N_("outside the class folders")

# Folders that are neither splits nor classes, and those to test on whose class nobody knows.
FOLD = re.compile(r"(k?fold|cv|part|split|batch)[ _-]?\d+", re.IGNORECASE)
UNKNOWN_CLASS = re.compile(r"un[ _-]?(label|known|sorted|classif|annotat)|no[ _-]?label|未标注|未知", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """What the names of a folder say."""

    classes: tuple[str, ...]  # sorted by name, each a line that can be shown
    files: tuple[tuple[str, int, str], ...]  # (split, label, name), by split, label and name
    outside: tuple[str, ...]  # files that lie in no class folder
    passed_over: tuple[tuple[str, str], ...] = ()  # (file or folder, reason): what is left out on purpose

    @property
    def divided(self) -> bool:
        """Whether it brings its own val or test."""
        return any(split != "train" for split, _label, _name in self.files)

    @property
    def splits(self) -> dict[str, int]:
        """Split → files in it, in their order."""
        counts = {split: sum(one[0] == split for one in self.files) for split in ORDER}
        return {split: count for split, count in counts.items() if count}


def layout(names: Sequence[str], title: str, how: FolderLayout = "auto") -> Layout:
    """Read the layout from names such as `train/ants/one.jpg` and, for folders, `train/ants/`.

    Folders around everything, and around a split's classes, are skipped. BadInput, saying what was found and
    what is expected, if there are not at least two classes, or if val or test has a class that train has not; with the
    code `AMBIGUOUS` and the choices where the names can be read in more than one way.
    """
    title = one_line(title)
    root = folder_tree(names)
    top = unwrapped(root)
    if how == "inside":
        levels = splits_in_classes(top)
    elif how == "splits":
        levels = levels_in(splits_alone(top))
        if not levels:
            raise _no_classes(top, title)
    else:
        splits = {} if how == "classes" else splits_in(top)
        levels = levels_in(splits) or ({} if how == "classes" else splits_in_names(top))
        if not levels and how != "classes":
            _refuse_splits_alone(top, title)
        levels = levels or {"train": [top]}
    if how == "auto":
        _refuse_ambiguous(names, title, top, levels)
    passed_over: dict[str, str] = {}
    found: dict[str, dict[str, list[str]]] = {}  # split → class → files
    for split, nodes in levels.items():
        found[split] = {}
        for node in nodes:
            for name, files in _classes(node, how, passed_over):
                found[split].setdefault(name, []).extend(files)
    known = sorted(found["train"])
    if len(known) < 2:
        _refuse_archives(root, title)
    _refuse_few(known, top, title, passed_over)
    _fit_to_training(found, known, title, passed_over)

    labels = {name: label for label, name in enumerate(known)}
    placed = [
        (split, labels[name], file) for split in ORDER for name, files in found.get(split, {}).items() for file in files
    ]
    placed.sort(key=lambda one: (ORDER.index(one[0]), one[1], one[2]))
    taken = {file for _split, _label, file in placed} | set(passed_over)
    outside = sorted(file for file in root.everything if file not in taken)
    shown = tuple(distinct(known, MAX_CLASS_NAME_CHARS))
    return Layout(shown, tuple(placed), tuple(outside), tuple(sorted(passed_over.items())))


def _classes(node: Node, how: FolderLayout, passed_over: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """The classes of one split, and the files of each."""
    if how == "inner":
        for inner in node.walk():
            if inner is not node and inner.holds_images:
                yield inner.name, inner.files
        return
    if not node.parts:  # of a folder for testing: of one for training there are no classes then
        passed_over |= dict.fromkeys(node.everything, UNLABELLED)
    for name, inner in node.folders.items():
        if not inner.has_images:
            passed_over |= dict.fromkeys(inner.everything or [f"{name}/"], NO_IMAGE)
        elif how == "auto" and node.has_copies_in(inner):
            passed_over |= dict.fromkeys(inner.everything, REPEATED)
        else:
            yield name, inner.everything


def _fit_to_training(
    found: dict[str, dict[str, list[str]]], known: list[str], title: str, passed_over: dict[str, str]
) -> None:
    """Refuse classes that training does not have; a folder of pictures to test on, without labels, is passed over."""
    by_case = {name.casefold(): name for name in known}
    for split in ("val", "test"):
        extra = sorted(set(found.get(split, {})) - set(known))
        for name in filter(UNKNOWN_CLASS.match, extra):
            passed_over |= dict.fromkeys(found[split].pop(name), UNLABELLED)
        extra = [name for name in extra if name in found[split]]
        if not extra:
            continue
        if len(extra) == len(found[split]) == 1 and extra[0].casefold() not in by_case:
            passed_over |= dict.fromkeys(found[split].pop(extra[0]), UNLABELLED)
            continue
        if alike := [name for name in extra if name.casefold() in by_case]:
            raise BadInput(
                "{title:name} has {extra} in {split}, but {known} in train: the names differ in capital letters. Give "
                "both the same names.",
                title=title,
                extra=listed(alike),
                split=split,
                known=listed([by_case[name.casefold()] for name in alike]),
            )
        raise BadInput(
            "{title:name} has {extra} in {split}, but not in train: give both the same class folders.",
            title=title,
            extra=listed(extra),
            split=split,
        )


# What is refused


def _refuse_splits_alone(top: Node, title: str) -> None:
    """Folders that all have names of splits, but cannot be splits."""
    tops = sorted(top.parts)
    if not tops or not all(map(split_named, tops)):
        return
    _refuse_archives(top, title)
    if any(split_named(name) == "train" for name in tops):
        raise _no_classes(top, title)
    raise BadInput(
        "{title:name} has {tops}, but no train folder. {expected}",
        title=title,
        tops=listed(tops),
        expected=translate(EXPECTED),
    )


def _no_classes(top: Node, title: str) -> BadInput:
    return BadInput(
        "{title:name} has no class folders (found: {value}). {expected}",
        title=title,
        value=listed(sorted(top.parts)) or _("no folder with an image in it"),
        expected=translate(EXPECTED),
    )


def _refuse_archives(root: Node, title: str) -> None:
    """An archive that holds archives, or a folder of them, and too little beside."""
    if packed := [name for name in root.everything if name.lower().endswith(ARCHIVE_ENDINGS)]:
        raise BadInput(
            "{title:name} has fewer than two class folders, but {archives} inside. Unpack what is packed, and choose "
            "the folder or the ZIP that has the images.",
            title=title,
            archives=listed(sorted(packed)),
        )


def _refuse_few(known: list[str], top: Node, title: str, passed_over: dict[str, str]) -> None:
    if not known:
        raise _no_classes(top, title)
    if len(known) == 1:
        first = next(iter(passed_over.items()), None)
        raise BadInput(
            "{title:name} has one class only ({known}); at least two are needed{why}. {expected}",
            title=title,
            known=listed(known),
            why=f" ({one_line(first[0], MAX_LISTED_CHARS)}: {translate(first[1])})" if first else "",
            expected=translate(EXPECTED),
        )


def _refuse_ambiguous(names: Sequence[str], title: str, top: Node, levels: dict[str, list[Node]]) -> None:
    """Ask where the names can be read in more than one way."""
    why = _doubt(top, levels)
    if not why:
        return
    readings = choices(names, title)
    raise BadInput(
        "{title:name} can be read in more than one way: {why}. Choose with {setting}: {choices}.",
        code=AMBIGUOUS,
        title=title,
        why=why,
        setting=SettingName("data.layout"),
        choices="; ".join(f"{how} = {in_words(plan)}" for how, plan in readings.items()),
    )


def _doubt(top: Node, levels: dict[str, list[Node]]) -> str:
    """Why the names can be read in more than one way; "" if they cannot."""
    training = levels["train"]
    classes = {name: one for node in training for name, one in node.parts.items()}
    inside = [unwrapped(one) for one in classes.values()]  # `cats/images/{day,night}`, too
    largest = max((set(one.parts) for one in inside), key=len, default=set())
    if (
        len(classes) > 1
        and len(largest) > 1
        and all(one.parts and not one.holds_images and set(one.parts) <= largest for one in inside)
    ):
        return _("the folders {folders} have the same folders inside ({inner})",
                 folders=listed(sorted(classes)), inner=listed(sorted(largest)))  # fmt: skip
    splits = {split_named(name) for name in {name for one in inside for name in one.parts}}
    if len(classes) > 1 and len(splits) > 1 and None not in splits and all(one.parts for one in inside):
        return _("the folders {folders} have splits inside", folders=listed(sorted(classes)))
    if len(classes) > 1 and all(FOLD.fullmatch(name) for name in classes):
        return _("the folders {folders} are called as parts of a set are", folders=listed(sorted(classes)))
    for beside in (list(top.parts), list(classes)):
        if hold_masks(beside):
            return _("the folders {folders} look like images and their masks", folders=listed(sorted(beside)))
    for node in training:
        for name, one in node.parts.items():
            if node.has_neighbours_of(one) and not node.has_copies_in(one):
                return _("the folder {folder} has all folders beside it inside once more, with other files",
                         folder=listed([name]))  # fmt: skip
    for one in top.parts.values() if len(levels) > 1 else ():
        shared = set(unwrapped(one, classes).parts) & set(classes)
        if len(shared) > 1 and not split_named(one.name) and not any(node in training for node in one.walk()):
            return _("the folder {folder} has the same class folders inside as the splits beside it, and its name says "
                     "no split", folder=listed([one.name]))  # fmt: skip
    if len(levels) == 1 and len(training) == 1 and training[0] is not top:
        others = [one for one in top.parts.values() if not split_named(one.name)]
        if len(others) > 1 or any(len(one.parts) > 1 for one in others):
            return _("{folder} may be a split or a class like those beside it", folder=listed([training[0].name]))
    return ""


def choices(names: Sequence[str], title: str) -> dict[FolderLayout, Layout]:
    """The readings that there are, each with what it would find; those that find the same stand once."""
    found: dict[FolderLayout, Layout] = {}
    for how in get_args(FolderLayout)[1:]:
        if how == "table":  # which is no question of folders
            continue
        try:
            plan = layout(names, title, how)
        except BadInput:
            continue
        if not any((plan.classes, plan.files) == (other.classes, other.files) for other in found.values()):
            found[how] = plan
    return found


def in_words(plan: Layout) -> str:
    """What will be a class and what a split: `2 classes (ants, bees), files: train 244, val 153`. Which of the files
    are images shows when they are read."""
    classes = ngettext("{classes:count} class", "{classes:count} classes", len(plan.classes), classes=len(plan.classes))
    splits = ", ".join(f"{split} {count}" for split, count in plan.splits.items())
    return _("{classes} ({names}), files: {splits}", classes=classes, names=listed(list(plan.classes)), splits=splits)
