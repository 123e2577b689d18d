"""Which file of an image folder belongs to which split and class, told by the names alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

from core.errors import BadInput
from core.locale import N_, _, translate
from core.sanitize import distinct, one_line

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
ORDER = ("train", "val", "test")
MAX_CLASS_NAME_CHARS = 255  # characters of a class's name
MAX_NAME_CHARS = 60  # characters of a name that a sentence repeats
EXPECTED = N_("Expected is one folder of images for each class, either alone or inside train, val and test.")


@dataclass(frozen=True)
class Layout:
    """What the names of a folder say."""

    classes: tuple[str, ...]  # sorted by name, each a line that can be shown
    files: tuple[tuple[str, int, str], ...]  # (split, label, name), by split, label and name
    outside: tuple[str, ...]  # files that lie in no class folder
    divided: bool  # it brings its own val or test


def layout(names: Sequence[str], title: str) -> Layout:
    """Read the layout from names such as `train/ants/one.jpg` and, for folders, `train/ants/`.

    A single folder around everything is looked through. BadInput, saying what was found and what is expected,
    if there are not at least two classes, or if val or test has a class that train has not.
    """
    title = one_line(title)
    # A letter with an accent is one character on one system and two on another: both are one class.
    parts = [tuple(normalize("NFC", name.rstrip("/")).split("/")) for name in names]
    folders = {path for path, name in zip(parts, names, strict=True) if name.endswith("/")}
    folders |= {path[:depth] for path in parts for depth in range(1, len(path))}
    files = [(path, name) for path, name in zip(parts, names, strict=True) if path not in folders]
    top = _top(folders)
    tops = sorted(folder[-1] for folder in folders if len(folder) == len(top) + 1 and folder[: len(top)] == top)
    divided = any(SPLITS.get(name.lower()) == "train" for name in tops)
    if not divided and tops and all(name.lower() in SPLITS for name in tops):
        raise BadInput(
            "{title} has {tops}, but no train folder. {expected}",
            title=title,
            tops=listed(tops),
            expected=translate(EXPECTED),
        )

    depth = len(top) + divided  # how many parts stand before the class
    classes: dict[str, set[str]] = {split: set() for split in ORDER}
    for folder in folders:
        if len(folder) > depth and (split := _split(folder, len(top), divided)):
            classes[split].add(folder[depth])
    known = sorted(classes["train"])
    if not known:
        raise BadInput(
            "{title} has no class folders (found: {value}). {expected}",
            title=title,
            value=listed(tops) or _("no folder with an image in it"),
            expected=translate(EXPECTED),
        )
    if len(known) == 1:
        raise BadInput(
            "{title} has one class only ({known}); at least two are needed. {expected}",
            title=title,
            known=listed(known),
            expected=translate(EXPECTED),
        )
    for split in ("val", "test"):
        if extra := sorted(classes[split] - classes["train"]):
            raise BadInput(
                "{title} has {extra} in {split}, but not in train: give both the same class folders.",
                title=title,
                extra=listed(extra),
                split=split,
            )

    labels = {name: label for label, name in enumerate(known)}
    placed, outside = [], []
    for path, name in files:
        split = _split(path, len(top), divided)
        if split and path[: len(top)] == top and len(path) > depth + 1:
            placed.append((split, labels[path[depth]], name))
        else:
            outside.append(name)
    placed.sort(key=lambda one: (ORDER.index(one[0]), one[1], one[2]))
    shown = tuple(distinct(known, MAX_CLASS_NAME_CHARS))
    return Layout(shown, tuple(placed), tuple(sorted(outside)), any(one[0] != "train" for one in placed))


def _top(folders: set[tuple[str, ...]]) -> tuple[str, ...]:
    """The folder that holds the classes or splits: past every folder that stands alone and has folders inside."""
    top: tuple[str, ...] = ()
    while True:
        inside = [folder for folder in folders if len(folder) == len(top) + 1 and folder[: len(top)] == top]
        if len(inside) != 1 or inside[0][-1].lower() in SPLITS:
            return top
        if not any(len(folder) == len(top) + 2 and folder[: len(top) + 1] == inside[0] for folder in folders):
            return top
        top = inside[0]


def _split(path: tuple[str, ...], start: int, divided: bool) -> str | None:
    if not divided:
        return "train"
    return SPLITS.get(path[start].lower()) if len(path) > start else None


def listed(names: list[str]) -> str:
    """The first few of them, for a sentence."""
    return ", ".join(one_line(name, MAX_NAME_CHARS) for name in names[:8]) + (", …" if len(names) > 8 else "")
