"""The likeliest class of every image after every epoch: what was learned, and what was forgotten."""

import numpy as np

from core.insight.evaluation import image_predictions
from core.runs import answer_history
from core.runs.answer_history import FILE, AnswerHistory, HistoryRecorder, copy, read
from core.runs.execute import execute
from tests.runs.conftest import go_on

IMAGES = np.arange(3, dtype=np.int64)


def test_what_is_learned_and_forgotten() -> None:
    labels = np.array([1, 1, 1])
    history = AnswerHistory((0, 1, 2, 3), np.array([[0, 1, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]], np.uint16))
    assert history.turns(0, 1) == [(1, True), (2, False), (3, True)]
    assert history.turns(1, 1) == [(0, True), (3, False)] and history.turns(2, 1) == []
    assert history.times_forgotten(labels).tolist() == [1, 1, 0]


def test_the_last_record_is_what_the_weights_answer(lab, digits, small) -> None:
    run = execute(lab.store.add(small, state="running"), lab)
    part = small.data.measured_on
    kept = image_predictions(run, part, lab.workspace)
    history = read(lab.workspace.run(run.id), kept.indices)
    assert history and history.epochs == (0, 1, 2, 3)
    assert np.array_equal(history.answers[-1], kept.answers.predicted)
    accuracies = [row["val_accuracy"] for row in lab.store.epochs(run.id)]
    assert np.allclose(history.right(kept.labels).mean(1), accuracies)
    assert read(lab.workspace.run(run.id), kept.indices[1:]) is None, "other images"


def test_a_resumed_run_has_the_same_history_and_none_of_an_unfinished_write(lab, digits, small) -> None:
    whole = execute(lab.store.add(small, state="running"), lab)
    run = lab.store.add(small, state="running")
    lab.store.change(run.id, requested_action="pause")
    execute(run, lab)
    file = lab.workspace.run(run.id) / FILE
    later = answer_history.rows((lab.workspace.run(whole.id) / FILE).read_bytes())[-1:]
    file.write_bytes(file.read_bytes() + later.tobytes() + b"half a record")
    go_on(lab, run)
    assert file.read_bytes() == (lab.workspace.run(whole.id) / FILE).read_bytes()


def test_a_fork_takes_over_what_was_answered_up_to_its_epoch(lab, digits, small, monkeypatch) -> None:
    run = execute(lab.store.add(small, state="running"), lab)
    monkeypatch.setattr(type(lab.executor), "start_worker", lambda *_, **__: None)
    forked = lab.fork(run.id, 2, {"training.epochs": 4})
    found = answer_history.rows((lab.workspace.run(forked.id) / FILE).read_bytes())
    assert found["epoch"].tolist() == [0, 1, 2]
    own = answer_history.rows((lab.workspace.run(run.id) / FILE).read_bytes())
    assert found.tobytes() == own[:3].tobytes()


def test_damage_costs_the_record_alone_and_large_parts_are_left_out(tmp_path) -> None:
    recorder = HistoryRecorder(tmp_path, IMAGES)
    for epoch in range(3):
        recorder.record(epoch, IMAGES + epoch)
    file = tmp_path / FILE
    content = bytearray(file.read_bytes())
    content[-8] ^= 1
    file.write_bytes(content)
    assert read(tmp_path, IMAGES).epochs == (0, 1)
    file.write_bytes(b"something else")
    assert read(tmp_path, IMAGES) is None
    copy(tmp_path / "none", tmp_path / "copy", 3)
    assert not (tmp_path / "copy").exists()
    many = np.arange(answer_history.MAX_IMAGES + 1)
    (tmp_path / "many").mkdir()
    HistoryRecorder(tmp_path / "many", many).record(0, many)
    assert not (tmp_path / "many" / FILE).exists()
