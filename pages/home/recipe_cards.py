"""The recipes as cards: a few images, what to expect, how long it takes here, and how the last run went."""

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from core import formatting
from core.datasets import catalog
from core.datasets.source import DataSource
from core.locale import _, ngettext, translate
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.recipes import RECIPES, Recipe
from core.runs import forecast
from core.runs.lab import Lab
from core.runs.setting_words import changes
from core.runs.store import EpochRow, Run
from pages.components.image_grid import data_uri
from pages.components.page_list import TRAIN
from pages.components.run_card import guesses
from pages.components.set_preview import preview

IMAGES = 8  # of a card, of as many classes as there are
IMAGE_PX = 68  # of their longer side: twice what STYLE says, for screens with two dots a pixel
LOOKED_AT = 5000  # images at the beginning of a set among which they are chosen
LINE_WIDTH, LINE_HEIGHT = 100, 24  # of the small curve, in its own units
LINE_COLOUR = "#4C86C6"  # 3:1 on the light page and on the dark one

STYLE = """<style>
.st-key-recipes {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); align-items: stretch;
}
.eplab-strip {display: flex; gap: 3px; height: 34px; overflow: hidden;}
.eplab-strip img {height: 34px; width: 34px; object-fit: cover; border-radius: 3px; image-rendering: pixelated;}
.eplab-strip > span:not(.eplab-classes) {opacity: 0.75; font-size: 0.85rem; align-self: center;}
.eplab-expected {opacity: 0.75; font-size: 0.875rem; margin: 0.6rem 0 0.2rem;}
.eplab-line {display: flex; gap: 0.6rem; align-items: center; font-size: 0.85rem; min-height: 28px;}
.eplab-line img {flex: 1; min-width: 0; height: 28px; max-width: 10rem;}
</style>"""


def recipe_cards(lab: Lab, runs: Sequence[Run]) -> None:
    """One card a recipe; `runs` are the newest ones that finished."""
    st.header(_("Recipes"), anchor=False)
    st.caption(_("Settings that are known to work, each with its data set. Open one, change what you like, and train."))
    st.html(STYLE)
    with st.container(key="recipes"):
        for recipe in RECIPES:
            recipe_card(recipe, lab, runs)


def recipe_card(recipe: Recipe, lab: Lab, runs: Sequence[Run]) -> None:
    source = source_of(recipe, lab)
    with st.container(border=True, height="stretch", key=f"recipe-{recipe.name}"):
        st.page_link(
            TRAIN.file,
            label=f"**{translate(recipe.title)}**",
            help=translate(recipe.about),
            query_params={"recipe": recipe.name},  # fills the form and starts nothing
        )
        # One element a card: a browser takes its time for each, and this is the first page.
        expected = escape(expectation(recipe, source, lab, runs))
        st.html(f'{images_of(source, lab)}<p class="eplab-expected">{expected}</p>{last_run(recipe, lab, runs)}')


def last_run(recipe: Recipe, lab: Lab, runs: Sequence[Run]) -> str:
    """The markup of how the newest run of the recipe went, with its curve; "" before there is one."""
    own = (run for run in runs if run.recipe == recipe.name and (recipe.folder or on_its_data(run, recipe)))
    last = next(own, None)
    if last is None or not last.summary:
        return ""
    accuracy = formatting.percent(last.summary.get("test_accuracy"))
    words = _("last run {accuracy}", accuracy=accuracy)
    as_recipe = recipe.config.replace(DataSource.of(last.config.data).settings)
    if changes(last.config, as_recipe).keys() - {"training.seed"}:
        words = _("last run {accuracy}, with other settings", accuracy=accuracy)
    if guesses(last):
        words = _("{words}, no better than guessing", words=words)
    return f'<div class="eplab-line">{small_curve(lab.store.epochs(last.id))}<span>{escape(words)}</span></div>'


def on_its_data(run: Run, recipe: Recipe) -> bool:
    """Whether a run that began with a recipe learned from the recipe's data set: its score says something of it."""
    return DataSource.of(run.config.data) == DataSource.of(recipe.config.data)


def expectation(recipe: Recipe, source: DataSource | None, lab: Lab, runs: Sequence[Run]) -> str:
    """What a run of it on its data set reaches, and how long it takes on this computer, where that is known."""
    words = []
    if recipe.expects:
        words.append(_("About {accuracy} accuracy", accuracy=formatting.percent(recipe.expects, 0)))
    config = recipe.config.replace(source.settings) if source else recipe.config
    if pace := forecast.pace_of_runs(config, runs, lab):
        words.append(_("{time:duration} here", time=pace.seconds(recipe.config.training.epochs)))
    else:
        words.append(ngettext("{n:count} epoch", "{n:count} epochs", recipe.config.training.epochs))
        if recipe.takes_s:
            words.append(_("about {time:duration} on two cores", time=recipe.takes_s))
    return " · ".join(words)


def source_of(recipe: Recipe, lab: Lab) -> DataSource | None:
    """Its data set; of a recipe for own images the newest ones, None before there are any."""
    if not recipe.folder:
        return DataSource.of(recipe.config.data)
    return next(map(DataSource.of, prepare.imported(lab.workspace)), None)


def images_of(source: DataSource | None, lab: Lab) -> str:
    """The markup of a few images of a data set, or of its classes before it is prepared; where to add images for
    None."""
    if source is None:
        words = escape(_("Add your own images on the Data page."))
        return f'<div class="eplab-strip"><span>{words}</span></div>'
    prepared = prepare.find(source, lab.workspace)
    if prepared is None:
        return f'<div class="eplab-strip">{preview(catalog.spec(source.name))}</div>'
    return f'<div class="eplab-strip">{strip(prepared.meta.fingerprint, prepared)}</div>'


@st.cache_data(max_entries=64, show_spinner=False)
def strip(fingerprint: str, _prepared: Prepared) -> str:
    """Cached by the content of the set."""
    places, labels = chosen(_prepared)
    return "".join(
        f'<img alt="{escape(label)}" src="{data_uri(_prepared.image(place), IMAGE_PX)}">'
        for place, label in zip(places, labels, strict=True)
    )


def chosen(prepared: Prepared) -> tuple[list[int], list[str]]:
    """The first training image of each of the first classes, or of the set where it has fewer; and their classes."""
    training = prepared.indices("train")[:LOOKED_AT]
    labels = np.asarray(prepared.labels)[training]
    _classes, first = np.unique(labels, return_index=True)
    places = [int(training[place]) for place in first[:IMAGES]]
    places += [int(place) for place in training if int(place) not in places][: IMAGES - len(places)]
    return places, [prepared.meta.classes[prepared.labels[place]] for place in places]


def small_curve(epochs: Sequence[EpochRow]) -> str:
    """The accuracy after every epoch as a line between its lowest and its highest value; "" for fewer than two."""
    values = [float(row["val_accuracy"] or 0) for row in epochs]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    points = " ".join(
        f"{LINE_WIDTH * place / (len(values) - 1):.1f},{LINE_HEIGHT * (1 - (value - low) / ((high - low) or 1)):.1f}"
        for place, value in enumerate(values)
    )
    label = escape(_("Accuracy from {low:percent} to {high:percent}", low=low, high=high))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -2 {LINE_WIDTH} {LINE_HEIGHT + 4}" preserveAspectRatio='
        f'"none"><polyline points="{points}" fill="none" stroke="{LINE_COLOUR}" stroke-width="2" '
        f'vector-effect="non-scaling-stroke"/></svg>'
    )  # as a picture: in markup, Streamlit takes SVG away
    return f'<img alt="{label}" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
