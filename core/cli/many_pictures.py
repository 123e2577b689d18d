"""`predict RUN DIR --to answers.csv`: many pictures answered, a row for each."""

import csv
import io
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core import formatting
from core.cli.output import brief, emit, line
from core.cli.pictures import Pictures
from core.datasets.class_names import class_places
from core.errors import BadInput, Problem
from core.files import atomic
from core.files.writable import check_writable
from core.locale import _, ngettext
from core.runs.store import Run
from core.sandbox.image_formats import IMAGE_ENDINGS
from core.sanitize import escape_formula

COLUMNS = ("file", "answer", "probability", "accepted", "read_as", "class", "right", "problem")
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

    @property
    def right(self) -> bool | None:
        """None where its class is not known, or it has no answer."""
        return self.answer == self.label if self.answer and self.label else None

    @property
    def row(self) -> tuple[str | float | bool | None, ...]:
        """By `COLUMNS`."""
        known = (self.file, self.answer, self.probability, self.accepted, self.read_as, self.label)
        return *known, self.right, self.problem


def predict_many(pictures: Pictures, run: Run, options: Namespace) -> None:
    """Write the table; say how many were answered, and how many rightly where folders name classes."""
    target = Path(options.to)
    if target.suffix.lower() != ".csv":
        raise BadInput("{file:name} does not end in .csv", file=options.to)
    check_writable(target)
    files = found_files(options.files)
    with tqdm(total=len(files), unit="file", disable=True if options.json else None, leave=False) as bar:
        rows = []
        for row in answered_files(pictures, [(name, path) for name, path in files.items()]):
            rows.append(row)
            bar.update()
    atomic.write(table_text(rows).encode(), target)
    failed = sum(bool(row.problem) for row in rows)
    known = [row.right for row in rows if row.right is not None]
    if options.json:
        emit({**brief(run), "files": len(rows), "failed": failed, "correct": sum(known), "total": len(known),
              "to": options.to})  # fmt: skip
        return
    line(ngettext("{n:count} file answered.", "{n:count} files answered.", len(rows) - failed))
    if failed:
        line(ngettext("{n:count} file has no answer; the table says why.",
                      "{n:count} files have no answer; the table says why.", failed))  # fmt: skip
    if known:
        share, right = sum(known) / len(known), formatting.of(sum(known), len(known))
        line(_("Of those in folders that are called as classes, accuracy {share:percent} ({right}).",
               share=share, right=right))  # fmt: skip
    line(_("written: {files}", files=options.to))


def found_files(named: Sequence[str]) -> dict[str, Path]:
    """The files that are named, and the pictures in folders that are, by their path from there."""
    found: dict[str, Path] = {}
    for name in named:
        place = Path(name)
        if not place.is_dir():
            found[name] = place
            continue
        inside = sorted(path for path in place.rglob("*") if path.suffix.lower() in IMAGE_ENDINGS and path.is_file())
        if not inside:
            raise BadInput("There is no picture in the folder {name:name}. It would end in {endings}.",
                           name=name, endings=", ".join(IMAGE_ENDINGS))  # fmt: skip
        found |= {path.relative_to(place).as_posix() if len(named) == 1 else str(path): path for path in inside}
    return found


def answered_files(pictures: Pictures, files: Sequence[tuple[str, Path | bytes]]) -> Iterator[AnsweredFile]:
    """The answer to each picture, a path or a file's content beside its name, in their order."""
    for first in range(0, len(files), AT_ONCE):
        yield from answered_together(pictures, files[first : first + AT_ONCE])


def answered_together(pictures: Pictures, files: Sequence[tuple[str, Path | bytes]]) -> list[AnsweredFile]:
    answerer, rows, images = pictures.answerer, [], []
    places = class_places(answerer.classes)
    for name, source in files:
        folders = reversed(Path(name).parts[:-1])
        place = next((places[folder] for folder in folders if folder in places), None)
        label = "" if place is None else answerer.classes[place]
        try:
            shown = pictures.shown(pictures.read(source, name).pixels)
        except Problem as problem:
            rows.append(AnsweredFile(name, label=label, problem=str(problem)))
            continue
        rows.append(AnsweredFile(name, read_as="drawing" if shown.drawing else "image", label=label))
        images.append(shown.image)
    answers = iter(answerer.predict(images))
    return [row if row.problem else with_answer(row, next(answers), pictures) for row in rows]


def with_answer(row: AnsweredFile, probabilities: np.ndarray, pictures: Pictures) -> AnsweredFile:
    best = int(probabilities.argmax())
    probability = float(probabilities[best])
    accepted = probability >= pictures.answerer.confidence.threshold
    return AnsweredFile(row.file, pictures.answerer.classes[best], probability, accepted, row.read_as, row.label)


def table_text(rows: Sequence[AnsweredFile]) -> str:
    """A CSV file in which no text is a formula to a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([f"{cell:.6f}" if isinstance(cell, float) else escape_formula(cell) for cell in row.row])
    return buffer.getvalue()
