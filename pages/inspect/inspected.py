"""What is looked at: which runs, which of their weights, which images; the link says all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.datasets.source import DataSource
from core.errors import BadInput
from core.loading.split import by_name, parts
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components.linked_select import linked_select
from pages.components.run_picker import run_names
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

    def of(self, run: Run) -> "Inspected":
        """One of the runs alone, with the images of its own data set. `Problem` where these are not prepared, or where
        it has no such split."""
        prepared = self.prepared_of(run)
        if self.split not in (have := splits_of(run, prepared)):
            raise BadInput(
                "{name:name} has no {split} images. It has: {names}",
                name=run.name,
                split=translate(self.split),
                names=", ".join(map(translate, have)),
            )
        return replace(self, runs=[run], prepared=prepared)

    def prepared_of(self, run: Run) -> Prepared:
        """The images of a run's own data set. `Problem` where these are not prepared."""
        return prepare.require(DataSource.of(run.config.data), self.lab.workspace)

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


def choose_one(inspected: Inspected) -> Inspected:
    """The one run that a section is about: of several, a person chooses."""
    names = run_names(inspected.runs)
    if len(names) == 1:
        return inspected
    run = linked_select(_("Model"), list(names), "model", title=lambda one: names.get(one, one))
    return inspected.of(next(one for one in inspected.runs if one.id == run))


def weights_title(which: str) -> str:
    return _("Best epoch") if which == BEST else _("Last epoch")
