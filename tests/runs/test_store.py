import gettext
import json
import math
import threading

import pytest

from core import translations
from core.errors import BadInput, Problem
from core.recipes import recipe
from core.run_config import RunConfig
from core.runs.naming import file_name
from core.runs.sql_store import SqlStore
from core.runs.store import UNREADABLE, EpochRow, StepRow
from tests.rows import epoch_row, step_row
from tests.runs.conftest import sql


@pytest.fixture
def store(workspace):
    return SqlStore(workspace.database)


def step(number: int) -> StepRow:
    return step_row(number, number / 10, 1.0 / (number + 1), 0.5, 0.001, 1000.0, number * 0.1)


def epoch(number: int) -> EpochRow:
    return epoch_row(number, number * 10, 0.5, 0.9, 90, 100, 0.6, 0.8, 8, 10, 0.001, number * 1.0)


def test_a_run_comes_back_as_it_was_stored(store):
    config = RunConfig().replace({"model.name": "mlp", "training.epochs": 7})
    run = store.add(config, "mine", recipe="digits-quick")
    again = store.get(run.id)
    assert again == run and again.config == config and again.state == "queued"


def test_what_others_changed_is_seen_and_what_nobody_changed_is_not_read_again(store, workspace):
    runs = [store.add(RunConfig(), name) for name in ("one", "two")]
    before = store.all()
    SqlStore(workspace.database).change(runs[0].id, name="three", tags=["a"], summary={"seconds": 2.0})
    after = store.all()
    assert [run.name for run in after] == ["two", "three"]
    assert store.get(runs[0].id) == after[1] and after[1].summary == {"seconds": 2.0} and after[1].tags == ["a"]
    assert after[0] is before[0]


