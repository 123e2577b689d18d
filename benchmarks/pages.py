"""How long a person waits, in a real headless Chromium on a server of its own; one Markdown table on standard output.

    python -m benchmarks.pages [--tiny] [--only NAME ...]

The workspace is made anew in a temporary folder (`benchmarks.store_maker`); EPOCHLAB_DATA may name a data folder with
MNIST. This folder's README.md says what each row measures.
"""

import argparse
from collections.abc import Callable, Sequence

from benchmarks.screen import comparing, inspecting, leafing, live, opening, predicting, training
from benchmarks.screen.stage import TINY, Row, Size, Stage, stage
from benchmarks.side_by_side import machine, say, table

MEASURES: dict[str, Callable[[Stage], list[Row]]] = {
    "first": opening.first_page,
    "start": training.first_point,
    "sidebar": opening.from_the_sidebar,
    "slider": training.slider,
    "live": live.live,
    "compare": comparing.compare,
    "stroke": predicting.strokes,
    "data": leafing.leaves,
    "inspect": inspecting.inspect,
}


def measure(size: Size, names: Sequence[str]) -> list[Row]:
    """The rows of the measurements of these names, in the order of the table."""
    rows: list[Row] = []
    with stage(size) as shared:
        for name, measured in MEASURES.items():
            if name in names:
                say(f"— {name} —")
                rows += measured(shared)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a small store and few repetitions: to see that it runs")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES), metavar="NAME",
                        help=f"of {', '.join(MEASURES)}")  # fmt: skip
    asked = parser.parse_args()
    rows = measure(TINY if asked.tiny else Size(), asked.only)
    print(table(("what", "measured", "asked"), rows))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
