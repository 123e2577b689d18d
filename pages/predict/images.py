"""Images of the data set, a page at once, with the true class and each model's answer."""

from collections.abc import Sequence

import streamlit as st

from core import formatting
from core.datasets.source import DataSource
from core.insight.answers import changed, right, wrong_places
from core.insight.image_names import split_title
from core.loading.split import Parts, by_name, parts
from core.locale import _
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.runs.lab import Lab
from core.runs.naming import data_title
from core.runs.store import Run
from pages.components import frame
from pages.components.answered_image import answered_image
from pages.components.image_grid import image_grid
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown
from pages.components.model_cache import predict_images, predictor
from pages.components.paging import page_of
from pages.components.run_picker import run_names

IMAGES_PER_PAGE = 50


@st.fragment
@frame.show_problems()
def data_set_tab(lab: Lab, runs: Sequence[Run]) -> None:
    source = DataSource.of(runs[0].config.data)
    prepared = prepare.require(source, lab.workspace)
    fitting = [run for run in runs if DataSource.of(run.config.data) == source]
    if len(fitting) < len(runs):
        data = escape_markdown(data_title(runs[0].config))
        st.caption(_("Only models of {data:name} answer here, as the first one chosen.", data=data))
    same = [run for run in fitting if predictor(lab, run).meta.fingerprint == prepared.meta.fingerprint]
    for run in fitting:
        if run not in same:  # its classes may be others than those of the images now
            st.warning(escape_markdown(str(changed(prepared.meta.title, run.name))), icon=":material/sync_problem:")
    if same:
        answered_images(lab, same, prepared)


def answered_images(lab: Lab, runs: Sequence[Run], prepared: Prepared) -> None:
    """Images of a data set with the answers of runs that were trained on it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        images = by_name(prepared, division(runs[0], prepared))
        split = linked_select(
            _("Images of"), list(images), "answer_split", title=split_title, on_change=go_to_first_page
        )
        only_wrong = st.toggle(_("Only wrong ones"), key="wrong", bind="query-params", on_change=go_to_first_page)
    indices = images[split]
    if len({divided_by(run) for run in runs}) > 1:
        st.caption(_("The parts are those of {run}; others divide the images in another way.",
                     run=escape_markdown(runs[0].name)))  # fmt: skip
    if only_wrong:
        said = [predict_images(lab, run, prepared, indices.tolist()) for run in runs]
        indices = indices[wrong_places(said, prepared.labels[indices])]
    if not len(indices):
        st.success(_("Every image is classified correctly."), icon=":material/check_circle:")
        return
    shown, page, _pages = page_of(indices, IMAGES_PER_PAGE, "answer_page")
    names = run_names(runs)
    for column, run in zip(st.columns(len(runs)), runs, strict=True):
        with column:
            given = predict_images(lab, run, prepared, shown.tolist())
            good = int(right(given, prepared.labels[shown]).sum())
            name = escape_markdown(names[run.id])
            if only_wrong and len(runs) == 1:
                st.markdown(f"**{name}**")
            else:
                of_all = formatting.of(good, len(shown))
                st.markdown(_("**{run}**: {correct} here are classified correctly", run=name, correct=of_all))
            cells = [
                answered_image(prepared, int(index), int(one.argmax()), float(one.max()))
                for index, one in zip(shown, given, strict=True)
            ]
            label = _("Images with the answers of {run:name}", run=names[run.id])
            image_grid(cells, width=96, label=label)
    first = (page - 1) * IMAGES_PER_PAGE + 1
    last = formatting.of(first + len(shown) - 1, len(indices))
    if only_wrong:
        place = _("{first:count} to {last} wrong ones.", first=first, last=last)
    else:
        place = _("{first:count} to {last} images.", first=first, last=last)
    st.caption(_("{place} ✓ correct, ✗ incorrect; the share is how sure the model was.", place=place))


def divided_by(run: Run) -> tuple[float, int | None, int]:
    """The settings that decide which images a run learns from and is measured on."""
    return run.config.data.validation, run.config.data.limit, run.config.training.seed


def division(run: Run, prepared: Prepared) -> Parts:
    return parts(prepared, *divided_by(run))


def go_to_first_page() -> None:
    st.session_state["answer_page"] = 1