def test_a_remembered_run_speaks_the_reader_s_language(store, monkeypatch):
    class Backwards(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return {"The loss is no number": "no number is the loss"}.get(message, message)

    monkeypatch.setattr(
        translations, "catalogue", lambda code: Backwards() if code == "xx" else gettext.NullTranslations()
    )
    run = store.add(RunConfig())
    store.change(run.id, state="failed", outcome=Problem("The loss is no number").to_dict())
    assert store.get(run.id).message == "The loss is no number"
    token = translations.language.set("xx")
    try:
        assert store.get(run.id).message == "no number is the loss"
    finally:
        translations.language.reset(token)


def test_names_when_none_is_given(store):
    changed = recipe("digits-quick").config.replace({"training.epochs": 3})
    names = [store.add(recipe("digits-quick").config, recipe="digits-quick").name for _ in range(3)]
    assert names == ["Digits in seconds", "Digits in seconds 2", "Digits in seconds 3"]
    assert store.add(changed, recipe="digits-quick").name == "Digits in seconds · Epochs 3"
    assert store.add(changed, recipe="digits-quick").name == "Digits in seconds · Epochs 3 (2)"
    assert store.add(RunConfig()).name == "CNN on Digits (8 × 8)"
    photographs = recipe("folder-photos").config.replace({"data.path": "/photographs"})
    assert store.add(photographs, recipe="folder-photos").name == "Your own photographs"
    assert store.add(RunConfig(), "\u200b\xa0").name == "CNN on Digits (8 × 8) 2"  # nobody sees that one
    assert store.add(RunConfig(), "mine").name == store.add(RunConfig(), "mine").name == "mine"


def test_files_are_called_after_their_run_in_plain_characters():
    assert file_name("CNN on Digits (8 × 8) 2", "1a2b") == "cnn-on-digits-8x8-2-1a2b"
    assert file_name("../Größe?", "1a2b") == "größe-1a2b"
    assert file_name("…", "1a2b") == "run-1a2b"


def test_found_by_id_start_or_name(store):
    first, second = store.add(RunConfig(), "one"), store.add(RunConfig(), "one")
    assert store.find(first.id).id == first.id and store.find(first.id[:7]).id == first.id
    assert store.find("one").id == second.id, "the newest of that name"
    for text in ("", "nothing"):
        with pytest.raises(BadInput, match="There is no run"):
            store.find(text)


def test_what_could_mean_two_runs_is_not_the_only_one(store):
    first, second, third = (store.add(RunConfig(), name) for name in ("one", "one", "other"))
    fourth = store.add(RunConfig(), third.id[:3])
    assert store.find(fourth.name).id == fourth.id and store.find("other", only=True).id == third.id
    for text, meant in (("one", (second, first)), (fourth.name, (fourth, third))):
        with pytest.raises(BadInput, match="could be any of these runs: " + ", ".join(run.id for run in meant)):
            store.find(text, only=True)


def test_an_ambiguous_start_names_the_candidates(store, monkeypatch):
    names = iter(["abc00001", "abc00002"])
    monkeypatch.setattr("core.runs.naming.secrets.token_hex", lambda _: next(names))
    store.add(RunConfig())
    store.add(RunConfig())
    with pytest.raises(BadInput, match="could be any of these runs: abc00002, abc00001"):
        store.find("abc")


def test_numbers_in_order_and_only_the_new_ones(store):
    run = store.add(RunConfig())
    store.report(run.id, [step(2), step(1)], epoch(0))
    store.report(run.id, [step(3)], epoch(1), progress=0.5)
    assert [s.step for s in store.steps(run.id)] == [1, 2, 3] and store.steps(run.id, after=2) == [step(3)]
    assert store.epochs(run.id) == [epoch(0), epoch(1)] and store.get(run.id).progress == 0.5


def test_reported_again_is_replaced_and_rewound_is_gone(store):
    run = store.add(RunConfig())
    store.report(run.id, [step(i) for i in range(1, 21)], epoch(1))
    store.report(run.id, [step(20)], epoch(1))
    store.report(run.id, [], epoch(2))
    assert len(store.steps(run.id)) == 20
    store.rewind(run.id, 10)
    assert [s.step for s in store.steps(run.id)][-1] == 10 and [e.epoch for e in store.epochs(run.id)] == [1]


def test_a_state_changes_once(store):
    run = store.add(RunConfig())
    other = SqlStore(store.url)
    won = []

    def claim(which):
        won.append(which.move(run.id, "running", only_from=["queued"], pid=1))

    threads = [threading.Thread(target=claim, args=(s,)) for s in (store, other) * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won.count(True) == 1 and won.count(False) == 15


def test_many_writers_are_never_refused(store):
    runs = [store.add(RunConfig()) for _ in range(6)]

    def write(run):
        own = SqlStore(store.url)
        for number in range(1, 30):
            own.report(run.id, [step(number)], progress=number / 30)

    threads = [threading.Thread(target=write, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(store.steps(run.id)) == 29 for run in runs)


def test_removed_with_all_its_numbers(store, workspace):
    run, stays = store.add(RunConfig()), store.add(RunConfig())
    for one in (run, stays):
        store.report(one.id, [step(1)], epoch(0))
    store.remove(run.id)
    with pytest.raises(BadInput, match="There is no run"):
        store.get(run.id)
    left = [sql(store, f"select count(*) from {table}")[0][0] for table in ("runs", "epochs", "steps")]
    assert left == [1, 1, 1]


def test_a_row_that_cannot_be_read_hides_no_other(store, workspace):
    damaged, foreign, whole = (store.add(RunConfig(), name) for name in ("damaged", "foreign", "whole"))
    sql(store, "UPDATE runs SET config = '{{{', tags = '[' WHERE id = :id", id=damaged.id)
    sql(store, "UPDATE runs SET config = :config WHERE id = :id", config='{"training": {"ema": 0.9}}', id=foreign.id)
    seen = {run.name: run for run in SqlStore(workspace.database).all()}
    assert seen["whole"].state == "queued" and seen["whole"].message == ""
    for name, why in (("damaged", "they are damaged"), ("foreign", "unknown setting 'training.ema'")):
        assert seen[name].state == "failed" and seen[name].tags == []
        assert why in seen[name].message and "or delete it" in seen[name].message
    for limit in (None, 1):
        waiting = SqlStore(workspace.database).queue(limit)
        assert [run.id for run in waiting] == [whole.id], "nobody trains what was not asked for, nor waits for it"


DAMAGE = [
    ("summary", '"x"'), ("summary", '{"test_accuracy": "x"}'), ("summary", "[1]"),
    ("tags", "[1, 2]"), ("tags", "[null]"), ("tags", '{"a": 1}'), ("state", "odd"), ("state", ""),
    ("created", 1e18), ("created", -1e18), ("started", 253402300800), ("finished", "soon"),
    ("progress", "half"), ("progress", 7.0), ("seconds", -1.0), ("pid", "x"), ("outcome", "[]"),
    ("name", b"\xff"), ("stage", b"\1"), ("summary", 100_000 * "["), ("tags", '["\\ud800"]'),
    ("summary", '{"test_correct": 9, "test_total": 3}'), ("summary", '{"test_correct": 9}'),
    ("summary", '{"classes": "x"}'), ("summary", '{"weights_from": {"run": 5}}'),
    ("summary", '{"copies_of_training": -1}'),
]  # fmt: skip


OF_ANOTHER_TYPE = [("finished", "soon"), ("progress", "half"), ("pid", "x"), ("name", b"\xff"), ("stage", b"\1")]


@pytest.mark.parametrize(("column", "value"), DAMAGE)
def test_a_damaged_column_is_told_as_that_runs_and_hides_no_other(store, workspace, column, value):
    damaged, whole = store.add(RunConfig(), "damaged"), store.add(RunConfig(), "whole")
    if store.engine.dialect.name != "sqlite" and (column, value) in OF_ANOTHER_TYPE:
        pytest.skip("such a value is refused by the database")
    sql(store, f"UPDATE runs SET {column} = :value WHERE id = :id", value=value, id=damaged.id)
    seen = {run.id: run for run in store.all()}
    assert seen[whole.id].state == "queued" and seen[whole.id].message == ""
    run = seen[damaged.id]
    assert run.state == "failed" and run.code == UNREADABLE and column in run.message
    assert run.name in ("damaged", damaged.id) and run.tags == [] and run.summary is None
    assert [run.id for run in store.queue()] == [whole.id]


def test_numbers_that_are_none_count_as_not_measured(store, workspace):
    run = store.add(RunConfig(), "numbers")
    store.report(run.id, [step(1), step(2)], epoch(1))
    damaged = {**epoch(1).metrics, "val_loss": "x"}, {**step(1).metrics, "loss": [1]}
    sql(store, "UPDATE epochs SET metrics = :metrics", metrics=json.dumps(damaged[0]))
    sql(store, "UPDATE steps SET metrics = :metrics WHERE step = 1", metrics=json.dumps(damaged[1]))
    assert store.epochs(run.id)[0]["val_loss"] is None and store.epochs(run.id)[0]["val_accuracy"] == 0.8
    assert [row["loss"] for row in store.steps(run.id)] == [None, step(2)["loss"]]
    for count in (-1, 1.5, 10**9, True, math.nan):
        sql(store, "UPDATE epochs SET metrics = :metrics", metrics=json.dumps({"val_correct": count, "val_total": 100}))
        assert store.epochs(run.id)[0].metrics == {}
    if store.engine.dialect.name == "sqlite":
        sql(store, "UPDATE steps SET step = 'x' WHERE step = 2")
        assert [row.step for row in store.steps(run.id)] == [1]
        sql(store, "UPDATE epochs SET metrics = :metrics", metrics=b"\xff")
        assert store.epochs(run.id)[0].metrics == {}
    sql(store, "UPDATE epochs SET metrics = :metrics", metrics=100_000 * "[")
    assert store.epochs(run.id)[0].metrics == {}
