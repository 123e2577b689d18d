"""The images of a class, of an answer, or of both, in an order; one of them is opened. The link says which."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import streamlit as st

from core import formatting
from core.charts.bars import probability_bars
from core.insight.image_names import image_name, image_number
from core.insight.image_scores import ORDERS, ImageScores, Order
from core.insight.predictions import Predictions, probabilities
from core.locale import _, ngettext
from core.prepared.arrays import Prepared
from core.runs.confidence import kept_confidence
from core.sanitize import one_line
from pages.components.answered_image import answered_image
from pages.components.chart import live_chart
from pages.components.editing import forget_done
from pages.components.image_grid import Cell, image_buttons, one_picture
from pages.components.linked_select import linked_select, linked_selectbox
from pages.components.markdown import escape_markdown
from pages.components.model_cache import predictor
from pages.components.paging import page_of
from pages.components.scrolling import scroll_to
from pages.components.widget_values import say_not_offered
from pages.inspect.image_history import history_of, history_words
from pages.inspect.inspected import Inspected
from pages.inspect.mend import mend_image
from pages.inspect.near_images import nearest_images

TRUE, ANSWER, OPENED, PAGE = "true", "answer", "image", "image_page"  # in the link
OPENED_PANEL = "opened-image"  # the key of its container
IN_SIGHT = "opened_in_sight"  # in the session: the image that the page was scrolled to
LIST = "image-list"  # the key of the heading
FORGOTTEN = "forgotten"  # an order beside those of the scores
ANY = ""  # no class has this name
IMAGES_PER_PAGE = 50
MAX_BARS = 20  # classes in the bars of an opened image
PICTURE_WIDTH_PX = 200  # pixels


def look_at(true: str, answer: str) -> None:
    """Let the link ask for the images of a class, of an answer, or of both, and the page be scrolled to them."""
    for name, value in ((TRUE, true), (ANSWER, answer)):
        if value == ANY:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value
    first_page()
    scroll_to(f".st-key-{LIST}")


def first_page() -> None:
    close_image()
    st.session_state[PAGE] = 1


def chosen_class(name: str, classes: Sequence[str]) -> int | None:
    """The place of the class that the link asks for as the true one or as the answer."""
    asked = st.query_params.get(name, ANY)
    return list(classes).index(asked) if asked in classes else None


def image_list(inspected: Inspected, found: Predictions, scores: ImageScores) -> None:
    with st.container(key=LIST):
        st.markdown(_("**Images**"))
    classes = inspected.prepared.meta.classes
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = [ANY, *classes]
        true = linked_selectbox(_("True class"), options, TRUE, title=class_title, width=200, on_change=first_page)
        answer = linked_selectbox(_("Answer"), options, ANSWER, title=class_title, width=200, on_change=first_page)
        history = history_of(inspected, found)
        orders = [*ORDERS, FORGOTTEN] if history and len(history.epochs) > 1 else ORDERS
        order = linked_select(_("Order"), orders, "order", title=order_title, default="sure", on_change=first_page)
    fits = np.ones(len(scores.labels), bool)
    if true != ANY:
        fits &= scores.labels == classes.index(true)
    if answer != ANY:
        fits &= scores.predicted == classes.index(answer)
    if order == "sure" and (true or answer) and scores.right[fits].all():
        order = "loss"  # there is no mistake among them
    places = np.flatnonzero(fits)
    if order == FORGOTTEN and history:
        times = history.times_forgotten(scores.labels)[places]
        places = places[np.argsort(-times, kind="stable")][: int((times > 0).sum())]
    else:
        places = scores.ordered(cast(Order, order), places)
    if not len(places):
        words = _("There is no such image.")
        if order == FORGOTTEN:
            words = _("No image was forgotten: what was learned stayed so after every epoch.")
        elif not (true or answer):
            words = _("Every image is classified correctly.")
        st.info(words, icon=":material/image_search:")
        return
    opened = opened_place(inspected, found)
    if opened is not None:
        opened_image(inspected, found, scores, opened, places)
    answered_images(inspected, found, scores, places, opened, PAGE, "inspected-images", _("Images with their answers"))
    many = ngettext("{n:count} image.", "{n:count} images.", len(places))
    if order == "sure":  # of those that were asked for the mistakes alone
        many = ngettext("{n:count} mistake.", "{n:count} mistakes.", len(places))
    st.caption(
        _("{many} ✓ correct, ✗ incorrect; the share is how sure the model was. A click opens an image.", many=many)
    )


def answered_images(
    inspected: Inspected, found: Predictions, scores: ImageScores, places: np.ndarray, opened: int | None, page: str,
    key: str, label: str,
) -> None:  # fmt: skip
    """Those at some places of the part, some at a time, with their answers; a press opens one."""
    shown = page_of(places, IMAGES_PER_PAGE, page).shown
    cells = [
        answered_image(inspected.prepared, int(found.indices[i]), int(scores.predicted[i]), float(scores.confidence[i]))
        for i in shown
    ]
    indices = [int(found.indices[i]) for i in shown]
    now = None if opened is None else int(found.indices[opened])
    chosen = indices.index(now) if now in indices else None

    def pressed(place: int) -> None:
        open_image(indices[place])

    image_buttons(cells, chosen, key, pressed, width=84, label=label)


def class_title(name: str) -> str:
    return name or _("any")


def order_title(order: str) -> str:
    titles = {"loss": _("Highest loss"), "sure": _("Surest mistakes"), "close": _("Closest call"),
              FORGOTTEN: _("Most often forgotten")}  # fmt: skip
    return titles.get(order, order)


def open_image(index: int) -> None:
    st.query_params[OPENED] = str(index)
    forget_done()


def asked_image(prepared: Prepared) -> int | None:
    """The place in the data set of the image that the link asks for. What is no such place is taken out of the link,
    and said."""
    asked = st.query_params.get(OPENED, "")
    if asked.isdecimal() and int(asked[:12]) < prepared.meta.count:
        return int(asked[:12])
    if asked:
        say_not_offered(asked)
        close_image()
    return None


def opened_place(inspected: Inspected, found: Predictions) -> int | None:
    """The place of the image that the link asks for, if it is one of the part."""
    asked = asked_image(inspected.prepared)
    places = np.flatnonzero(found.indices == (-1 if asked is None else asked))
    return int(places[0]) if len(places) else None


def opened_image(
    inspected: Inspected, found: Predictions, scores: ImageScores, place: int, places: np.ndarray, heading: str = ""
) -> None:
    """One image: what the model saw of it, and every probability."""
    prepared, classes = inspected.prepared, inspected.prepared.meta.classes
    index = int(found.indices[place])
    true, answer = classes[scores.labels[place]], classes[scores.predicted[place]]
    with st.container(border=True, key=OPENED_PANEL):
        if heading:
            st.markdown(heading)
        beside = st.container(horizontal=True)
        with beside, st.container(width=PICTURE_WIDTH_PX):
            seen = predictor(inspected.lab, inspected.run).seen(prepared.image(index))
            height, width = seen.shape[:2]
            caption = _("What the model saw: {width} × {height} pixels", width=width, height=height)
            right = bool(scores.right[place])
            alt = _("{image}, which is {true:name}", image=image_number(prepared, index), true=true)
            one_picture(Cell(seen, caption, alt, right, prepared.file(index)), width=PICTURE_WIDTH_PX)
        with beside, st.container(width="stretch"):
            st.markdown(f"**{escape_markdown(image_name(prepared, index))}**")
            words = _(
                "It is {true:name}; the answer is {answer:name}, with {share:percent}. Loss {loss:loss}.",
                true=escape_markdown(true),
                answer=escape_markdown(answer),
                share=float(scores.confidence[place]),
                loss=float(scores.loss[place]),
            )
            st.markdown(words)
            logits = found.rows["logits"][place : place + 1]
            likely = probabilities(logits)[0]
            checkpoint = inspected.lab.files.checkpoint(inspected.run.id, inspected.which)
            if (temperature := kept_confidence(checkpoint).temperature) != 1:
                share = float(probabilities(logits, temperature).max())
                st.caption(
                    _(
                        "With the temperature of {value:.2f} that is switched on, Predict gives it {share:percent}.",
                        value=temperature,
                        share=share,
                    )
                )
            most = np.argsort(-likely, kind="stable")[:MAX_BARS]
            names, shares = [classes[i] for i in most], [float(likely[i]) for i in most]
            told = [f"{name} {formatting.percent(one, 1)}" for name, one in zip(names, shares, strict=True)]
            alt = _("Probabilities: {values}", values=", ".join(told))
            live_chart(probability_bars(names, shares), one_line(alt), key="opened-bars")
        if history := history_of(inspected, found):
            st.markdown(history_words(history, place, int(scores.labels[place])))
        nearest_images(inspected, place, index)
        mend_image(inspected, index, answer)
        walk(found, place, places)
    if st.session_state.get(IN_SIGHT) != index:  # it stands above the grid, of which a late row may be in sight
        st.session_state[IN_SIGHT] = index
        scroll_to(f".st-key-{OPENED_PANEL}")


def walk(found: Predictions, place: int, places: np.ndarray) -> None:
    """To the image before and after it in the order, and back to all of them."""
    here = np.flatnonzero(places == place)
    at = int(here[0]) if len(here) else None
    with st.container(horizontal=True):
        for words, icon, step in ((_("Previous"), "arrow_back", -1), (_("Next"), "arrow_forward", 1)):
            there = None if at is None else at + step
            able = there is not None and 0 <= there < len(places)
            target = int(found.indices[places[there]]) if able and there is not None else 0
            st.button(words, icon=f":material/{icon}:", disabled=not able, key=f"walk{step}", on_click=open_image,
                      args=(target,))  # fmt: skip
        st.button(_("Close"), icon=":material/close:", key="close-image", on_click=close_image)


def close_image() -> None:
    st.query_params.pop(OPENED, None)
    st.session_state.pop(IN_SIGHT, None)
