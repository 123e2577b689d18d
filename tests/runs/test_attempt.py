"""Two attempts at one run: the later one has its row, and nothing of the earlier one stands."""

import os
from collections.abc import Callable
from typing import Any

import pytest
import torch

from core.errors import Unwritable
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs import outcomes, probe_images
from core.runs.attempt import Attempt
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.store import EpochRow, Run, StepRow, Superseded
from core.training import checkpoint
from core.training.events import EpochMetrics, Event


def claimed(lab: Lab, run: Run) -> Run:
    """The run as the next worker has it, which takes it for dead."""
    lab.store.move(run.id, "queued", only_from=["paused", "running"])
    lab.store.move(run.id, "running", only_from=["queued"])
    return lab.store.get(run.id)


def numbers(lab: Lab, run: Run) -> list[dict[str, Any]]:
    """Of its epochs and steps, but for how fast it was."""
    rows = [row.metrics for row in (*lab.store.epochs(run.id), *lab.store.steps(run.id))]
    return [{name: value for name, value in row.items() if name != "images_per_second"} for row in rows]


def test_each_claim_is_the_next_attempt(lab: Lab) -> None:
    run = lab.store.add(RunConfig(), "n", state="paused")
    assert run.attempt == 0
    assert [claimed(lab, run).attempt for _ in range(3)] == [1, 2, 3]


def test_what_an_earlier_attempt_writes_is_refused(lab: Lab) -> None:
    store = lab.store
    run = store.add(RunConfig(), "n", state="paused")
    earlier = Attempt(claimed(lab, run), store)
    earlier.report([StepRow(1, 0.5, {"loss": 1.0}, 0.1)], EpochRow(0, 1, {}, 0.1), stage="in time")
    later = Attempt(claimed(lab, run), store)
    refused: Callable[[], None]
    for refused in (
        lambda: earlier.report([StepRow(2, 0.7, {"loss": 9.0}, 0.2)], EpochRow(1, 2, {}, 0.2), progress=0.5),
        lambda: earlier.report([StepRow(2, 0.7, {"loss": 9.0}, 0.2)]),
        lambda: earlier.change(stage="too late"),
        lambda: earlier.rewind(0),
    ):
        with pytest.raises(Superseded, match="Another worker has taken over this run"):
            refused()
    assert not earlier.end("finished", summary={"test_accuracy": 0.1})
    seen = store.get(run.id)
    assert (seen.state, seen.stage, seen.progress, seen.summary) == ("running", "in time", 0.0, None)
    assert [row.step for row in store.steps(run.id)] == [1] and [row.epoch for row in store.epochs(run.id)] == [0]
    later.rewind(0)
    later.report([StepRow(2, 0.7, {"loss": 2.0}, 0.2)], stage="now")
    assert [row["loss"] for row in store.steps(run.id)] == [2.0]
    assert later.end("finished", summary={"test_accuracy": 0.9})
    assert store.get(run.id).summary == {"test_accuracy": 0.9}


def test_an_attempt_that_was_taken_for_dead_goes_on_unless_somebody_has_decided_otherwise(lab: Lab) -> None:
    run = lab.store.add(RunConfig(), "n", state="paused")
    attempt = Attempt(claimed(lab, run), lab.store)
    lab.store.move(
        run.id, "interrupted", only_from=["running"], pid=None, outcome=outcomes.stopped_silently().to_dict()
    )
    assert attempt.requested_action() is None
    seen = lab.store.get(run.id)
    assert (seen.state, seen.attempt, seen.message, seen.pid) == ("running", 1, "", os.getpid())
    for state, action in (("cancelled", "cancel"), ("paused", "pause"), ("queued", "requeue")):
        lab.store.change(run.id, state=state)
        assert attempt.requested_action() == action and lab.store.get(run.id).state == state
    claimed(lab, run)
    assert attempt.requested_action() is None, "its next report will be refused"


