"""The ways in which the folders of an image folder can be read."""

from typing import Literal

# auto: splits by their names, classes inside them; what can be read in two ways is refused with the choices.
# inside: the outermost folders are the classes, and the splits lie in each of them: `cats/{train,test}`.
# outer, inner: the same splits; the class is the outermost folder in a split, or the folder that an image lies in.
# splits: the outermost folders are splits; where no name says which one is for training, it is the largest of those
# whose names say nothing.
# table: a table in it, of paths and labels, says it; auto takes it where there are no class folders.
# classes: no folder is a split, and the outermost ones are the classes.
FolderLayout = Literal["auto", "inside", "splits", "outer", "inner", "classes", "table"]
