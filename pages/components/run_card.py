"""How a run looks in a line or a box, the same on every page that lists runs."""

import streamlit as st

from core import formatting
from core.errors import Problem
from core.locale import _, ngettext, translate
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS, data_title, model_title
from core.runs.setting_words import field_of
from core.runs.store import UNREADABLE, Run
from core.runs.time_spent import time_spent
from core.sanitize import one_line
from core.training.verdict import Measured
from pages.components import frame, spec_words
from pages.components.markdown import badge, escape_markdown, small
from pages.components.page_list import TRAIN
from pages.components.score_notes import with_known_doubts

# State → (icon, colour): never distinguished by colour alone.
STATE_BADGES: dict[str, tuple[str, str]] = {
    "queued": (":material/hourglass_empty:", "gray"),
    "running": (":material/play_circle:", "blue"),
    "paused": (":material/pause_circle:", "orange"),
    "interrupted": (":material/power_off:", "orange"),
    "finished": (":material/check_circle:", "green"),
    "failed": (":material/error:", "red"),
    "cancelled": (":material/cancel:", "gray"),
}
AGAIN_ICON = ":material/tune:"  # of the way to a run with the same settings but for one
STATE_SYMBOLS = {
    "queued": "◌", "running": "▶", "paused": "❚❚", "interrupted": "⚡",
    "finished": "✓", "failed": "✕", "cancelled": "○",
}  # fmt: skip
GUESSES_SYMBOL = "?"  # of a finished run whose score guessing may give, too


def badges(run: Run) -> str:
    """The run's state with its sign, and its tags, as Markdown. A request that it has not followed yet is shown."""
    icon, colour = STATE_BADGES[run.state]
    words = state_text(run)
    if run.state == "running" and run.requested_action:
        words = {"pause": _("pausing …"), "cancel": _("stopping …")}.get(run.requested_action, words)
    if guesses(run):  # it has ended, and is no success
        icon, colour = ":material/casino:", "orange"
    tags = [badge(escape_markdown(tag), ":material/sell:", "gray") for tag in run.tags]
    return " ".join([badge(words, icon, colour), *tags])


def state_text(run: Run) -> str:
    """The run's state in words; of one that has learned nothing that, too."""
    state = formatting.state(run.state)
    return _("{state}, no better than guessing", state=state) if guesses(run) else state


def guesses(run: Run) -> bool:
    """Whether the run has ended with a score that guessing may give, too."""
    return run.state == "finished" and bool(run.summary) and Measured.of_summary(run.summary or {}).guesses


def subtitle(run: Run, lab: Lab) -> str:
    """What was trained on what, when, and on which computer where several share the runs."""
    made = _("{model} on {data}", model=model_title(run.config), data=data_title(run.config))
    if run.state == "queued":
        return _("{made} · queued {ago}", made=escape_markdown(made), ago=formatting.ago(run.queued))
    if run.started is None:  # it was loaded from a file, or taken out of the queue
        words = _("{made} · added {ago}", made=escape_markdown(made), ago=formatting.ago(run.created))
    else:
        words = _("{made} · started {ago}", made=escape_markdown(made), ago=formatting.ago(run.started))
    if lab.store.shared and run.computer:
        return _("{words} on {computer}", words=words, computer=escape_markdown(run.computer))
    return words


def option_label(run: Run) -> str:
    """A run in a select box."""
    score = test_accuracy(run)
    shown_score = f" · {formatting.percent(score)}" if score is not None else ""
    name = f"{GUESSES_SYMBOL if guesses(run) else STATE_SYMBOLS[run.state]} {one_line(run.name, MAX_NAME_CHARS)}"
    return f"{name}{shown_score} · {state_text(run)} · {formatting.moment(run.created)}"


def test_accuracy(run: Run) -> float | None:
    """The test accuracy of a run that ended, else None."""
    value = (run.summary or {}).get("test_accuracy")
    return None if value is None else float(value)


def score_text(run: Run) -> str:
    """The result of a finished run in a line."""
    scores = run.summary or {}
    return _(
        "Test accuracy **{accuracy:percent}** ({correct}) in {time}",
        accuracy=scores.get("test_accuracy"),
        correct=formatting.of(scores.get("test_correct"), scores.get("test_total")),
        time=time_spent(run),
    )


def progress_text(run: Run) -> str:
    """What the worker is doing: `Epoch 3 of 30 · about 12 s left`."""
    stage = translate(run.stage) if run.stage else _("starting")
    words = [stage[:1].upper() + stage[1:]]
    if 0.02 < run.progress < 1 and run.seconds > 1:
        left = run.seconds * (1 - run.progress) / run.progress
        words.append(_("about {left:duration} left", left=left))
    return " · ".join(words)


