"""Whether a model's confidence can be believed: reliability, temperature, and a threshold for "none of these"."""

from functools import partial

import streamlit as st

from core import formatting
from core.charts.calibration import coverage_chart, reliability_chart
from core.insight.calibration import (
    Reliability,
    Temperature,
    above,
    coverage_curve,
    fit_temperature,
    reliability,
)
from core.insight.image_scores import ImageScores
from core.insight.predictions import Predictions
from core.locale import _
from core.runs.confidence import Confidence, keep_confidence, kept_confidence
from pages.components import frame
from pages.components.chart import live_chart
from pages.components.page_list import PREDICT
from pages.components.scrolling import follow
from pages.inspect.doubts import show_data_doubts
from pages.inspect.inspected import LAST, Inspected, choose_one, splits_of
from pages.inspect.kept_answers import answers_or_controls, scores_of
from pages.inspect.robustness import robustness_part
from pages.inspect.sure_images import NONE, choose_bar, look_at_bar, sure_images

VALIDATION = "val"


def belief_section(inspected: Inspected) -> None:
    one = choose_one(inspected)
    found = answers_or_controls(one, one.runs)
    if found:
        show_data_doubts(one, found)
        belief_view(one, found[one.run.id])


@st.fragment
@frame.show_problems()
def belief_view(inspected: Inspected, found: Predictions) -> None:
    checkpoint = inspected.lab.files.checkpoint(inspected.run.id, inspected.which)
    now = kept_confidence(checkpoint)
    plain = scores_of(inspected, inspected.run, found, inspected.split)
    left, right = st.columns(2, gap="large")
    bar = NONE
    with left, frame.show_problems():
        st.markdown(_("**Is it as often right as it is sure?**"))
        fitted = validation_temperature(inspected)
        value = fitted.value if fitted else now.temperature
        after = scores_of(inspected, inspected.run, found, inspected.split, value) if value != 1 else None
        draw_reliability(plain, after)
        bar = choose_bar(plain)
        temperature_switch(inspected, fitted, now)
    with right, frame.show_problems():
        st.markdown(_("**What if it may say “none of these”?**"))
        used = scores_of(inspected, inspected.run, found, inspected.split, now.temperature)
        threshold_slider(inspected, used, now)
    sure_images(inspected, found, plain, bar)
    robustness_part(inspected)
    follow()


def draw_reliability(plain: ImageScores, after: ImageScores | None) -> None:
    found = reliability(plain.confidence, plain.right)
    if found is None:
        st.info(_("The answers are no numbers: the weights have become too large."), icon=":material/error:")
        return
    then = None if after is None else reliability(after.confidence, after.right)
    filled = [place for place, one in enumerate(found.bins) if one.count]
    live_chart(reliability_chart(found, then), error_words(found).replace("*", ""), key="reliability",
               on_click=partial(look_at_bar, filled))  # fmt: skip
    st.markdown(error_words(found))
    if after is not None and then:
        low, high = then.interval
        st.markdown(
            _(
                "With the temperature **{error:percent}** (95 % interval {low:percent} to {high:percent}); the loss on "
                "these images goes from {before:loss} to {after:loss}.",
                error=then.error,
                low=low,
                high=high,
                before=float(plain.loss.mean()),
                after=float(after.loss.mean()),
            )
        )
        if after.loss.mean() > plain.loss.mean():
            st.warning(
                _(
                    "On these images the temperature makes the probabilities worse: what fits the validation images "
                    "best does not fit these. There are too few of those, or they are of another kind."
                ),
                icon=":material/warning:",
            )
    st.caption(
        _(
            "A bar below the dashed line: answers that sure are less often right, so the model is too sure. The error "
            "is the mean distance between the two, over all images. The number at a bar counts its images, and a "
            "click shows them."
        )
    )


def error_words(found: Reliability) -> str:
    low, high = found.interval
    return _(
        "Expected calibration error **{error:percent}** (95 % interval {low:percent} to {high:percent}).",
        error=found.error,
        low=low,
        high=high,
    )


