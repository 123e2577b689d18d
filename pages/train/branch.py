"""From a run to another that goes on from it: trained longer, or forked at an epoch with other settings."""

from typing import Any

import streamlit as st

from core import formatting
from core.datasets.source import DataSource
from core.insight.rules.curves import rounded
from core.loading.input_spec import input_spec
from core.locale import N_, _, translate
from core.models import MODELS
from core.models.same_network import weights_of_run
from core.models.spec import WEIGHTS_SETTING
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs import forks
from core.runs.lab import Lab
from core.runs.seeds import MAX_REPEATS, MORE_SEEDS
from core.runs.setting_words import changes
from core.runs.starting_weights import find, start_text
from core.runs.store import UNREADABLE, Origin, Run
from core.training.settings import MAX_EPOCHS, ForkSchedule, TrainingConfig
from pages.components import frame
from pages.components.markdown import escape_markdown
from pages.components.page_list import COMPARE
from pages.components.spec_words import hint
from pages.train import draft as drafts
from pages.train import forms
from pages.train.base import Base, change_words, choose_base
from pages.train.form_link import show_run

TRAINS, BACKBONE_LR, BACKBONE_SHARE = "model.trains", "optimizer.backbone_lr", 0.1
FINE_TUNING_EPOCHS = 5
BATCH_SIZE = "training.batch_size"
FORK_BOXES = (forks.EPOCHS, forks.LR, BATCH_SIZE)  # the settings that have a box among those of a fork
LONGER, FORK, REPEAT = "longer", "fork", "repeat"
WAYS = {LONGER: N_("Train longer"), FORK: N_("Fork at an epoch"), REPEAT: N_("Again with other seeds")}
TITLES = {
    (LONGER, FORK, REPEAT): N_("Train longer, fork at an epoch, or repeat with other seeds"),
    (LONGER, FORK): N_("Train longer, or fork at an epoch"),
    (FORK, REPEAT): N_("Fork at an epoch, or repeat with other seeds"),
    (FORK,): N_("Fork at an epoch"),
    (REPEAT,): N_("Repeat with other seeds"),
}
SCHEDULES: dict[ForkSchedule, str] = {"rule": N_("Goes on"), "hold": N_("Stays as it is"), "restart": N_("Begins anew")}
SCHEDULE_HELP: dict[ForkSchedule, str] = {
    "rule": N_("The rate that the schedule has at this epoch of all the epochs together; it may jump at first."),
    "hold": N_("The rate that the last step would have been followed by, up to the end."),
    "restart": N_("The whole schedule once more, over the epochs that are left."),
}


def origin_text(origin: Origin) -> str:
    """What of a run's curves is another run's."""
    return _(
        "Goes on from {run:name} after epoch {epoch}. Up to there its numbers and its time are those of that run.",
        run=origin.name,
        epoch=origin.epoch,
    )


def weights_text(run: Run, lab: Lab) -> str:
    """What a run began with of another one; "" if it began with none."""
    if not (source := run.config.model.of_run):
        return ""
    if start := (run.summary or {}).get("weights_from"):
        return start_text(start)
    found = find(source, lab.store)
    return _("Begins with the weights of {run:name}.", run=found.name if found else source)


def weights_buttons(run: Run, lab: Lab) -> None:
    """New runs that begin with what this one has learnt: the form is filled, and says what it changes."""
    if run.state != "finished" or run.code == UNREADABLE or not lab.files.has_checkpoint(run.id):
        return
    config, weights = run.config, {WEIGHTS_SETTING: weights_of_run(run.id, run.config.model)}
    with st.container(horizontal=True):
        if config.model.trains != "all" and st.button(
            _("Fine-tune all layers"), icon=":material/model_training:", key=f"fine-tune-{run.id}",
            help=_("Fills the form: from these weights all layers learn for a few epochs, at a tenth of this run's "
                   "learning rate, the backbone at a tenth of that."),
        ):  # fmt: skip
            fill_form(run, weights | fine_tuning(config), lab)
        if st.button(
            _("Start from these weights on other data"), icon=":material/move_down:", key=f"weights-of-{run.id}",
            help=_("Fills the form with the settings of this run, its weights and its image size: choose another data "
                   "set there. A last layer for other classes begins anew."),
        ):  # fmt: skip
            fill_form(run, weights | same_size(run, lab), lab)


