"""A batch as the model will see it: resized, changed at random, brought to its scale; the originals beside."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.datasets.source import DataSource
from core.insight.image_names import image_number
from core.loading.augmentations import in_use
from core.loading.settings import DataConfig
from core.locale import _, translate
from core.prepared.arrays import Meta, Prepared
from core.recipes import RECIPES
from core.run_config import RunConfig
from core.runs.lab import Lab
from pages.components.image_grid import Cell, image_grid
from pages.components.linked_select import linked_selectbox
from pages.components.model_cache import loading_text
from pages.components.spec_words import option_title

PLAIN, LAST = "plain", "last"  # settings to choose beside the recipes
COUNT = 16


def batch_tab(prepared: Prepared, lab: Lab) -> None:
    """Choose settings, draw a batch, and show it with its numbers."""
    meta = prepared.meta
    options = settings_choices(meta, lab)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = linked_selectbox(_("Settings"), list(options), "batch_settings", title=settings_title, width=320)
        epoch = st.number_input(
            _("Epoch"),
            1,
            1000,
            key="batch_epoch",
            width=140,
            help=_("Every epoch brings the images in another order and changed in another way."),
        )
    config = options[chosen]
    with st.spinner(loading_text()):
        from core.training.data import preview

        batch = preview(config, prepared, COUNT, int(epoch))
    st.markdown(f"**{settings_text(config)}**")
    low, high, mean, std = (
        signed_number(f()) for f in (batch.inputs.min, batch.inputs.max, batch.inputs.mean, batch.inputs.std)
    )
    with st.container(horizontal=True, gap="medium", key="numbers-batch"):
        shape = " × ".join(str(n) for n in batch.inputs.shape)
        order = _("Images × channels × height × width, the order in which PyTorch keeps a batch.")
        st.metric(_("Shape"), shape, width="content", help=order)
        st.metric(_("Values"), _("{low} to {high}", low=low, high=high), width="content")
        st.metric(_("Mean"), mean, width="content")
        st.metric(_("Spread (std)"), std, width="content")
    names = [meta.classes[label] for label in batch.labels]
    mixed = names if batch.shares is None else [shares_text(shares, meta.classes) for shares in batch.shares]
    seen, original = st.columns(2)
    with seen:
        st.markdown(_("**What the model gets**, its scale undone for the eye"))
        cells = [
            Cell(image, name, _("{name}, as the model sees it", name=name))
            for image, name in zip(batch.shown, mixed, strict=True)
        ]
        image_grid(cells, columns=4, label=_("The batch as the model sees it"))
    with original:
        st.markdown(_("**The originals**"))
        pairs = zip(batch.indices, names, strict=True)
        cells = [
            Cell(
                prepared.image(int(index)),
                name,
                _("{name}, the original: {image}", name=name, image=image_number(prepared, int(index))),
                file=prepared.file(int(index)),
            )
            for index, name in pairs
        ]
        image_grid(cells, columns=4, label=_("The same images as they are in the data set"))


def shares_text(shares: np.ndarray, classes: Sequence[str]) -> str:
    """`3 70 %, 8 30 %`: what an image that is mixed of two has of each class."""
    found = [int(place) for place in np.argsort(-shares, kind="stable") if shares[place] > 0]
    return ", ".join(_("{name} {share:share}", name=classes[place], share=float(shares[place])) for place in found)


def signed_number(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def settings_title(name: str) -> str:
    titles = {PLAIN: _("As they are"), LAST: _("Settings last used")}
    return titles.get(name) or next((translate(recipe.title) for recipe in RECIPES if recipe.name == name), name)


def settings_choices(meta: Meta, lab: Lab) -> dict[str, RunConfig]:
    """Settings that can be tried on this data set: those last used, the recipes that fit, and none at all."""
    source = DataSource.of(meta)
    here = source.settings
    plain = RunConfig().replace(here)
    fitting = {r.name: r.config.replace(here) for r in RECIPES if r.config.data.name == meta.name}
    used = [r for r in lab.runs(limit=50) if DataSource.of(r.config.data) == source]
    last = {LAST: used[0].config} if used else {}
    return last | fitting | {PLAIN: plain}


def settings_text(config: RunConfig) -> str:
    """`Mean 0, spread 1 (of this data set); mirror, shift up to 0.07`."""
    scale = DataConfig.model_fields["normalize"]
    parts = [option_title(scale, config.data.normalize)]
    parts += [_(entry.in_words, **config.augment.model_dump()) for entry in in_use(config.augment)]
    return "; ".join([parts[0], ", ".join(parts[1:]) or _("nothing changed at random")])
