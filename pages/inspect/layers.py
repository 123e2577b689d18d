"""What it has learned: the filters of its first layer, what every layer makes of an image, how its numbers are spread,
and the images that excite a unit most; the untrained network beside it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.charts.histograms import histogram_lines
from core.insight.image_names import image_number
from core.locale import _, ngettext, translate
from core.models.layers.spec import shape_text
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.store import Run
from core.sanitize import one_line
from pages.components import frame
from pages.components.chart import live_chart
from pages.components.image_grid import Cell, image_grid, one_picture
from pages.components.markdown import escape_markdown
from pages.components.model_cache import loading_text, predictor
from pages.inspect.inspected import Inspected, choose_one
from pages.inspect.one_image import choose_picture, images_of
from pages.inspect.steps import choose_step

if TYPE_CHECKING:
    from torch import nn

    from core.insight.walk import Excited, Layer
    from core.loading.input_spec import InputSpec

FILTER_PX, MAP_PX, IMAGE_PX = 44, 64, 84  # pixels of width of a filter, of a feature map, of an image
MOST_SEARCHED = 1000  # images of the split that are shown to the network for the strongest ones
STRONGEST = 12  # of these that are shown
MAX_FILTERS = 128  # of the first convolution that are shown
SEARCHES_KEPT = 16  # of all sessions
COLOURS = 3  # channels
ROW = 32  # numbers in a row of the picture of a layer that is flat

Networks = Mapping[str, "nn.Module"]  # title → network; the trained one first


@st.fragment
@frame.show_problems()
def layers_section(inspected: Inspected) -> None:
    inspected = choose_one(inspected)
    image = choose_picture(inspected)(inspected.run)
    if image is None:
        return
    model = predictor(inspected.lab, inspected.run, inspected.which)
    networks: dict[str, nn.Module] = {_("Trained"): model.model}
    if st.toggle(
        _("Untrained network beside it"), key="untrained", bind="query-params",
        help=_("The same network before its first step, from the same seed: what the run measured as epoch 0."),
    ):  # fmt: skip
        with frame.show_problems():
            networks[_("Untrained")] = before_training(
                inspected.lab, inspected.run, inspected.prepared_of(inspected.run)
            )
    from core.insight.walk import walk

    walks = {title: walk(network, image, model.spec) for title, network in networks.items()}
    filters(walks)
    st.markdown(_("**Layer by layer**"))
    (steps, *_rest) = walks.values()
    place = choose_step([layer.name for layer in steps])
    chosen = {title: layers[place] for title, layers in walks.items()}
    described(steps[place], place, len(steps))
    for title, layer in chosen.items():
        feature_maps(layer, title if len(chosen) > 1 else "")
    histograms(chosen)
    strongest(inspected, networks, steps[place], model.spec)


def before_training(lab: Lab, run: Run, prepared: Prepared) -> "nn.Module":
    with st.spinner(loading_text()):
        return cached_untrained(lab, run, prepared, run.id, prepared.meta.fingerprint)


@st.cache_resource(max_entries=8, show_spinner=False)
def cached_untrained(_lab: Lab, _run: Run, _prepared: Prepared, run: str, fingerprint: str) -> "nn.Module":
    import torch

    from core.runs.starting_weights import begun_with
    from core.training.data import open_data
    from core.training.untrained import untrained

    data = open_data(_run.config, _prepared, torch.device("cpu"))
    return untrained(_run.config, data, begun_with(_run, _lab.store, _lab.files))


def filters(walks: "Mapping[str, list[Layer]]") -> None:
    from core.insight.walk import as_pictures, first_filters

    found = {title: first_filters(layers) for title, layers in walks.items()}
    if all(one is None for one in found.values()):
        return
    st.markdown(_("**Filters of the first convolution**"))
    for title, one in found.items():
        if one is None:
            continue
        if len(found) > 1:
            st.caption(title)
        cells = [
            Cell(picture, "", _("Filter {number}", number=number))
            for number, picture in enumerate(as_pictures(one[:MAX_FILTERS], together=True))
        ]
        image_grid(cells, FILTER_PX, label=_("Filters of the first convolution"), key=f"filters-{title}")
    if any(one is not None and one.shape[1] == COLOURS for one in found.values()):
        st.caption(
            _(
                "What each window looks for, channel by channel: more red than in middle grey counts for it, less red "
                "against it; so do green and blue."
            )
        )
        return
    st.caption(_("What each window looks for. Light counts for it, dark against it, middle grey not at all."))


def described(layer: "Layer", place: int, total: int) -> None:
    """Name, shapes and how they follow."""
    st.markdown(
        _(
            "{place} of {total}: **{name}** ({kind}), from {before} to {after}",
            place=place + 1,
            total=total,
            name=escape_markdown(layer.name),
            kind=layer.kind,
            before=shape_text(layer.input),
            after=shape_text(layer.output),
        )
    )
    for formula in layer.formulas:
        words = _("{of}: {formula}", of=translate(formula.of), formula=formula.text)
        st.caption(escape_markdown(words))


def feature_maps(layer: "Layer", title: str) -> None:
    """What the layer makes of the image: a picture a channel, or all numbers in one."""
    from core.insight.walk import MAX_MAPS, as_pictures

    if title:
        st.caption(title)
    if layer.values.ndim != 3:
        flat = layer.values.ravel()
        padded = np.pad(flat, (0, -len(flat) % min(ROW, len(flat))), constant_values=flat.min())
        (picture,) = as_pictures(padded.reshape(1, 1, -1, min(ROW, len(flat))))
        words = _("{n:count} numbers, row by row: the lightest is {high:.3g}, the darkest {low:.3g}.",
                  n=len(flat), high=float(flat.max()), low=float(flat.min()))  # fmt: skip
        one_picture(Cell(picture, words, words), width=IMAGE_PX * 4, key=f"numbers-{title}")
        return
    pictures = as_pictures(layer.values[:MAX_MAPS, None])
    cells = [
        Cell(picture, str(number), _("Feature map {number} of {layer}", number=number, layer=layer.name))
        for number, picture in enumerate(pictures)
    ]
    image_grid(cells, MAP_PX, label=one_line(_("Feature maps of {layer}", layer=layer.name)), key=f"maps-{title}")
    maps = len(layer.values)
    shown = _("Each map is stretched from its smallest value (dark) to its largest (light).")
    if maps > MAX_MAPS:
        shown += " " + _("The first {some} of {all:count}.", some=MAX_MAPS, all=maps)
    st.caption(shown)


def histograms(chosen: "Mapping[str, Layer]") -> None:
    from core.insight.walk import histogram

    left, right = st.columns(2)
    outputs = {title: histogram(layer.values) for title, layer in chosen.items()}
    with left:
        st.markdown(_("**What it puts out for this image**"))
        alt = ", ".join(
            _("{title}: {zeros:share} are 0", title=title, zeros=one.zeros) for title, one in outputs.items()
        )
        live_chart(histogram_lines(outputs, _("value")), alt, key="activations")
        st.caption(alt)
    weights = {title: histogram(layer.weights) for title, layer in chosen.items() if layer.weights is not None}
    with right:
        st.markdown(_("**Its weights**"))
        if not weights:
            st.caption(_("This layer has no weights."))
            return
        (layer, *_rest) = (one for one in chosen.values() if one.weights is not None)
        assert layer.weights is not None
        words = _("Weights: {shape}", shape=shape_text(layer.weights.shape))
        live_chart(histogram_lines(weights, _("weight")), words, key="weights-histogram")
        st.caption(words)


def strongest(inspected: Inspected, networks: Networks, layer: "Layer", spec: "InputSpec") -> None:
    """The images that excite one unit of the layer most. Only once somebody opens it, as many images are looked at."""
    opened = st.expander(
        _("Images that excite a unit most"), icon=":material/local_fire_department:", key="excited", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        images = images_of(inspected)
        searched = images[:: -(-len(images) // MOST_SEARCHED)]
        unit = int(st.number_input(_("Unit"), 0, layer.output[0] - 1, 0, key=f"unit-{layer.name}", width=150))
        for title, network in networks.items():
            if len(networks) > 1:
                st.caption(title)
            version = inspected.version(inspected.run)
            bar = st.progress(0.0, text=_("Looking at the images"))
            found = searched_for(
                network, layer.name, inspected.prepared, searched, spec, bar,
                (inspected.run.id, inspected.which, version, inspected.split, layer.name, title),
            )  # fmt: skip
            bar.empty()
            classes, labels = inspected.prepared.meta.classes, inspected.prepared.labels
            cells = [
                Cell(
                    inspected.prepared.image(index),
                    f"{classes[labels[index]]}: {value:.3g}",
                    _(
                        "{image}, which is {true:name}",
                        image=image_number(inspected.prepared, index),
                        true=classes[labels[index]],
                    ),
                    file=inspected.prepared.file(index),
                )
                for index, value in found.most(unit, STRONGEST)
            ]
            image_grid(cells, IMAGE_PX, label=_("Images that excite a unit most"), key=f"strongest-{title}")
        some = ngettext("{n:count} image", "{n:count} images", len(searched))
        st.caption(
            _(
                "The strongest of {some}, of {all:count} in this split; below each its class and the unit's largest "
                "value anywhere on it.",
                some=some,
                all=len(images),
            )
        )


def searched_for(
    network: "nn.Module", layer: str, prepared: Prepared, indices: np.ndarray, spec: "InputSpec",
    bar: "st.delta_generator.DeltaGenerator", key: tuple[str, ...],
) -> "Excited":  # fmt: skip
    """Computed once: another unit of the same layer costs nothing."""
    from core.insight.walk import excited

    known = kept_searches()
    if key not in known:

        def progress(done: int, total: int) -> None:
            bar.progress(min(1.0, done / total), text=_("Looking at the images"))

        found = excited(network, layer, prepared, indices, spec, progress)
        while len(known) >= SEARCHES_KEPT:
            known.pop(next(iter(known)), None)
        known[key] = found
    return known[key]


@st.cache_resource(max_entries=1, show_spinner=False)
def kept_searches() -> "dict[tuple[str, ...], Excited]":
    return {}
