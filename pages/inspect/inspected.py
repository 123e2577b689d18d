"""What is looked at: which runs, which of their weights, which images; the link says all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.datasets.source import DataSource
from core.loading.split import by_name, parts
from core.locale import _
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components.linked_select import linked_select
from pages.components.spec_words import split_title

LAST, BEST = "last", "best"  # checkpoints, as the command line calls them


@dataclass(frozen=True)
class Inspected:
    """Trained runs (at least one; the first is the one that a section about one run shows), the checkpoint and the
    split that were chosen, and the prepared images that the split is of."""

    lab: Lab
    runs: Sequence[Run]
    which: str  # last or best
    split: str  # train, val or test
    prepared: Prepared

    @property
    def run(self) -> Run:
        return self.runs[0]

    def version(self, run: Run) -> str:
        """Changes with the checkpoint that is looked at."""
        return self.lab.files.checkpoint_version(run.id, self.which)


@dataclass(frozen=True)
class Section:
    """One part of the page: its name in the link, its title, marked with `N_`, and what draws it. Only the chosen one
    is drawn."""

    name: str
    title: str
    show: Callable[[Inspected], None]


def choose(lab: Lab, runs: Sequence[Run]) -> Inspected:
    """The controls above all sections. `Problem` where the images of the first run are not prepared."""
    run = runs[0]
    prepared = prepare.require(DataSource.of(run.config.data), lab.workspace)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = linked_select(_("Images of"), splits_of(run, prepared), "split", title=split_title)
        which = LAST
        if all(lab.files.has_checkpoint(one.id, BEST) for one in runs):
            which = linked_select(_("Weights of the"), [LAST, BEST], "weights", title=weights_title)
    return Inspected(lab, runs, which, split, prepared)


def splits_of(run: Run, prepared: Prepared) -> list[str]:
    """The parts that the run divides its images into, test first."""
    data = run.config.data
    return list(by_name(prepared, parts(prepared, data.validation, data.limit, run.config.training.seed)))


def weights_title(which: str) -> str:
    return _("Best epoch") if which == BEST else _("Last epoch")
