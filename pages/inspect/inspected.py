"""What is looked at: which runs, which of their weights, which images; the link says all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.datasets.source import DataSource
from core.errors import BadInput
from core.insight.image_names import split_title
from core.insight.other_data import OTHER_DATA, matched, part_of
from core.loading.split import by_name, parts
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components.data_picker import Choice, data_set_choices
from pages.components.linked_select import linked_select, linked_selectbox
from pages.components.markdown import escape_markdown
from pages.components.page_list import DATA
from pages.components.run_picker import run_names

NARROW_SPLIT_PX, WEIGHTS_PX = 170, 150  # pixels of two boxes that stand side by side on a telephone
LAST, BEST = "last", "best"  # checkpoints, as the command line calls them


@dataclass(frozen=True)
class Inspected:
    """Trained runs (at least one; the first is the one that a section about one run shows), the checkpoint and the
    split that were chosen, and the prepared images that the split is of."""

    lab: Lab
    runs: Sequence[Run]
    which: str  # last or best
    split: str  # train, val or test; of another data set what `part_of` calls it
    prepared: Prepared  # of another set under the classes of the first run
    other: DataSource | None = None  # the other set

    @property
    def asked(self) -> str | DataSource:
        """The images as an evaluation is asked for them."""
        return self.other or self.split

    @property
    def run(self) -> Run:
        return self.runs[0]

    def of(self, run: Run) -> "Inspected":
        """One of the runs alone, with the images of its own data set. `Problem` where these are not prepared, or where
        it has no such split."""
        prepared = self.prepared_of(run)
        if self.other:
            found, _about = matched(prepare.require(self.other, self.lab.workspace), self.other, prepared.meta.classes)
            return replace(self, runs=[run], prepared=found)
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


def choose(lab: Lab, runs: Sequence[Run], tools: DeltaGenerator, *, narrow: bool) -> Inspected | None:
    """The controls above all sections, in the row `tools`; None while there is no image to look at. `Problem` where the
    images of the first run are not prepared."""
    run = runs[0]
    prepared = prepare.require(DataSource.of(run.config.data), lab.workspace)
    others = other_sets(lab, prepared)
    other = None
    which = LAST
    with tools:
        more: dict[str, Any] = {"width": NARROW_SPLIT_PX} if narrow else {}
        split = (linked_selectbox if narrow else linked_select)(
            _("Images of"), [*splits_of(run, prepared), OTHER_DATA], "split", title=images_title,
            label_visibility="collapsed", **more,
        )  # fmt: skip
        if all(lab.files.has_checkpoint(one.id, BEST) for one in runs):
            which = linked_selectbox(
                _("Weights of the"), [LAST, BEST], "weights", title=weights_title, label_visibility="collapsed",
                width=WEIGHTS_PX,
            )  # fmt: skip
    if split == OTHER_DATA and others:
        key = linked_selectbox(_("Data set"), list(others), "other", title=lambda one: others[one].title, width=260)
        other = others[key].source
    if split != OTHER_DATA:
        return Inspected(lab, runs, which, split, prepared)
    if other is None:
        words = _("No other prepared data set has a class of this model. Bring labelled images in on Data, in folders "
                  "named as the classes of the model.")  # fmt: skip
        st.info(words, icon=":material/folder_open:")
        st.page_link(DATA.file, label=_("Data"), icon=DATA.icon)
        return None
    found, about = matched(prepare.require(other, lab.workspace), other, prepared.meta.classes)
    for words in about.words:
        st.caption(escape_markdown(words))
    return Inspected(lab, runs, which, part_of(other), found, other)


def other_sets(lab: Lab, own: Prepared) -> dict[str, Choice]:
    """Prepared data sets that have a class in common with a run's own, by their keys."""
    found = {}
    for choice in data_set_choices(lab.workspace):
        prepared = prepare.find(choice.source, lab.workspace)
        if prepared is None or prepared.meta.fingerprint == own.meta.fingerprint:
            continue
        if set(prepared.meta.classes) & set(own.meta.classes):
            found[choice.source.key] = choice
    return found


def images_title(split: str) -> str:
    return _("Another data set") if split == OTHER_DATA else split_title(split)


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