def validation_temperature(inspected: Inspected) -> Temperature | None:
    """Fitted to validation images, whichever are looked at; where their answers are still to be worked out, the button
    for it."""
    if VALIDATION not in splits_of(inspected.run, inspected.prepared_of(inspected.run)):
        st.caption(
            _(
                "A temperature is fitted to validation images, and this run holds none out. Train with a share of the "
                "training images for validation to get one."
            )
        )
        return None
    found = answers_or_controls(inspected, inspected.runs, VALIDATION)
    if not found:
        st.caption(_("A temperature is fitted to the validation images: for it, the model has to answer these, too."))
        return None
    fitted = cached_temperature(
        found[inspected.run.id],
        str(inspected.lab.workspace.home),
        inspected.run.id,
        inspected.which,
        inspected.version(inspected.run),
    )
    if fitted is None:
        st.caption(
            _("No temperature fits: every validation image is classified correctly, or none better than chance.")
        )
    return fitted


@st.cache_resource(max_entries=32, show_spinner=False)
def cached_temperature(_found: Predictions, home: str, run: str, which: str, version: str) -> Temperature | None:
    return fit_temperature(_found)


def temperature_switch(inspected: Inspected, fitted: Temperature | None, now: Confidence) -> None:
    """Let Predict divide the logits by the temperature, or not."""
    if fitted is None and now.temperature == 1:
        return
    checkpoint = inspected.lab.files.checkpoint(inspected.run.id, inspected.which)
    if fitted:
        if inspected.split == VALIDATION:
            st.caption(_("It was fitted to these very images: other ones say how good it is."))
        st.markdown(
            _(
                "On the validation images a temperature of **{value:.2f}** fits best: the loss there goes from "
                "{before:loss} to {after:loss}. The likeliest class stays the same.",
                value=fitted.value,
                before=fitted.loss_before,
                after=fitted.loss_after,
            )
        )
    key = f"temperature-{inspected.run.id}-{inspected.which}-{now.temperature}"

    def switched() -> None:
        on = st.session_state[key]
        keep_confidence(checkpoint, temperature=fitted.value if on and fitted else 1.0)

    st.toggle(
        _("Use this temperature"),
        value=now.temperature != 1,
        key=key,
        on_change=switched,
        help=_(
            "Kept with the run, for these weights alone. Predict, the command line and the code beside an export "
            "answer with it."
        ),
    )
    if inspected.which != LAST:
        st.caption(_("Predict answers with the weights of the last epoch; this is kept for those of the best one."))


def threshold_slider(inspected: Inspected, scores: ImageScores, now: Confidence) -> None:
    """A threshold of probability, what it leaves, and a switch that lets Predict obey it."""
    curve = coverage_curve(scores.confidence, scores.right)
    key = f"threshold-{inspected.run.id}-{inspected.which}"
    percent = st.slider(
        _("An answer counts from this probability on"), 0, 100, round(100 * now.threshold), key=key, format="%d %%"
    )
    threshold = percent / 100
    left = above(threshold, scores.confidence, scores.right)
    at = (left.answered / left.total, left.correct / left.answered) if left.answered else None
    words = _(
        "Answered: {answered}. Right among these answers: {accuracy}.",
        answered=formatting.of(left.answered, left.total),
        accuracy=formatting.percent(left.correct / left.answered if left.answered else None),
    )
    live_chart(coverage_chart(curve, threshold, at), words, key="coverage")
    st.markdown(words)
    checkpoint = inspected.lab.files.checkpoint(inspected.run.id, inspected.which)
    with st.container(horizontal=True, vertical_alignment="center"):
        if threshold != now.threshold:
            st.button(
                _("Let Predict say “none of these” below it") if threshold else _("Let Predict always answer"),
                icon=":material/check:",
                key="keep-threshold",
                on_click=keep_confidence,
                args=(checkpoint,),
                kwargs={"threshold": threshold},
            )
        elif now.threshold:
            st.markdown(_("Predict says “none of these” below {least:percent}.", least=now.threshold))
        st.page_link(PREDICT.file, label=_("Predict"), icon=PREDICT.icon, query_params={"run": inspected.run.id})
    st.caption(_("The probability of an answer tells least about pictures unlike any that the model was trained on."))
