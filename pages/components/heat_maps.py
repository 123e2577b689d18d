"""What models look at on one image: a map of each, over the image, for a class of the reader's choice."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_origin

import numpy as np
import streamlit as st
from pydantic.fields import FieldInfo

from core.charts.heat_map import AGAINST, FOR, overlay
from core.errors import Problem
from core.insight.attribution import ATTRIBUTIONS, MethodSettings
from core.locale import _, translate
from core.runs.lab import Lab
from core.runs.store import Run
from core.sanitize import one_line
from core.settings.fields import bounds, choices, hints
from pages.components import frame
from pages.components.image_grid import Cell, one_picture
from pages.components.linked_select import linked_select, linked_selectbox
from pages.components.markdown import escape_markdown
from pages.components.model_cache import predictor
from pages.components.run_picker import run_names
from pages.components.spec_words import hint, option_title, title

if TYPE_CHECKING:
    from core.insight.explanation import Explanation, SanityCheck

LIKELIEST = ""  # no class has this name
PICTURE_WIDTH_PX, SMALL_WIDTH_PX = 224, 144  # pixels of width; small where two models stand side by side
MAPS_KEPT = 64  # of all sessions, so that the slider and the way back cost nothing


@dataclass(frozen=True)
class Looked:
    """One run, the image (H, W, 1 or 3) uint8 that it is given, and which of its weights."""

    run: Run
    image: np.ndarray
    which: str = "last"


def heat_maps(lab: Lab, looked: Sequence[Looked], key: str) -> None:
    """Controls, and the map of each model; all models get the same image. At least one."""
    classes = list(dict.fromkeys(name for one in looked for name in predictor(lab, one.run, one.which).classes))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = ATTRIBUTIONS[linked_select(_("Method"), list(ATTRIBUTIONS.entries), "method", title=method_title)]
        target = linked_selectbox(_("Class"), [LIKELIEST, *classes], "of_class", title=class_title, width=220)
        with st.popover(_("Settings"), icon=":material/tune:"):
            settings = settings_form(method.settings, key)
            strength = st.slider(_("Colour of the map"), 0, 100, 70, key=f"{key}-strength", format="%d %%", width=260)
    with st.container(horizontal=True, vertical_alignment="center"):
        random = st.toggle(_("Random weights beside it"), key="random_weights", bind="query-params")
        legend(signed(settings))
    names = run_names([one.run for one in looked])
    width = PICTURE_WIDTH_PX if len(looked) == 1 else SMALL_WIDTH_PX
    for start in range(0, len(looked), 2):
        row = looked[start : start + 2]
        for column, one in zip(st.columns(len(row)), row, strict=True):
            with column, st.container(border=True), frame.show_problems():
                st.markdown(f"**{escape_markdown(names[one.run.id])}**")
                one_map(lab, one, settings, target, strength / 100, random, width)
    st.caption(f"{translate(method.about)} {translate(method.limits)}")


def method_title(name: str) -> str:
    return translate(ATTRIBUTIONS[name].title) if name in ATTRIBUTIONS.entries else name


def class_title(name: str) -> str:
    return name or _("the likeliest")


def settings_form(kind: type[MethodSettings], key: str) -> MethodSettings:
    """A control for each setting of a method that is a choice or a number."""
    values: dict[str, Any] = {}
    for name, info in kind.model_fields.items():
        if name == "name" or info.annotation is str:
            continue
        control = f"{key}-{kind.model_fields['name'].default}-{name}"
        if get_origin(info.annotation) is Literal:
            words = partial(option_title, info)
            values[name] = linked_select(title(info), choices(info), control, title=words, help=hint(info))
        else:
            values[name] = number(info, control)
    return kind(**values)


def number(info: FieldInfo, key: str) -> float:
    low, high = bounds(info)
    kind = int if info.annotation is int else float
    step = kind(hints(info)["step"] or 1)
    typed: float = st.number_input(
        title(info), None if low is None else kind(low), None if high is None else kind(high), kind(info.default), step,
        key=key, help=hint(info),
    )  # fmt: skip
    return typed


def signed(settings: MethodSettings) -> bool:
    """Whether a map can say what speaks against the class."""
    return settings.name != "smoothgrad" and getattr(settings, "shown", "both") == "both"


def legend(both: bool) -> None:
    """What the colours mean, in words."""

    def swatch(colour: tuple[int, int, int]) -> str:
        return f'<span aria-hidden="true" style="display: inline-block; width: 0.9em; height: 0.9em; ' \
               f'border-radius: 2px; background: rgb{colour}; vertical-align: -0.1em"></span>'  # fmt: skip

    parts = [f"{swatch(FOR)} {_('speaks for the class')}"]
    if both:
        parts.append(f"{swatch(AGAINST)} {_('speaks against it')}")
    st.html(f'<p style="font-size: 0.9rem; margin: 0">{" &emsp; ".join(parts)}</p>')


def one_map(
    lab: Lab, looked: Looked, settings: MethodSettings, target: str, strength: float, random: bool, width: int
) -> None:  # fmt: skip
    """The map of one model with what it answers and, beside it, that of random weights."""
    model = predictor(lab, looked.run, looked.which)
    if target and target not in model.classes:
        raise Problem("{name:name} does not know the class {target:name}.", name=looked.run.name, target=target)
    chosen = model.classes.index(target) if target else None
    found = cached_map(lab, looked, settings, chosen)
    shares = model.predict([looked.image])[0]
    explained = model.classes[found.target]
    answer, sure = escape_markdown(model.classes[found.predicted]), float(shares[found.predicted])
    words = [_("The answer is {answer:name}, with {sure:percent}.", answer=answer, sure=sure)]
    if found.target != found.predicted:
        share = float(shares[found.target])
        words.append(_("Shown is {name:name} ({share:percent}).", name=escape_markdown(explained), share=share))
    st.markdown(" ".join(words))
    with st.container(horizontal=True):
        key = f"{looked.run.id}-{looked.which}"
        picture(found.seen, _("What the model saw"), _("The image as the model saw it"), width, f"seen-{key}")
        draw(found, strength, _("What speaks for {name}", name=explained), width, f"map-{key}")
        if random:
            check = cached_check(lab, looked, settings, found)
            draw(check.random, strength, _("With random weights"), width, f"random-{key}")
    if found.words:
        st.caption(escape_markdown(found.words))
    if random:
        st.markdown(escape_markdown(check.words))


def draw(found: "Explanation", strength: float, caption: str, width: int, key: str) -> None:
    covered = overlay(found.seen, found.values, strength)
    picture(covered, caption, f"{caption}. {where_in_words(found.values)}", width, key)


def picture(image: np.ndarray, caption: str, alt: str, width: int, key: str) -> None:
    with st.container(width=width):
        one_picture(Cell(image, caption, one_line(alt)), width=width, key=key)


def where_in_words(values: np.ndarray) -> str:
    """Where the map is strongest, for those who cannot see it: which ninth of the image has how much of it."""
    total = float(np.abs(values).sum())
    if not total:
        return _("The map is empty.")
    rows, columns = (np.array_split(np.arange(side), 3) for side in values.shape)
    strengths = np.abs(values)
    ninths = [
        (float(strengths[np.ix_(here, there)].sum()), i, j)
        for i, here in enumerate(rows)
        for j, there in enumerate(columns)
    ]
    share, row, column = max(ninths)
    places = (
        (_("top left"), _("top"), _("top right")),
        (_("left"), _("middle"), _("right")),
        (_("bottom left"), _("bottom"), _("bottom right")),
    )
    return _(
        "It is strongest at the {place}: {share:share} of all of it.", place=places[row][column], share=share / total
    )


@st.cache_resource(max_entries=1, show_spinner=False)
def kept_maps() -> "dict[str, Any]":
    """The maps that were computed last, by all that they depend on."""
    return {}


def kept(key: str, compute: Any) -> Any:
    maps = kept_maps()
    if key not in maps:
        found = compute()
        while len(maps) >= MAPS_KEPT:
            maps.pop(next(iter(maps)), None)
        maps[key] = found
    return maps[key]


def key_of(lab: Lab, looked: Looked, *more: object) -> str:
    version = lab.files.checkpoint_version(looked.run.id, looked.which)
    pixels = hashlib.blake2b(np.ascontiguousarray(looked.image).tobytes(), digest_size=16).hexdigest()
    return repr((str(lab.workspace.home), looked.run.id, version, looked.image.shape, pixels, *more))


def cached_map(lab: Lab, looked: Looked, settings: MethodSettings, target: int | None) -> "Explanation":
    def compute() -> "Explanation":
        from core.insight.explanation import explain

        model = predictor(lab, looked.run, looked.which)
        with Progress() as progress:
            return explain(model.model, looked.image, model.spec, settings, target, progress)

    found: Explanation = kept(key_of(lab, looked, settings, target), compute)
    return found


def cached_check(lab: Lab, looked: Looked, settings: MethodSettings, found: "Explanation") -> "SanityCheck":
    def compute() -> "SanityCheck":
        from core.insight.explanation import sanity_check

        model = predictor(lab, looked.run, looked.which)
        with Progress() as progress:
            return sanity_check(model.model, looked.image, model.spec, settings, found, observe=progress)

    check: SanityCheck = kept(key_of(lab, looked, settings, found.target, "random"), compute)
    return check


class Progress:
    """A bar for as long as a map is computed. Where a reader has turned to something else meanwhile, Streamlit ends the
    computation here."""

    def __enter__(self) -> "Progress":
        self.bar = st.progress(0.0, text=_("Looking at the image"))
        return self

    def __call__(self, done: int, total: int) -> None:
        self.bar.progress(min(1.0, done / total), text=_("Looking at the image: {share:share}", share=done / total))

    def __exit__(self, *_error: object) -> None:
        self.bar.empty()
