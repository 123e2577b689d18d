"""The folders that a list of file names makes, and what each of them holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from unicodedata import normalize

from core.sandbox.image_formats import looks_like_image


@dataclass(eq=False)
class Node:
    """A folder. What is empty, or has no file that could be an image, counts as empty."""

    name: str
    folders: dict[str, "Node"] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)  # directly in it, by their whole names

    @cached_property
    def everything(self) -> list[str]:
        """Its files and those of all folders inside."""
        return [*self.files, *(name for inner in self.folders.values() for name in inner.everything)]

    @cached_property
    def parts(self) -> dict[str, "Node"]:
        """The folders inside that hold images."""
        return {name: inner for name, inner in self.folders.items() if inner.has_images}

    @cached_property
    def has_images(self) -> bool:
        return self.holds_images or any(inner.has_images for inner in self.folders.values())

    @cached_property
    def holds_images(self) -> bool:
        """Whether there are images directly in it."""
        return any(map(looks_like_image, self.files))

    def walk(self) -> Iterator["Node"]:
        yield self
        for inner in self.folders.values():
            yield from inner.walk()

    def has_neighbours_of(self, inner: "Node") -> bool:
        """Whether one of its folders has all the others, two at least, once more inside, by their names."""
        # The count first: of ten thousand folders, most differ in it, and comparing names is left to the others.
        return len(inner.parts) == len(self.parts) - 1 >= 2 and inner.parts.keys() == self.parts.keys() - {inner.name}

    def has_copies_in(self, inner: "Node") -> bool:
        """Whether one of its folders has all the others once more inside, with files of the same names."""
        return self.has_neighbours_of(inner) and all(
            below(one) == below(self.parts[name]) for name, one in inner.parts.items()
        )


def folder_tree(names: Sequence[str]) -> Node:
    """The top folder of names such as `train/ants/one.jpg` and, for folders, `train/ants/`."""
    root = Node("")
    # A letter with an accent is one character on one system and two on another: both are one folder.
    paths = [(tuple(normalize("NFC", name.rstrip("/")).split("/")), name) for name in names]
    folders = {path for path, name in paths if name.endswith("/")}
    folders |= {path[:depth] for path, _name in paths for depth in range(1, len(path))}
    nodes: dict[tuple[str, ...], Node] = {(): root}
    for path in sorted(folders, key=len):
        nodes[path] = nodes[path[:-1]].folders.setdefault(path[-1], Node(path[-1]))
    for path, name in paths:
        if path not in folders:
            nodes[path[:-1]].files.append(name)
    return root


def below(node: Node) -> set[str]:
    """The names of a folder's files, as they are called inside it."""
    found = {name.rpartition("/")[2] for name in node.files}
    return found.union(*({f"{name}/{file}" for file in below(one)} for name, one in node.folders.items()))
