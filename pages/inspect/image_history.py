"""What became of an image over the epochs, where the run has kept its answers."""

import streamlit as st

from core.files.atomic import file_identity
from core.insight.predictions import Predictions
from core.locale import _, ngettext
from core.runs import answer_history
from core.runs.answer_history import AnswerHistory
from pages.inspect.inspected import Inspected


def history_of(inspected: Inspected, found: Predictions) -> AnswerHistory | None:
    """Of the images of the split, in its order; None where the run did not measure these after every epoch."""
    run, workspace = inspected.run, inspected.lab.workspace
    version = file_identity(workspace.run(run.id) / answer_history.FILE)
    return cached_history(inspected, found, str(workspace.home), run.id, inspected.split, version) if version else None


@st.cache_resource(max_entries=8, show_spinner=False)
def cached_history(
    _inspected: Inspected, _found: Predictions, home: str, run: str, split: str, version: str
) -> AnswerHistory | None:
    return answer_history.read(_inspected.lab.workspace.run(run), _found.indices)


def history_words(history: AnswerHistory, place: int, label: int) -> str:
    """`Over the epochs: learned in epoch 2, forgotten in epoch 7.`"""
    turns = history.turns(place, label)
    if not turns:
        return ngettext(
            "It was classified incorrectly after the only epoch, too.",
            "It was classified incorrectly after each of the {n:count} epochs.",
            history.epochs[-1],
        )
    told = [turn_words(epoch, learned) for epoch, learned in turns]
    return _("Over the epochs: {turns}.", turns=", ".join(told))


def turn_words(epoch: int, learned: bool) -> str:
    if not learned:
        return _("forgotten in epoch {epoch}", epoch=epoch)
    return _("learned in epoch {epoch}", epoch=epoch) if epoch else _("right before any training")