def fine_tuning(config: RunConfig) -> dict[str, Any]:
    """What follows a run whose backbone was frozen. The last layer has learnt already, and large steps would spoil what
    the others know; an epoch takes many times as long."""
    return {
        TRAINS: "all",
        forks.LR: rounded(config.optimizer.lr / 10),
        BACKBONE_LR: BACKBONE_SHARE,
        forks.EPOCHS: min(config.training.epochs, FINE_TUNING_EPOCHS),
    }


def same_size(run: Run, lab: Lab) -> dict[str, Any]:
    """The image side that its weights are made for, where it follows the data set."""
    prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
    if run.config.data.size or prepared is None:
        return {}
    model = run.config.model
    height, width = input_spec(run.config.data, MODELS[model.name].input_of(model), prepared.meta).size
    return {"data.size": height} if height == width else {}


def fill_form(run: Run, changes: dict[str, Any], lab: Lab) -> None:
    choose_base(Base(run=run.id), lab)
    for name, value in changes.items():
        forms.set_value(name, value)
    st.toast(_("The form is filled: it starts from the weights of {run:name}.", run=escape_markdown(run.name)))
    st.rerun()


def branch_section(run: Run, lab: Lab) -> None:
    """The ways on from a run, and what the epochs that were kept for them take on the disk."""
    weights_buttons(run, lab)
    points = lab.fork_points(run)
    trained = run.state == "finished" and bool((run.summary or {}).get("epochs"))
    there = {LONGER: trained and bool(points), FORK: bool(points), REPEAT: trained and not run.origin}
    can = tuple(way for way, is_there in there.items() if is_there)
    if not can:
        return
    box = st.expander(translate(TITLES[can]), icon=":material/alt_route:", on_change="rerun", key=f"branch-{run.id}")
    if not box.open:
        return
    with box:
        way = can[0]
        if len(can) > 1:
            way = st.segmented_control(
                _("How to go on"), can, default=can[0], required=True, format_func=lambda one: translate(WAYS[one]),
                key=f"way-{run.id}", label_visibility="collapsed",
            )  # fmt: skip
        if way == REPEAT:
            repeat_form(run, lab)
            return
        if way == LONGER:
            longer_form(run, lab)
        else:
            fork_form(run, points, lab)
        st.caption(
            _(
                "This run stays as it is; a new one begins with its weights, and with what its optimizer remembers. "
                "Kept are epochs {epochs}; all checkpoints of this run take {size:size}.",
                epochs=ranges(points),
                size=lab.files.checkpoint_bytes(run.id),
            )
        )


def repeat_form(run: Run, lab: Lab) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seeds = st.number_input(
            _("Seeds"), min_value=1, max_value=MAX_REPEATS, value=MORE_SEEDS, step=1, key=f"seeds-{run.id}", width=130
        )
        pressed = st.button(_("Start these runs"), icon=":material/casino:", key=f"repeat-{run.id}")
    st.caption(
        _(
            "The same settings with other seeds: other first weights, another order of the images, other images held "
            "out. How far their scores lie apart is what chance makes up."
        )
    )
    if pressed:
        with frame.show_problems():
            made = lab.repeat(run.id, int(seeds))
            st.switch_page(COMPARE.file, query_params={"runs": ",".join([run.id, *(one.id for one in made)]),
                                                       "together": "true"})  # fmt: skip


def longer_form(run: Run, lab: Lab) -> None:
    done = forks.last_epoch(run)
    if done >= MAX_EPOCHS:
        st.caption(_("A run has at most {epochs:count} epochs.", epochs=MAX_EPOCHS))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = epochs_box(run, done, min(2 * done, MAX_EPOCHS), "longer")
        schedule = schedule_choice(run, "longer")
        pressed = st.button(_("Train longer"), icon=":material/play_arrow:", key=f"start-longer-{run.id}")
    schedule_words(schedule)
    if pressed:
        with frame.show_problems():
            show_run(lab.train_longer(run.id, epochs, schedule=schedule or "rule").id, lab)
            st.rerun()