def stopped_text(run: Run) -> str:
    """How far a run got that does not train now: `Stopped in epoch 3 of 30, after 8 % of the training`."""
    epochs = run.config.training.epochs
    now = min(int(run.progress * epochs) + 1, epochs)
    return _(
        "Stopped in epoch {now} of {epochs}, after {share:share} of the training",
        now=now,
        epochs=epochs,
        share=run.progress,
    )


def progress_bar(run: Run, more: str = "") -> None:
    """How far an unfinished run has got, where it has begun, with what it does or waits for."""
    if run.state == "running":
        st.progress(run.progress, text=progress_text(run) + more)
    elif run.resumable and run.progress:
        st.progress(min(run.progress, 1.0), text=stopped_text(run))


def outcome_text(run: Run) -> str:
    """The reason why it ended, with the names that settings have on the form."""
    if run.outcome is None:
        return escape_markdown(run.message)

    def title(name: str) -> str:
        info = field_of(name, [run.config])
        return spec_words.title(info) if info else name

    return escape_markdown(Problem.from_dict(run.outcome).words(title))


def queue_text(run: Run, lab: Lab) -> str:
    """The place of a waiting run in the queue, and what it waits for."""
    if words := lab.waits_for(run):
        return escape_markdown(words)
    queue = [entry.id for entry in lab.store.queue()]
    place = queue.index(run.id) + 1 if run.id in queue else 1
    busy = [entry.name for entry in lab.store.all(["running"])]
    if len(busy) > 1:
        return ngettext(
            "Number {place} in the queue; waits until {n:count} run is done.",
            "Number {place} in the queue; waits until one of {n:count} runs is done.",
            len(busy),
            place=place,
        )
    if busy:
        if len(queue) > 1:
            return _(
                "Number {place} in the queue; waits until {run:name} is done.",
                place=place,
                run=escape_markdown(busy[0]),
            )
        return _("Next in the queue; waits until {run:name} is done.", run=escape_markdown(busy[0]))
    # A worker that has PyTorch takes a run within a moment: a run that waits for no other one waits for PyTorch.
    if len(queue) > 1:
        return _("Number {place} in the queue; PyTorch is being loaded, which takes a few seconds.", place=place)
    return _("Next in the queue; PyTorch is being loaded, which takes a few seconds.")


def run_card(run: Run, lab: Lab) -> None:
    """A box with the run's name, state, progress or result, and a link to it."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(TRAIN.file, label=f"**{escape_markdown(run.name)}**", query_params={"run": run.id})
            if run.resumable:
                resume_button(run, lab, key=f"resume-card-{run.id}")
            again_link(run)
        # One element for all lines: a browser takes its time for each, and the first page has several cards.
        st.markdown("  \n".join([f"{badges(run)} {small(subtitle(run, lab))}", *result_lines(run, lab)]))
        progress_bar(run)


def result_lines(run: Run, lab: Lab) -> list[str]:
    """How a run ended and what is to be known of its score, or what it waits for, as Markdown."""
    if run.state == "queued":
        return [small(queue_text(run, lab))]
    if run.state == "finished" and run.summary:
        measured = with_known_doubts(Measured.of_summary(run.summary), run, "test", lab)
        lines = [score_text(run), small(escape_markdown(". ".join(measured.beside)))]
        if doubts := measured.data_doubts:
            lines.append(small(":material/warning: " + escape_markdown(" ".join(doubts))))
        return lines
    return [outcome_text(run)] if run.message else []


def again_link(run: Run) -> None:
    """To the form, filled with the settings of this run."""
    if run.code != UNREADABLE:
        st.page_link(
            TRAIN.file,
            label=_("Again with one change"),
            icon=AGAIN_ICON,
            query_params=again_params(run),
            width="content",
        )


def again_params(run: Run) -> dict[str, str]:
    """What a link to Train says so that the form has the settings of this run, and the run stands beside it."""
    return {"like": run.id, "run": run.id}


def resume_button(run: Run, lab: Lab, key: str) -> None:
    """Queue an unfinished run again, and go to watch it."""
    goes_on = lab.files.has_checkpoint(run.id)
    if st.button(
        _("Resume") if goes_on else _("Start again"),
        icon=":material/play_arrow:",
        key=key,
        help=_("Goes on from the last checkpoint.")
        if goes_on
        else _("It has no checkpoint, so it starts from the beginning."),
    ):
        with frame.show_problems():
            lab.resume(run.id)
            st.switch_page(TRAIN.file, query_params={"run": run.id})
