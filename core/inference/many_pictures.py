"""Many pictures answered by one model, a row for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from core.datasets.class_names import MAX_NAME_CHARS, class_places
from core.errors import Problem
from core.files.csv_text import csv_text
from core.inference.pictures import Pictures
from core.sanitize import UNSEEN, escape_formula, one_line

if TYPE_CHECKING:
    import numpy as np

COLUMNS = ("file", "answer", "probability", "accepted", "read_as", "class", "right", "problem", "note")
OF_FOLDERS = ("class", "right")  # columns that are left out where no file lies in a folder that is called as a class
AT_ONCE = 64  # pictures that a model answers together


@dataclass(frozen=True)
class AnsweredFile:
    """One picture of many: its answer, or why there is none."""

    file: str
    answer: str = ""
    probability: float | None = None
    accepted: bool | None = None  # whether it is as probable as an answer must be
    read_as: str = ""  # drawing or image
    label: str = ""  # the model's class that the name of its folder is; "" where it is none
    problem: str = ""
    note: str = ""  # what is told of it beside its answer: how it is unlike the training images
    probabilities: tuple[float, ...] = ()  # of every class, in their order

    @property
    def right(self) -> bool | None:
        """None where its class is not known, or it has no answer."""
        return self.answer == self.label if self.answer and self.label else None

    @property
    def row(self) -> tuple[str | float | bool | None, ...]:
        """By `COLUMNS`, then the probabilities, if there are any."""
        known = (unambiguous(self.file), self.answer, self.probability, self.accepted, self.read_as, self.label)
        return *known, self.right, self.problem, self.note, *self.probabilities


def unambiguous(name: str) -> str:
    r"""The name of a file with `\n`, `\xff` and such for what cannot be seen: two files have two names in a table."""
    return UNSEEN.sub(lambda found: ascii(found[0])[1:-1], name)


def table_text(rows: Sequence[AnsweredFile], classes: Sequence[str]) -> str:
    """CSV: `COLUMNS` and one for each class, with six decimals of each probability. A class has the same name in its
    heading as in the cells."""
    columns = [*COLUMNS, *(f"p({escape_formula(name)})" for name in classes)]
    shown = [column not in OF_FOLDERS or any(one.label for one in rows) for column in columns]
    cells = ([f"{cell:.6f}" if isinstance(cell, float) else cell for cell in one.row] for one in rows)
    whole = ([*row, *[""] * (len(columns) - len(row))] for row in cells)  # some have no answer
    return csv_text([*compress(columns, shown)], ([*compress(row, shown)] for row in whole))


def answered_files(pictures: Pictures, files: Sequence[tuple[str, Path | bytes]]) -> Iterator[AnsweredFile]:
    """The answer to each picture, a path or a file's content beside its name, in their order."""
    for first in range(0, len(files), AT_ONCE):
        yield from answered_together(pictures, files[first : first + AT_ONCE])


def answered_together(pictures: Pictures, files: Sequence[tuple[str, Path | bytes]]) -> list[AnsweredFile]:
    answerer, rows, images = pictures.answerer, [], []
    places = class_places(answerer.classes)
    for name, source in files:
        folders = reversed(Path(name).parts[:-1])
        known = (places.get(folder, places.get(one_line(folder, MAX_NAME_CHARS))) for folder in folders)
        place = next((one for one in known if one is not None), None)
        label = "" if place is None else answerer.classes[place]
        try:
            reading = pictures.read(source, name)
            shown = pictures.shown(reading.pixels)
        except Problem as problem:
            rows.append(AnsweredFile(name, label=label, problem=str(problem)))
            continue
        changed = f"{shown.changed[:1].upper()}{shown.changed[1:]}." if shown.changed else ""
        note = " ".join(words for words in (changed, reading.words, *shown.unlike) if words)
        rows.append(AnsweredFile(name, read_as="drawing" if shown.drawing else "image", label=label, note=note))
        images.append(shown.image)
    answers = iter(answerer.predict(images))
    return [row if row.problem else with_answer(row, next(answers), pictures) for row in rows]


def with_answer(row: AnsweredFile, probabilities: "np.ndarray", pictures: Pictures) -> AnsweredFile:
    best = int(probabilities.argmax())
    probability = float(probabilities[best])
    accepted = probability >= pictures.answerer.confidence.threshold
    answer, every = pictures.answerer.classes[best], tuple(map(float, probabilities))
    return replace(row, answer=answer, probability=probability, accepted=accepted, probabilities=every)