def fork_form(run: Run, points: list[int], lab: Lab) -> None:
    """The few settings that are turned most; the others as they stand on the form of the next run."""
    total = run.config.training.epochs
    with st.container(horizontal=True, vertical_alignment="bottom"):
        best = forks.best_epoch(lab.store.epochs(run.id))  # what came after it is what people want to do otherwise
        before_end = [epoch for epoch in points if epoch < total] or points
        epoch = st.selectbox(
            _("After epoch"),
            points,
            index=points.index(best if best in before_end else before_end[-1]),
            format_func=lambda one: _("{epoch} (best)", epoch=one) if one == best else str(one),
            key=f"fork-epoch-{run.id}",
            width=130,
        )
        epochs = epochs_box(run, epoch, max(total, min(epoch + 1, MAX_EPOCHS)), f"fork-{epoch}")
        schedule = schedule_choice(run, "fork")
        lr = run.config.optimizer.lr
        if schedule != "hold":
            lr = st.number_input(
                _("Learning rate"), min_value=forks.MIN_LR, max_value=10.0, value=lr, format="%g", step=lr / 10,
                key=f"fork-lr-{run.id}", help=hint(type(run.config.optimizer).model_fields["lr"]), width=150,
            )  # fmt: skip
        size = st.number_input(
            _("Batch size"), min_value=1, max_value=16384, value=run.config.training.batch_size, step=1,
            key=f"fork-size-{run.id}", help=hint(TrainingConfig.model_fields["batch_size"]), width=130,
        )  # fmt: skip
        pressed = st.button(_("Start the fork"), icon=":material/alt_route:", key=f"start-fork-{run.id}")
    schedule_words(schedule)
    others = changes_on_form(run, lab)
    if pressed:
        taken = others | {forks.EPOCHS: epochs, BATCH_SIZE: size} | ({} if schedule == "hold" else {forks.LR: lr})
        with frame.show_problems():
            show_run(lab.fork(run.id, epoch, taken, schedule=schedule or "rule").id, lab)
            st.rerun()


def changes_on_form(run: Run, lab: Lab) -> dict[str, Any]:
    """What else differs on the form from this run, if that shall come along."""
    config = drafts.check(forms.current_draft()).config
    told = {name: words for name, words in change_words(run.config, lab).items() if name not in FORK_BOXES}
    if config is None or not told:
        st.caption(_("To change more, change it on the form of the next run first; then it can come along here."))
        return {}
    words = escape_markdown(", ".join(told.values()))
    if not st.checkbox(_("Also what differs on the form: {changes}", changes=words), key=f"fork-others-{run.id}"):
        return {}
    return {name: value for name, value in changes(config, run.config).items() if name not in FORK_BOXES}


def epochs_box(run: Run, done: int, value: int, key: str) -> int:
    return int(
        st.number_input(
            _("Epochs in all"),
            min_value=min(done + 1, MAX_EPOCHS),
            max_value=MAX_EPOCHS,
            value=value,
            step=1,
            key=f"epochs-{key}-{run.id}",
            width=130,
            help=_("Counted from the first one of the run that it goes on from, which has done {done}.", done=done),
        )
    )


def schedule_choice(run: Run, key: str) -> ForkSchedule | None:
    """What becomes of the learning rate; None where it is constant, and all three are the same."""
    if run.config.schedule.name == "none":
        return None
    chosen: ForkSchedule = st.segmented_control(
        _("Schedule of the learning rate"), list(SCHEDULES), default="rule", required=True,
        format_func=lambda one: translate(SCHEDULES[one]), key=f"schedule-{key}-{run.id}",
    )  # fmt: skip
    return chosen


def schedule_words(schedule: ForkSchedule | None) -> None:
    if schedule:
        st.caption(translate(SCHEDULE_HELP[schedule]))


def ranges(numbers: list[int]) -> str:
    """`1–4, 6`: numbers in their order, neighbours together."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(
        formatting.count(one[0]) if len(one) == 1 else f"{formatting.count(one[0])}–{formatting.count(one[-1])}"
        for one in found
    )
