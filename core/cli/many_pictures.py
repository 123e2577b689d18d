"""`predict RUN DIR --to answers.csv`: many pictures answered, a row for each."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from core import formatting
from core.cli.output import brief, emit, line, say_written
from core.errors import BadInput
from core.files import atomic
from core.files.writable import check_writable
from core.importing.image_source import is_junk
from core.inference.many_pictures import answered_files, table_text
from core.inference.pictures import Pictures
from core.locale import _, ngettext
from core.runs.store import Run
from core.sandbox.image_formats import IMAGE_ENDINGS, looks_like_image


def predict_many(pictures: Pictures, run: Run, options: Namespace) -> None:
    """Write the table; say how many were answered, and how many rightly where folders name classes."""
    target = Path(options.to)
    if target.suffix.lower() != ".csv":
        raise BadInput("{file:name} does not end in .csv", file=options.to)
    check_writable(target)
    replaced = target.is_file()
    files = found_files(options.files)
    with tqdm(total=len(files), unit="file", disable=True if options.json else None, leave=False) as bar:
        rows = []
        for row in answered_files(pictures, list(files.items())):
            rows.append(row)
            bar.update()
    atomic.write(table_text(rows, pictures.answerer.classes).encode(), target)
    failed = sum(bool(row.problem) for row in rows)
    known = [row.right for row in rows if row.right is not None]
    if options.json:
        emit({**brief(run), "files": len(rows), "failed": failed, "correct": sum(known), "total": len(known),
              "to": options.to, "replaced": replaced})  # fmt: skip
        return
    line(ngettext("{n:count} file answered.", "{n:count} files answered.", len(rows) - failed))
    if failed:
        line(ngettext("{n:count} file has no answer; the table says why.",
                      "{n:count} files have no answer; the table says why.", failed))  # fmt: skip
    if known:
        share, right = sum(known) / len(known), formatting.of(sum(known), len(known))
        line(_("Of those in folders that are called as classes, accuracy {share:percent} ({right}).",
               share=share, right=right))  # fmt: skip
    say_written(options.to, replaced=replaced)


def found_files(named: Sequence[str]) -> dict[str, Path]:
    """The files that are named, and those in folders that are, by their path from there: what is no picture has a row
    that says so, but for files that are hidden or made by systems."""
    found: dict[str, Path] = {}
    for name in named:
        place = Path(name)
        if not place.exists():
            raise BadInput("There is no file or folder {name:name}. Check the path.", name=name)
        if not place.is_dir():
            found[name] = place
            continue
        every = {path.relative_to(place).as_posix(): path for path in sorted(place.rglob("*")) if not path.is_dir()}
        inside = {own: path for own, path in every.items() if not is_junk(own)}
        if not any(map(looks_like_image, inside)):
            raise BadInput("There is no picture in the folder {name:name}. It would end in {endings}.",
                           name=name, endings=", ".join(IMAGE_ENDINGS))  # fmt: skip
        found |= {own if len(named) == 1 else str(path): path for own, path in inside.items()}
    return found
