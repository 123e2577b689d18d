"""Which folders of a tree are splits, and which folders in them hold their classes."""

from collections.abc import Container
from os.path import commonprefix

from core.importing.folder_tree import Node
from core.importing.split_names import class_beside_split, split_named

ORDER = ("train", "val", "test")
MAX_SPLITS = 6  # folders: more of the same beginning are classes


def levels_in(splits: dict[str, list[Node]]) -> dict[str, list[Node]]:
    """Split → the folders in it that hold its classes."""
    levels = {"train": [unwrapped(node) for node in splits.get("train", [])]} if splits else {}
    classes = {name for node in levels.get("train", []) for name in node.parts}
    return levels | {
        split: [unwrapped(node, classes) for node in nodes] for split, nodes in splits.items() if split != "train"
    }


def unwrapped(node: Node, classes: Container[str] = ()) -> Node:
    """The folder that holds the classes or splits: past every folder that stands alone and has folders inside, and is
    none of the `classes` that are known."""
    while len(node.parts) == 1 and not node.holds_images:
        (inner,) = node.parts.values()
        if inner.name in classes:
            return node
        if not inner.parts and not (inner.name == node.name and not inner.folders):
            return node
        if split_named(inner.name) and not split_named(node.name):
            return node
        node = inner
    return node


def splits_in(node: Node) -> dict[str, list[Node]]:
    """The folders that are splits: empty, unless one is for training and has class folders. Folders around some of them
    are skipped: `pets/{train,valid}` beside `test`."""
    here = named_splits(node)
    if any(unwrapped(one).parts for one in here.get("train", [])):
        return here
    deeper = [found for inner in node.parts.values() if (found := splits_in(inner))]
    if len(deeper) != 1:
        return {}
    (found,) = deeper
    for split, nodes in here.items():
        inside = set(found.get(split, []))
        found.setdefault(split, []).extend(one for one in nodes if inside.isdisjoint(one.walk()))
    return found


def named_splits(node: Node) -> dict[str, list[Node]]:
    """Split → the folders inside that are called so; where none is called as one for training, without what all names
    begin with: `xtrain`, `xval`, `xtest`."""
    found: dict[str, list[Node]] = {}
    shared = commonprefix(list(node.parts)) if len(node.parts) <= MAX_SPLITS else ""  # noqa: RUF071 (of characters)
    for cut in range(len(shared) + 1):
        named = {name: split_named(name[cut:]) for name in node.parts}
        if not cut or ("train" in named.values() and None not in named.values() and len(named) > 1):
            found = {split: [node.parts[name] for name in named if named[name] == split] for split in ORDER}
        if found["train"]:
            break
    return {split: nodes for split, nodes in found.items() if nodes}


def splits_alone(top: Node) -> dict[str, list[Node]]:
    """Split → the outermost folders; the largest of those whose names say nothing is for training, if no name says
    which one is. Empty if these are no splits."""
    found = named_splits(top)
    if "train" not in found:
        others = [one for one in top.parts.values() if one.parts and not split_named(one.name)]
        found["train"] = [max(others, key=lambda one: len(one.everything))] if others else []
    return found if len(found) > 1 and found["train"] else {}


def splits_in_classes(top: Node) -> dict[str, list[Node]]:
    """Split → a folder of its classes, of folders that have it the other way round: `cats/{train,test}`."""
    found: dict[str, Node] = {"train": Node("train")}
    for name, one in top.parts.items():
        for inner in unwrapped(one).parts.values():
            if split := split_named(inner.name):
                classes = found.setdefault(split, Node(split)).folders
                classes.setdefault(name, Node(name)).folders[inner.name] = inner
    return {split: [node] for split, node in found.items()}


def splits_in_names(top: Node) -> dict[str, list[Node]]:
    """Split → a folder of its classes, where each folder's name says both: `train_cats`, `train_dogs`, `test_cats`."""
    found: dict[str, Node] = {}
    for name, one in top.parts.items():
        split, label = split_named(name), class_beside_split(name)
        if one.parts or not split or not label:
            return {}
        found.setdefault(split, Node(split)).folders.setdefault(label, Node(label)).folders[name] = one
    if len(found.get("train", top).folders) < 2 or len({name for one in found.values() for name in one.folders}) < 2:
        return {}
    return {split: [node] for split, node in found.items()} if "train" in found else {}