def test_a_run_that_was_cancelled_while_its_worker_was_out_of_reach_stops(
    lab: Lab, digits: Prepared, small: RunConfig
) -> None:
    run = lab.store.add(small, "n", state="paused")

    def cancelled(event: Event) -> None:
        if isinstance(event, EpochMetrics) and event.epoch == 1:
            lab.store.move(run.id, "interrupted", only_from=["running"])
            lab.cancel(run.id)

    done = execute(claimed(lab, run), lab, cancelled)
    assert done.state == "cancelled" and [row.epoch for row in lab.store.epochs(run.id)][-1] < 3


def test_an_attempt_that_cannot_hear_whether_it_was_superseded_writes_into_no_file_that_both_share(
    lab: Lab, digits: Prepared, small: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, report = claimed(lab, lab.store.add(small, "n", state="paused")), lab.store.report

    def unheard(run_id: str, *rows: Any, **values: Any) -> None:
        if values.get("progress", 0.0) > 0.6:
            raise Unwritable("The network is away.")
        report(run_id, *rows, **values)

    monkeypatch.setattr(lab.store, "report", unheard)
    monkeypatch.setattr("core.runs.execute.FLUSH_INTERVAL_S", 1e9)  # at the ends of epochs alone, also on a slow day
    assert execute(run, lab).state == "paused"
    told = [answers.epoch for answers in probe_images.read(lab.files.probe_images(run.id))]
    kept = checkpoint.load(lab.files.checkpoint(run.id))["progress"]["epoch"] - 1
    assert kept >= 2 and told == list(range(kept if lab.store.shared else kept + 1))


def test_a_run_that_was_deleted_while_it_could_not_be_told_ends_without_a_word(
    lab: Lab, digits: Prepared, small: RunConfig
) -> None:
    run = claimed(lab, lab.store.add(small, "n", state="paused"))

    def delete(event: Event) -> None:
        lab.store.remove(run.id)
        raise Unwritable("The network is away.")

    assert execute(run, lab, delete).state == "interrupted"


def test_what_is_written_for_a_deleted_run_is_refused(lab: Lab) -> None:
    run = lab.store.add(RunConfig(), "n", state="running")
    lab.store.remove(run.id)
    with pytest.raises(Superseded, match="or it was deleted"):
        Attempt(run, lab.store).report([StepRow(2, 0.7, {"loss": 2.0}, 0.2)], stage="now")


def test_a_run_that_was_taken_over_while_it_trained_has_one_history(
    lab: Lab, digits: Prepared, small: RunConfig
) -> None:
    undisturbed = execute(claimed(lab, lab.store.add(small, "undisturbed", state="paused")), lab)
    run = lab.store.add(small, "taken over", state="paused")
    took_over: list[Run] = []

    def take_over(event: Event) -> None:
        if isinstance(event, EpochMetrics) and event.epoch == 2:
            took_over.append(claimed(lab, run))

    left = execute(claimed(lab, run), lab, take_over)
    assert (left.state, left.attempt) == ("interrupted", 1) and "Another worker has taken over" in left.message
    assert left.message in lab.files.log(run.id)
    seen = lab.store.get(run.id)
    assert (seen.state, seen.attempt, seen.summary) == ("running", 2, None)
    assert [row.epoch for row in lab.store.epochs(run.id)] == [0, 1, 2]
    folder = lab.workspace.run(run.id)
    late = checkpoint.load(folder / "last.pt")
    late["progress"]["epoch"] = 9
    (folder / "last.2.pt").write_bytes(b"torn")
    done = execute(took_over[0], lab, lambda event: checkpoint.save(late, folder / "last.pt"))
    kept = checkpoint.load(lab.files.checkpoint(run.id))
    assert kept["progress"]["epoch"] == 4 and lab.files.checkpoint(run.id).name == "last.2.pt"
    assert {path.name for path in lab.files.kept_epochs(run.id).values()} == {f"epoch-{n}.2.pt" for n in (1, 2, 3)}
    untouched = checkpoint.load(lab.files.checkpoint(undisturbed.id))
    assert all(torch.equal(kept["model"][name], weights) for name, weights in untouched["model"].items())
    assert done.state == "finished" and done.summary and undisturbed.summary
    assert done.summary["test_correct"] == undisturbed.summary["test_correct"]
    assert numbers(lab, run) == numbers(lab, undisturbed)
