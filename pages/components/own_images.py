"""Where a model is wrong, a person says what the picture is: a test set of one's own, and training images."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core import formatting
from core.datasets.source import DataSource
from core.importing.collection import Collection
from core.inference import own_images
from core.inference.own_images import OwnImage, OwnScore
from core.locale import _, ngettext, translate
from core.prepared import prepare
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import frame
from pages.components.collection_zip import zip_button
from pages.components.data_picker import link_to
from pages.components.image_grid import Cell, image_grid
from pages.components.markdown import escape_markdown
from pages.components.model_cache import confidence_version, predictor
from pages.components.page_list import DATA
from pages.components.run_picker import run_names

MAX_SHOWN = 60  # images
KEPT = "own_images_kept"  # in the session: how many times one was; each time the box closes
SAID = "own_images_said"  # in the session: what became of the last one, in words


def teach(
    lab: Lab, images: Mapping[DataSource, np.ndarray], key: str, original: tuple[bytes, str] | None = None
) -> None:
    """Let a person say what a picture is: (H, W, 1 or 3) uint8 as the models of each data set were shown it, and the
    file that it came in with its ending."""
    by_set = {source.base: image for source, image in images.items()}
    with st.popover(
        _("That is wrong: it is …"), icon=":material/edit:", key=f"teach-{key}-{st.session_state.get(KEPT, 0)}"
    ):
        for source, image in by_set.items():
            prepared = prepare.find(source, lab.workspace)
            if prepared is None:
                continue
            title = escape_markdown(translate(source.title))
            label = st.selectbox(
                _("Class in {title}", title=title), list(prepared.meta.classes), index=None, accept_new_options=True,
                placeholder=_("Choose a class, or type a new one"), key=f"teach-{key}-{source.key}",
            )  # fmt: skip
            pressed = st.button(
                _("Keep it"), type="primary", icon=":material/check:", key=f"teach-{key}-{source.key}-keep",
                disabled=label is None,
            )  # fmt: skip
            if pressed and label is not None:
                with frame.show_problems():
                    new = own_images.keep(image, label, source, lab.workspace, original)
                    st.session_state[SAID] = (
                        _("It is kept as {label:name}.", label=label) if new else _("This picture is there already.")
                    )
                    st.session_state[KEPT] = st.session_state.get(KEPT, 0) + 1
                    st.rerun()  # the whole page, which lists it
        st.caption(
            _(
                "It is kept as the model saw it, on the computer that runs Epochlab: models are scored on it, and the "
                "next version of the data set can learn from it."
            )
        )


def own_images_panel(lab: Lab, runs: Sequence[Run], *, pictures: bool = True) -> None:
    """Those of the data sets of these runs: how the runs do on them, and what can be made of them. Nothing where there
    are none."""
    if words := st.session_state.pop(SAID, None):
        st.toast(words, icon=":material/check:")
    sets = dict.fromkeys(DataSource.of(run.config.data).base for run in runs)
    found = {source: one for source in sets if (one := own_images.of_set(source, lab.workspace))}
    if not found:
        return
    count = sum(sum(one.counts.values()) for one in found.values())
    opened = st.expander(
        _("Your own images ({count:count})", count=count), icon=":material/school:", key="own-images-scores",
        on_change="rerun",
    )  # fmt: skip
    if not opened.open:
        return
    with opened:
        for source, collection in found.items():
            with frame.show_problems():
                images = cached_images(collection, state_of(collection))
                st.markdown(f"**{escape_markdown(collection.name)}**")
                for run in runs:
                    if DataSource.of(run.config.data).base == source:
                        show_score(lab, run, collection, images, run_names(runs)[run.id])
                if pictures:
                    show_images(images)
                    uses(lab, collection, images)


def show_score(lab: Lab, run: Run, collection: Collection, images: Sequence[OwnImage], name: str) -> None:
    if not (version := lab.files.checkpoint_version(run.id)):
        return
    version += confidence_version(lab, run)
    found = cached_score(lab, run, images, run.id, version, collection.name, state_of(collection))
    st.markdown(f"- {escape_markdown(name)}: {score_words(found)}")


def score_words(found: OwnScore) -> str:
    words = []
    if found.total:
        of_all = formatting.of(found.right, found.total)
        words.append(_("{right} of your own images right", right=of_all))
    if found.learned:
        words.append(
            ngettext(
                "{n:count} more is among its training images", "{n:count} more are among its training images",
                found.learned,
            )
        )  # fmt: skip
    if found.unknown:
        words.append(
            ngettext(
                "{n:count} is of a class that it does not know", "{n:count} are of classes that it does not know",
                found.unknown,
            )
        )  # fmt: skip
    return "; ".join(words)


def show_images(images: Sequence[OwnImage]) -> None:
    cells = [
        Cell(one.pixels, one.label, _("Your image of {label:name}", label=one.label), file=one.file.name)
        for one in images[-MAX_SHOWN:]
    ]
    image_grid(cells, 72, label=_("Your own images"), key="own-images-taught")
    if len(images) > MAX_SHOWN:
        st.caption(_("The newest {shown:count} of {total:count}.", shown=MAX_SHOWN, total=len(images)))


def uses(lab: Lab, collection: Collection, images: Sequence[OwnImage]) -> None:
    with st.container(horizontal=True):
        if st.button(
            _("Add to the training images"), icon=":material/add:", key=f"train-{collection.name}",
            help=_("They are put into the list of edits of the data set; a version that is saved from it has them."),
        ):  # fmt: skip
            with frame.show_problems():
                new = own_images.add_to_training(collection, images, lab.workspace)
                st.session_state[SAID] = ngettext(
                    "{n:count} image was added to the edits. Save them as a version on Data.",
                    "{n:count} images were added to the edits. Save them as a version on Data.",
                    new,
                )
                st.rerun()
        zip_button(collection)
        source = collection.corrects
        if source is not None:
            st.page_link(
                DATA.file, label=_("Edits of the data set"), icon=":material/edit_note:",
                query_params=link_to(source) | {"view": "edits"},
            )  # fmt: skip
    st.caption(_("To take one out again, choose {name:name} on Data, under your own images.", name=collection.name))


def state_of(collection: Collection) -> tuple[str, ...]:
    """Changes with its images; their files are called by their content."""
    return tuple(f"{label}/{file.name}" for label, files in collection.files.items() for file in files)


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_images(_collection: Collection, state: tuple[str, ...]) -> list[OwnImage]:
    return own_images.read(_collection)


@st.cache_data(max_entries=64, show_spinner=False)
def cached_score(
    _lab: Lab, _run: Run, _images: Sequence[OwnImage], run: str, version: str, name: str, state: tuple[str, ...]
) -> OwnScore:
    return own_images.score(predictor(_lab, _run), _images, _lab.workspace)
