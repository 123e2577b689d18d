"""The command line as a person types it: real processes, real exit statuses."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.cli.parser import main
from core.datasets.progress import PrepareProgress
from core.datasets.source import DataSource
from core.models.families import vision
from core.prepared.draft import Draft
from core.prepared.prepare import imported, require
from core.program import ROOT
from core.recipes import recipe
from core.run_config import RunConfig
from core.runs import trial
from core.runs.confidence import keep_confidence
from core.runs.executors.local import LocalProcesses
from tests.conftest import LONG
from tests.datasets.photo_makers import picture
from tests.inference.pens import boot
from tests.runs.conftest import PATIENCE, until

QUICK = ["--recipe", "digits-quick", "--set", "training.epochs=2", "--set", "model.channels=[8]"]

LAYERS = ["--recipe", "digits-quick", "--set", "training.epochs=1", "--set", "model.name=layers"]


@pytest.fixture
def core(workspace, monkeypatch, capsys):
    """Run a command in this process: (status, standard output, standard error)."""
    monkeypatch.setenv("EPOCHLAB_HOME", str(workspace.home))
    monkeypatch.setenv("EPOCHLAB_DATA", str(workspace.data))
    monkeypatch.setenv("EPOCHLAB_DB", workspace.database)

    def run(*arguments):
        status = main([str(a) for a in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return status, captured.out, captured.err

    return run


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_train_in_json(core):
    status, out, err = core("train", *QUICK, "--json")
    assert status == 0, err
    *epochs, last = lines(out)
    assert [e["epoch"] for e in epochs] == [0, 1, 2]
    assert epochs[0]["train_loss"] is None and epochs[0]["train_accuracy"] is None
    assert {"epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds"} <= set(epochs[2])
    assert last["state"] == "finished" and last["epochs"] == 2 and last["name"].startswith("Digits in seconds · ")
    wanted = {"run", "train_loss", "train_accuracy", "test_accuracy", "seconds", "images_per_second"}
    assert wanted <= set(last) and last["test_accuracy"] == last["test_correct"] / last["test_total"]
    assert last["train_accuracy"] == epochs[2]["train_accuracy"]
    assert {line["measured_on"] for line in (*epochs, last)} == {"val"}


def test_what_was_measured_on_the_test_set_is_called_so_in_json(core):
    status, out, err = core("train", *QUICK, "--set", "data.validation=0", "--json")
    assert status == 0, err
    *epochs, last = lines(out)
    _status, shown, _err = core("show", last["run"], "--json")
    (show,) = lines(shown)
    for line in (*epochs, last, *show["epochs"], show["summary"]):
        assert not [name for name in line if "val_" in name]
    assert last["best_test_accuracy"] == max(line["test_accuracy"] for line in epochs[1:])
    assert show["summary"]["test_accuracy"] == epochs[-1]["test_accuracy"] == last["test_accuracy"]


@pytest.mark.parametrize("typed,left", [("yes\n", 0), ("no\n", 1), ("", 1)])
def test_deleting_asks_first(core, lab, monkeypatch, typed, left):
    run = lab.store.add(RunConfig(), "there", state="finished")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    status, out, err = core("delete", run.id)
    assert len(lab.runs()) == left == status and f"This deletes “there” ({run.id})" in out
    assert ("Nothing was deleted." in err) == bool(left)


def test_an_import_is_removed_and_says_what_goes_and_what_stays(core, lab, tmp_path, monkeypatch):
    for name in ("cats", "dogs"):
        for number in range(4):
            file = tmp_path / "pets" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture(number * 20 + len(name), (9, 9), "PNG"))
    core("prepare", tmp_path / "pets")
    run = lab.store.add(RunConfig().replace({"data.name": "folder", "data.path": str(tmp_path / "pets")}), "a net",
                        state="finished")  # fmt: skip
    status, _, err = core("forget", "pets")
    assert status == 2 and "Give --yes" in err
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    status, out, err = core("forget", "pets")
    assert status == 1 and "Nothing was deleted." in err
    assert f"This deletes what was prepared of “pets”. “{tmp_path / 'pets'}” stays as it is. 1 run was trained" in out
    assert "(“a net”): it keeps its weights and figures" in out
    status, out, _ = core("forget", tmp_path / "pets", "--yes", "--json")
    gone = {"name": "folder", "path": str(tmp_path / "pets"), "title": "pets", "runs": [run.id]}
    assert status == 0 and lines(out) == [gone]
    assert (tmp_path / "pets" / "cats" / "0.png").exists() and core("forget", "pets", "--yes")[0] == 2


def test_a_folder_that_changed_is_read_anew_unless_it_is_wanted_as_prepared(core, workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "_at_work", {})
    source = DataSource("folder", str(tmp_path / "pets"))
    for name in ("cats", "dogs"):
        for number in range(10):
            file = tmp_path / "pets" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture(number * 20 + len(name), (9, 9), "PNG"))
    core("prepare", tmp_path / "pets")
    before = require(source, workspace).meta
    (tmp_path / "pets" / "cats" / "new.png").write_bytes(picture(7, (9, 9), "PNG"))
    asked = ["estimate", "--recipe", "folder-cnn", "--set", f"data.path={source.path}", "--json"]
    status, _, err = core(*asked, "--as-prepared")
    assert status == 0, err
    assert require(source, workspace).meta == before
    trial.start("estimate", recipe("folder-cnn").config.replace({"data.path": source.path}), workspace)
    (child,) = trial._at_work.values()
    assert child.wait(PATIENCE) == 0 and require(source, workspace).meta == before
    assert core(*asked)[0] == 0 and require(source, workspace).meta.fingerprint != before.fingerprint


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=LONG)])
def test_told_to_end_it_says_how_to_go_on(workspace, lab, name):
    if not hasattr(signal, name):
        pytest.skip(f"there is no {name} here")
    environment = {**os.environ, "EPOCHLAB_HOME": str(workspace.home)}
    command = [sys.executable, "-m", "core", "train", *QUICK, "--set", "training.epochs=1000"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(getattr(signal, name), signal.SIG_DFL),  # whoever runs the tests may ignore it
    )  # fmt: skip
    until(lambda: lab.runs() and len(lab.store.epochs(lab.runs()[0].id)) > 1)
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=30)
    (run,) = lab.runs()
    assert run.state == "paused" and process.returncode == 1
    assert err.strip().endswith(f"Go on with: python -m core resume {run.id}") and "Traceback" not in err


def test_ctrl_c_says_how_to_go_on(core, lab, digits):
    """As a person presses it while the second epoch is trained."""

    def press():
        until(lambda: lab.runs() and len(lab.store.epochs(lab.runs()[0].id)) > 1)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    try:
        finger = threading.Thread(target=press)
        finger.start()
        status, _, err = core("train", *QUICK, "--set", "training.epochs=1000")
        finger.join()
    finally:
        signal.signal(signal.SIGINT, before)
    (run,) = lab.runs()
    assert run.state == "paused" and status == 1
    assert err.strip().endswith(f"Go on with: python -m core resume {run.id}")


@pytest.mark.parametrize("shell,status,words", [
    pytest.param("train QUICK --json | head -1", 0, "", marks=LONG),
    pytest.param(
        "train QUICK >/dev/full", 0, "Free some space, or write it to another place. The run goes on.", marks=LONG
    ),
    pytest.param("train QUICK <&- >&- 2>&-", 0, "", marks=LONG),
    ("runs >/dev/full", 1, "cannot be written (no space left on device). Free some space, or write it"),
    ("delete there <&-", 2, "there is no terminal to ask on"),
])  # fmt: skip
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_nobody_needs_to_read_what_is_printed(lab, digits, shell, status, words):
    lab.store.add(RunConfig(), "there", state="finished")
    environment = {**os.environ, "EPOCHLAB_HOME": str(lab.workspace.home)}
    line = f"set -o pipefail; {sys.executable} -m core {shell.replace('QUICK', ' '.join(QUICK))}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stderr
    assert words in done.stderr and len(done.stderr.splitlines()) == bool(words)
    assert all(run.state == "finished" for run in lab.runs()) and len(lab.runs()) == 1 + shell.startswith("train")


def test_show_says_the_verdict_in_words_and_as_values(core, digits):
    stuck = ["--set", "optimizer.lr=1e-7", "--set", "data.validation=0.02", "--name", "stuck"]
    status, out, _ = core("train", *QUICK, *stuck)
    assert status == 0 and "verdict: Stuck at chance. The model answers hardly better than guessing" in out
    assert "no better than guessing, as far as" not in out  # what the score alone would have said
    status, out, _ = core("show", "stuck")
    assert status == 0 and "to try: optimizer.lr=0.001" in out and "show " in out.splitlines()[-1]
    first, second = lines(core("show", "stuck", "--json")[1])[0]["verdict"]
    assert (first["rule"], second["rule"]) == ("stuck_at_chance", "few_validation_images")
    assert first["changes"] == {"optimizer.lr": 0.001} and first["advice"].endswith("take the usual rate.")
    assert 0 < first["evidence"]["train"] < 0.2 and second["changes"] == {"data.validation": 0.1}


def test_show_has_everything_in_one_line(core, trained):
    status, out, _ = core("show", trained.id[:6], "--json")
    (shown,) = lines(out)
    assert status == 0 and shown["run"] == trained.id and shown["state"] == "finished" and shown["pid"] is None
    assert RunConfig.from_dict(shown["config"]) == trained.config
    assert [e["epoch"] for e in shown["epochs"]] == [0, 1, 2, 3, 4, 5] and shown["summary"] == trained.summary
    assert shown["verdict"] == []
    status, out, _ = core("show", "trained")
    assert status == 0 and "test accuracy" in out and "optimizer.lr" in out


def test_lists(core, trained):
    assert {"digits", "mnist", "cifar10", "svhn"} <= {line["name"] for line in lines(core("datasets", "--json")[1])}
    assert [line["name"] for line in lines(core("recipes", "--json")[1])][:2] == ["digits-quick", "mnist-mlp"]
    assert lines(core("runs", "--json")[1])[0]["run"] == trained.id
    for command in ("datasets", "recipes", "runs"):
        status, out, _ = core(command)
        assert status == 0 and len(out.splitlines()) >= 1


def test_prepare_tells_how_far_it_is_and_when_it_is_ready(core):
    status, out, _ = core("prepare", "digits", "--json")
    assert status == 0 and lines(out)[-1]["ready"] is True and lines(out)[-1]["images"] == {"train": 1437, "test": 360}
    assert core("prepare", "digits")[1].startswith("“Digits")


def test_mirroring_digits_is_warned_of_and_done(core, digits):
    status, out, err = core("train", *QUICK, "--set", "training.epochs=1", "--set", "augment.flip=true", "--json")
    assert status == 0 and lines(out)[-1]["state"] == "finished"
    assert "Mirror is on, but a mirrored image of this data set is not of its class any more" in err
    assert "Mirror" not in core("train", *QUICK, "--set", "training.epochs=1", "--json")[2]


def test_submit_pause_resume_cancel_delete(core, digits, lab):
    status, out, _ = core("submit", *QUICK, "--set", "training.epochs=1000", "--name", "long", "--json")
    run = lines(out)[0]["run"]
    assert status == 0 and lines(out)[0]["state"] == "queued"
    until(lambda: len(lab.store.epochs(run)) > 1)
    assert lines(core("show", run, "--json")[1])[0]["pid"]
    assert lines(core("pause", run, "--json")[1])[0]["state"] == "paused"
    assert lines(core("resume", "long", "--json")[1])[0]["state"] == "queued"
    until(lambda: lab.run(run).state == "running")
    assert lines(core("cancel", run, "--json")[1])[0]["state"] == "cancelled"
    status, _, err = core("delete", run)
    assert status == 2 and "--yes" in err and lab.run(run)
    assert core("delete", run, "--yes")[0] == 0 and not lab.runs()


def test_predict_images(core, trained, digits, tmp_path):
    files = []
    for index in digits.indices("test")[:5]:
        files.append(str(tmp_path / f"{index}.png"))
        Image.fromarray(digits.array[index][:, :, 0]).save(files[-1])
    status, out, _ = core("predict", trained.id, *files, "--json")
    answers = lines(out)
    assert status == 0 and [a["file"] for a in answers] == files
    for answer in answers:
        assert answer["label"] in set("0123456789") and set(answer["probabilities"]) == set("0123456789")
        assert answer["probability"] == max(answer["probabilities"].values())
        assert np.isclose(sum(answer["probabilities"].values()), 1, atol=1e-5)


def test_predict_takes_a_file_for_what_it_is(core, trained, digits, tmp_path):
    """A model of drawings: what has the size of its images is one of them, anything else is drawn."""
    of_the_set, drawn, empty = (tmp_path / f"{name}.png" for name in ("set", "drawn", "empty"))
    image = Image.fromarray(digits.array[int(digits.indices("test")[0])][:, :, 0])
    image.save(of_the_set)
    image.resize((200, 200)).save(drawn)
    Image.new("L", (200, 200)).save(empty)
    status, out, err = core("predict", trained.id, of_the_set, drawn, empty, "--json")
    assert [a["read_as"] for a in lines(out)] == ["image", "drawing"]
    assert status and err.startswith(f"{empty}: There is no ink on this picture.")
    assert "read as a drawing" in core("predict", trained.id, drawn)[1]
    _, out, _ = core("predict", trained.id, drawn, "--image", "--json")
    assert lines(out)[0]["read_as"] == "image"


def test_predict_tells_the_range_of_a_deep_file_and_what_is_no_drawing(core, trained, tmp_path):
    deep, photograph = tmp_path / "deep.png", tmp_path / "boot.png"
    levels = np.full((200, 200), 4000, np.uint16)
    levels[40:160, 90:105] = 300
    Image.fromarray(levels).save(deep)
    Image.fromarray(boot()).save(photograph)
    moving = tmp_path / "moving.gif"
    first, *others = [Image.fromarray(((levels > level) * 255).astype(np.uint8)) for level in (1000, 0)]
    first.save(moving, save_all=True, append_images=others)
    status, out, err = core("predict", trained.id, deep, photograph)
    assert (status, err) == (0, "")
    said = [told.strip() for told in out.splitlines()]
    assert "read as a drawing" in said[0] and said[1].startswith("This file uses 12 of its 16 bits")
    assert "This file is an animation: only its first picture is read." in core("predict", trained.id, moving)[1]
    assert said[3].startswith("This does not look like a drawing") and len(said) == 4
    first, second = lines(core("predict", trained.id, deep, photograph, "--json")[1])
    assert (first["bits"], first["unlike"]) == (12, []) and second["bits"] is None and len(second["unlike"]) == 1


def test_predict_goes_on_after_a_file_that_is_not_an_image(core, trained, digits, tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(digits.array[0][:, :, 0]).save(good)
    bad.write_text("words")
    status, out, err = core("predict", trained.id, bad, good, "--json")
    assert status == 2 and [a["file"] for a in lines(out)] == [str(good)] and "bad.png" in err
    assert len(err.strip().splitlines()) == 1


def test_predict_answers_a_folder_into_a_table(core, trained, digits, tmp_path):
    folder, table = tmp_path / "mine", tmp_path / "answers.csv"
    for index in digits.indices("test")[:6].tolist():
        inside = folder / ("unknown" if index % 2 else str(digits.labels[index]))
        inside.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.array[index][:, :, 0]).save(inside / f"=1+{index}.png")
    (folder / "=bad.png").write_text("words")
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden").write_text("no picture")
    status, out, _ = core("predict", trained.id, folder, "--to", table, "--json")
    (said,) = lines(out)
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert (status, said["files"], said["failed"]) == (0, 8, 2) and len(rows) == 8
    bad, other = [row for row in rows if row["problem"]]
    assert other["file"] == "notes.txt" and "not an image" in other["problem"]
    assert bad["file"] == "'=bad.png" and "cannot be read" in bad["problem"] and not bad["answer"]
    known = [row for row in rows if row["class"]]
    assert 0 < len(known) < 6 and said["total"] == len(known)
    assert said["correct"] == sum(row["right"] == "True" for row in known)
    of_one = lines(core("predict", trained.id, folder / known[0]["file"], "--json")[1])[0]
    assert (known[0]["answer"], known[0]["read_as"]) == (of_one["label"], of_one["read_as"])
    assert float(known[0]["probability"]) == pytest.approx(of_one["probability"], abs=1e-5)
    every = {name: float(known[0][f"p({name})"]) for name in of_one["probabilities"]}
    assert every == pytest.approx(of_one["probabilities"], abs=1e-5) and bad["p(0)"] in ("", None)
    assert "accuracy" in core("predict", trained.id, folder, "--to", table)[1]


def test_a_table_has_a_row_for_what_is_no_file_and_a_name_of_its_own_for_every_file(core, trained, digits, tmp_path):
    folder, table = tmp_path / "mine", tmp_path / "answers.csv"
    folder.mkdir()
    for name in ("a\nb.png", "a b.png"):
        Image.fromarray(digits.array[0][:, :, 0]).save(folder / name)
    (folder / "c gone.png").symlink_to("nowhere")
    os.mkfifo(folder / "d pipe.png")
    status, out, _ = core("predict", trained.id, folder, "--to", table, "--json")
    rows = {row["file"]: row for row in csv.DictReader(table.open(encoding="utf-8"))}
    assert status == 0 and lines(out)[0]["failed"] == 2
    assert [*rows] == [r"a\nb.png", "a b.png", "c gone.png", "d pipe.png"]
    assert "There is no file" in rows["c gone.png"]["problem"] and not rows["a b.png"]["problem"]
    assert "not an ordinary file" in rows["d pipe.png"]["problem"]


def test_every_way_of_predicting_says_that_a_picture_was_turned_round(core, trained, digits, tmp_path):
    file, table = tmp_path / "dark on light.png", tmp_path / "answers.csv"
    Image.fromarray(255 - digits.array[0][:, :, 0]).save(file)
    said = "read with light and dark turned round"
    assert core("predict", trained.id, file, "--image")[1].strip().endswith(said)
    assert lines(core("predict", trained.id, file, "--image", "--json")[1])[0]["turned"]
    core("predict", trained.id, file, "--image", "--to", table)
    (row,) = csv.DictReader(table.open(encoding="utf-8"))
    assert row["note"] == "Read with light and dark turned round."
    assert not {"class", "right"} & {*row}  # no folder names a class


def test_predict_says_what_a_table_needs(core, trained, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "Say where its answers go: --to answers.csv" in core("predict", trained.id, tmp_path)[2]
    assert "does not end in .csv" in core("predict", trained.id, tmp_path, "--to", tmp_path / "a.txt")[2]
    status, out, err = core("predict", trained.id, tmp_path / "mistyped", "--to", tmp_path / "a.csv")
    assert status == 2 and not out and "There is no file or folder" in err and not (tmp_path / "a.csv").exists()
    assert "no picture in the folder" in core("predict", trained.id, tmp_path / "empty", "--to", tmp_path / "a.csv")[2]


def test_predict_says_so_where_an_answer_is_no_number(core, trained, digits, tmp_path, monkeypatch):
    file = tmp_path / "one.png"
    Image.fromarray(digits.array[0][:, :, 0]).save(file)
    monkeypatch.setattr(torch.Tensor, "softmax", lambda output, _: output * float("nan"))
    status, out, err = core("predict", trained.id, file, "--json")
    assert status == 1 and not out and "no answer from “trained”" in err


def test_evaluate(core, trained):
    status, out, _ = core("evaluate", trained.id, "--split", "test", "--json")
    (result,) = lines(out)
    assert status == 0 and result["correct"] == trained.summary["test_correct"] and len(result["confusion"]) == 10
    assert "confusion matrix" in core("evaluate", trained.id)[1]
    assert result["top5"] > 0.9 and result["per_class"][3]["top5"] > 0.8
    low, high = result["calibration"]["interval"]
    assert low <= result["calibration"]["error"] <= high and result["calibration"]["temperature"] is None
    assert result["calibration"]["error"] == pytest.approx(result["metrics"]["expected_calibration_error"], abs=1e-6)
    (val,) = lines(core("evaluate", trained.id, "--split", "val", "--json")[1])
    assert val["calibration"]["temperature"]["value"] > 0


def test_evaluate_tells_how_far_it_is_where_it_is_asked_to(core, trained, monkeypatch):
    monkeypatch.setattr("core.training.evaluate.PROGRESS_INTERVAL_S", 0.0)
    *beats, result = lines(core("evaluate", trained.id, "--json", "--progress")[1])
    assert [one["total"] for one in beats] == [360] * len(beats) and beats and result["total"] == 360
    assert len(lines(core("evaluate", trained.id, "--split", "val", "--json")[1])) == 1


def test_evaluate_on_another_set(core, trained, tmp_path):
    for name in ("1", "cat"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(np.full((8, 8), 40 * number, np.uint8)).save(tmp_path / "mine" / name / f"{number}.png")
    status, out, _ = core("evaluate", trained.id, "--data", tmp_path / "mine", "--json")
    (result,) = lines(out)
    assert (status, result["total"], result["other"]["unmatched"]) == (0, 3, {"cat": 3})
    out = core("evaluate", trained.id, "--data", tmp_path / "mine")[1]
    assert "3 images are left out" in out and "9 classes of the model have no image here" in out
    status, _, err = core("evaluate", trained.id, "--data", tmp_path / "nothing")
    assert status == 2 and "nothing" in err and "Traceback" not in err


def test_predict_says_none_of_these_below_the_threshold(core, trained, lab, digits, tmp_path):
    Image.fromarray(np.ascontiguousarray(digits.image(0)[:, :, 0])).save(tmp_path / "digit.png")
    (first,) = lines(core("predict", trained.id, tmp_path / "digit.png", "--json")[1])
    assert first["accepted"] is True
    keep_confidence(lab.files.checkpoint(trained.id), threshold=1.0, temperature=5.0)
    (second,) = lines(core("predict", trained.id, tmp_path / "digit.png", "--json")[1])
    assert (second["label"], second["accepted"]) == (first["label"], False)
    assert second["probability"] < first["probability"]
    assert "none of these" in core("predict", trained.id, tmp_path / "digit.png")[1]


def test_export(core, trained, tmp_path):
    status, out, _ = core("export", trained.id, "--to", tmp_path / "w.safetensors", "--json")
    assert status == 0 and all(Path(file).exists() for file in lines(out)[0]["files"])
    status, _, err = core("export", trained.id, "--to", tmp_path / "w.onyx")
    assert status == 2 and ".safetensors" in err


def test_track(core, trained, tmp_path):
    status, out, err = core("track", trained.id, trained.name, "--to", tmp_path / "my logs", "--json")
    (told,) = lines(out)
    assert status == 0 and err == "" and told["with"] == "tensorboard" and any(Path(told["place"]).iterdir())
    assert told["look"] == f"tensorboard --logdir '{tmp_path / 'my logs'}'"
    status, out, _ = core("track", trained.id, "--to", tmp_path / "my logs", "--follow")
    assert status == 0 and "“trained” (" in out and out.splitlines()[1] == f"look at it with: {told['look']}"
    assert core("delete", trained.id, "--yes")[0] == 0
    status, out, err = core("track", trained.id, "--to", tmp_path / "other")
    assert (status, out) == (2, "") and "There is no run" in err and not (tmp_path / "other").exists()


@pytest.mark.parametrize("command", ["export RUN --to", "pack RUN --to", "report RUN --to", "script RUN --to"])
def test_a_file_that_is_replaced_is_told(core, trained, tmp_path, command: str) -> None:
    words = command.replace("RUN", trained.id).split()
    ending = {"export": ".pt", "pack": ".zip", "report": ".html", "script": ".py"}[words[0]]
    file = tmp_path / f"one{ending}"
    told = [core(*words, str(file))[1] for _ in range(2)]
    assert "was there" not in told[0] and "the file that was there" in told[1].casefold(), told
    assert lines(core(*words, str(file), "--json")[1])[-1]["replaced"] is True


def test_export_makes_no_folder_and_says_where_it_cannot_write(core, trained, tmp_path):
    (tmp_path / "folder.pt").mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.iterdir())
    for target, words in (
        ("missing/w.pt", "there is no folder"),
        ("folder.pt", "is a folder"),
        ("file/w.pt", "file/w.pt cannot be written (not a directory)"),
        (f"{'w' * 300}.pt", "cannot be written (file name too long)"),
    ):
        status, out, err = core("export", trained.id, "--to", tmp_path / target)
        assert status == 2 and words in err and out == "" and len(err.splitlines()) == 1
    assert core("export", trained.id, "--to", "")[0] == 2
    assert sorted(tmp_path.iterdir()) == before


def test_config_file(core, digits, tmp_path):
    file = tmp_path / "run.json"
    file.write_text(RunConfig().replace({"training.epochs": 1, "model.channels": [4]}).to_json())
    status, out, _ = core("train", "--config", file, "--set", "optimizer.lr=0.01", "--name", "mine", "--json")
    assert status == 0 and lines(out)[-1]["name"] == "mine" and lines(out)[-1]["epochs"] == 1


@pytest.mark.parametrize("name,text", [
    ("run.yaml", "training: {epochs: 1}\nmodel:\n  channels: [4]\noptimizer: {lr: 3e-3}\n"),
    ("run.toml", "training.epochs = 1\nmodel.channels = [4]\n[optimizer]\nlr = 3e-3\n"),
])  # fmt: skip
def test_config_file_as_people_write_it(core, digits, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    status, out, _ = core("train", "--config", tmp_path / name, "--json")
    assert status == 0
    config = json.loads(core("show", lines(out)[-1]["run"], "--json")[1])["config"]
    assert (config["optimizer"]["lr"], config["model"]["channels"], config["training"]["epochs"]) == (0.003, [4], 1)


def test_own_layers_are_typed_trained_evaluated_and_exported(core, digits, tmp_path):
    typed = "conv 8 3 1 1, relu, residual 8, global_avg_pool, dropout 0.1"
    status, out, _ = core("train", *LAYERS, "--set", f"model.layers={typed}", "--json")
    assert status == 0
    last = lines(out)[-1]
    assert last["name"] == "Own layers on Digits (8 × 8)"
    assert core("evaluate", last["run"], "--json")[0] == 0
    assert core("export", last["run"], "--to", tmp_path / "own.safetensors")[0] == 0
    beside = json.loads((tmp_path / "own.safetensors.json").read_text())
    meant = "conv 8 3 padding=1, relu, residual 8, global_avg_pool, dropout 0.1"
    assert (beside["model"]["name"], beside["model"]["layers"]) == ("layers", meant)
    assert core("train", "--config", tmp_path / "own.safetensors.json", "--json")[0] == 0


@pytest.mark.parametrize(
    "arguments,words",
    [
        (["train", "--recipe", "mnist-mpl"], "unknown recipe 'mnist-mpl'; have: digits-quick"),
        (["train", *QUICK, "--set", "model.name=resent"], "unknown model 'resent'; have: mlp, cnn"),
        (["train", *QUICK, "--set", "data.name=minst"], "unknown data set 'minst'; have: digits"),
        (["train", *QUICK, "--set", "training.epochs=0"], "training.epochs is 0; allowed: a whole number from 1"),
        (["train", *QUICK, "--set", "optimizer.lr=-1"], "optimizer.lr is -1; allowed: a number from 1e-8"),
        (["train", *QUICK, "--set", "optimizer.lr"], "has no '='"),
        (["train", *QUICK, "--set", "data.name=folder"], "path"),
        (["train", "--recipe", "folder-resnet18"], "path"),
        (["train", *QUICK, "--set", "training.device=mps"], "training.device is 'mps'"),
        (["submit", *QUICK, "--set", "model.channels=[8,8,8,8]"], "model.channels has 4 blocks"),
        (
            ["submit", *LAYERS, "--set", "model.layers=conv 8, cov 3"],
            "model.layers, row 2 (cov 3): unknown layer 'cov'",
        ),
        (["submit", *LAYERS, "--set", "model.layers=conv 8, relu"], "model.layers, row 3 (dense 10): it needs numbers"),
        (["train", *LAYERS, "--set", "model.layers=conv 8 9"], "model.layers, row 1 (conv 8 9): its window of 9 × 9"),
        (["prepare", "digits", "--path", "/tmp"], "--path is only for"),
        (["train", *QUICK, "--set", "data.name=folder", "--set", "data.path=/no/such/place"], "/no/such/place"),
        (["train", "--config", "/no/such/file.json"], "/no/such/file.json cannot be read (no such file or directory)"),
        (["train", "--config", __file__], "test_cli.py: the settings are not JSON (extra data in line 1, column 3)"),
        (["prepare", "/no/such/place"], "there is no folder and no ZIP file at /no/such/place"),
        (["prepare", "photos.zip"], "photos.zip: check the path"),
        (["prepare", "folder"], "--path DIR"),
        (["train"], "--recipe --config"),
        (["prepare", "minst"], "unknown data set 'minst'"),
        (["show", "nothing"], "There is no run 'nothing'"),
        (["predict", "nothing", "x.png"], "There is no run 'nothing'"),
        (["frobnicate"], "frobnicate"),
        ([], "COMMAND"),
    ],
    ids=lambda value: " ".join(value)[-40:] if isinstance(value, list) else "",
)
def test_bad_input_is_a_sentence_and_status_2_and_changes_nothing(core, lab, digits, arguments, words):
    status, out, err = core(*arguments)
    assert status == 2 and words in err and out == ""
    assert len(err.strip().splitlines()) == 1 and not lab.runs()


@pytest.mark.parametrize("command", ["train", "submit"])
def test_weights_that_cannot_be_had_are_told_before_anything_is_prepared_or_queued(
    core, lab, workspace, monkeypatch, tmp_path, command
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(vision, "ADDRESS", "http://127.0.0.1:9/")  # nothing listens there
    imagenet = ["--set", "model.name=resnet18", "--set", "model.weights=imagenet"]
    status, out, err = core(command, *QUICK[:2], *imagenet)
    assert status == 1 and not out and not lab.runs() and not workspace.cache.exists()
    first, second = err.strip().splitlines()
    assert first == "ImageNet's weights of ResNet-18 are not on this computer: 47 MB from 127.0.0.1."
    assert "(Connection refused). Either put that file by hand at" in second and "model.weights=random" in second
    status, out, err = core(command, *QUICK[:2], *imagenet, "--json")
    assert status == 1 and not out and err.strip() == second


def test_a_run_that_never_began_is_not_resumed_without_its_weights(core, lab, digits, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(vision, "ADDRESS", "http://127.0.0.1:9/")
    config = RunConfig().replace({"model.name": "resnet18", "model.weights": "imagenet"})
    run = lab.store.add(config, "mine", state="failed")
    status, _out, err = core("resume", run.id)
    assert status == 1 and "Either put that file by hand" in err and lab.run(run.id).state == "failed"


def test_a_run_starts_from_the_weights_of_another_by_its_name(core, digits, lab, monkeypatch):
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    core("train", *QUICK, "--name", "first")
    first = lab.runs()[0]
    of_first = ["--set", "model.weights=run:first"]
    status, out, err = core("submit", *QUICK, *of_first, "--set", "model.trains=head", "--name", "second", "--json")
    assert status == 0 and not err and lines(out)[0]["state"] == "queued"
    assert lab.runs()[0].config.model.weights == f"run:{first.id}"
    status, out, err = core("train", *QUICK, *of_first, "--set", "model.trains=head", "--name", "third")
    assert status == 0 and "Began with the weights of “first” after epoch 2: all 4 layers." in err
    assert "Began with the weights of “first” after epoch 2: all 4 layers." in core("show", "third")[1]
    assert json.loads(core("show", "third", "--json")[1])["summary"]["weights_from"]["run"] == first.id
    status, out, err = core("find-lr", *QUICK, *of_first, "--json")
    assert status == 0 and lines(out)[0]["loss"] < 1.5, "the untrained model has 2.3"
    runs = len(lab.runs())
    for begun, change, words in (
        (QUICK[:4], "model.name=mlp", "which has the model CNN, and here it is MLP: choose CNN"),
        (QUICK, "data.size=16", "images of 8×8 pixels, and these come with 16×16: set data.size to 8"),
        (QUICK, "model.weights=run:nobody", "There is no run 'nobody'"),
        (QUICK, "model.weights=run:first:imagenet", f"allowed for the weights of “first”: run:{first.id}, as"),
    ):
        status, out, err = core("submit", *begun, *of_first, "--set", change)
        assert status == 2 and words in err and len(err.strip().splitlines()) == 1 and len(lab.runs()) == runs


def test_missing_data_without_a_network_are_status_1(core, monkeypatch, lab):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    status, _, err = core("train", "--recipe", "mnist-mlp", "--set", "data.name=kmnist")
    assert status == 1 and "train-images-idx3-ubyte" in err and len(err.strip().splitlines()) == 1 and not lab.runs()


def test_a_run_that_fails_is_status_1(core, digits):
    explosive = ["optimizer.name=sgd", "optimizer.lr=10", "optimizer.momentum=0.99", "model.batch_norm=false"]
    explosive += ["model.widths=[]", "training.batch_size=8", "training.epochs=40"]
    changes = [argument for change in explosive for argument in ("--set", change)]
    status, out, err = core("train", *QUICK, *changes, "--json")
    assert status == 1 and "The loss became" in err and lines(out)[-1]["state"] == "failed"


def test_something_nobody_foresaw_is_still_a_sentence(core, monkeypatch):
    monkeypatch.setattr("core.cli.data.catalog.catalog", lambda: 1 / 0)
    status, _, err = core("datasets")
    assert status == 1 and "unexpected error occurred: division by zero." in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("database,status,words", [
    ("nowhere", 2, "EPOCHLAB_DB is nowhere, which is no database"), ("nosuch://me:secret@there/a", 2, "me:***@there"),
    (f"sqlite:///{__file__}", 1, "cannot be used (file is not a database)"),
    (f"sqlite:///{__file__}/runs.db", 1, "cannot be opened (file exists)"),
])  # fmt: skip
def test_a_store_that_cannot_be_used_is_a_sentence(core, monkeypatch, database, status, words):
    monkeypatch.setenv("EPOCHLAB_DB", database)
    result, _, err = core("runs")
    assert result == status and words in err and len(err.strip().splitlines()) == 1


def test_progress_is_said_only_when_it_changes(core, monkeypatch):
    waiting = [PrepareProgress("connecting", 0, 0, "bytes")] * 3 + [PrepareProgress("reading images", 1, 2, "images")]
    monkeypatch.setattr("core.cli.data.preparation.prepare", lambda *of: iter(waiting))
    out = core("prepare", "kmnist", "--json")[1]
    assert [line["stage"] for line in lines(out)] == ["connecting", "reading images"]


def test_two_runs_are_compared_on_the_same_images(core, trained):
    status, out, _err = core("train", *QUICK, "--json")
    other = lines(out)[-1]
    status, out, err = core("compare", trained.id, other["run"], "--json")
    assert (status, err) == (0, "")
    first, second, *settings, pair = lines(out)
    assert (first["run"], first["accuracy"]) == (trained.id, trained.summary["test_accuracy"])
    assert (second["run"], second["correct"], second["total"]) == (other["run"], other["test_correct"], 360)
    assert first["interval"][0] < first["accuracy"] < first["interval"][1]
    assert {one["setting"] for one in settings} >= {"training.epochs", "model.channels"}
    assert (pair["first"], pair["second"], pair["method"]) == ([trained.id], [other["run"]], "mcnemar")
    assert pair["both"] + pair["only_first"] == first["correct"]
    assert pair["both"] + pair["only_second"] == second["correct"]
    assert sum(pair[name] for name in ("both", "only_first", "only_second", "neither")) == 360
    assert pair["difference"] == pytest.approx(second["accuracy"] - first["accuracy"])
    assert pair["interval"][0] <= pair["difference"] <= pair["interval"][1]
    status, out, _err = core("compare", trained.id, other["run"])
    assert status == 0 and pair["words"] in out and "Epochs: 5  2" in out


def test_seeds_are_compared_as_groups(core, trained, lab, tmp_path):
    ids, settings = [trained.id], tmp_path / "settings.json"
    settings.write_text(trained.config.to_json())
    for change in ("training.seed=1", "optimizer.lr=0.0001"):
        _status, out, _err = core("train", "--config", settings, "--set", change, "--json")
        ids.append(lines(out)[-1]["run"])
    status, out, _err = core("compare", *ids, "--json")
    group = next(line for line in lines(out) if "group" in line)
    found = [lab.run(run).summary["test_accuracy"] for run in ids[:2]]
    assert group["group"] == ids[:2] and group["mean"] == pytest.approx(sum(found) / 2)
    last = lines(out)[-1]
    assert (status, last["first"], last["second"], last["method"]) == (0, ids[:2], ids[2:], "student")
    assert last["difference"] == pytest.approx(lab.run(ids[2]).summary["test_accuracy"] - group["mean"])
    status, out, _err = core("compare", *ids)
    assert status == 0 and f"repeat {ids[2]} --seeds 3" in out


def test_comparing_takes_two_runs(core, trained):
    status, out, err = core("compare", trained.id)
    assert (status, out) == (2, "") and "two different runs" in err


@pytest.mark.parametrize("command", [["compare"], ["report", "--to", "two.html"]])
def test_a_run_that_is_named_twice_is_told(core, trained, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    status, out, err = core(*command, trained.id, trained.name)
    assert (status, out) == (2, "") and f"({trained.id}) is named twice" in err
    assert not (tmp_path / "two.html").exists()


def test_runs_of_other_images_are_not_compared(core, trained, tmp_path):
    for name in ("cats", "dogs"):
        for number in range(6):
            file = tmp_path / "pets" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture(number * 20 + len(name), (9, 9), "PNG"))
    pets = ["--set", "data.name=folder", "--set", f"data.path={tmp_path / 'pets'}"]
    _status, out, err = core("train", *QUICK, *pets, "--json")
    status, out, _err = core("compare", trained.id, lines(out)[-1]["run"], "--json")
    assert status == 0, err
    assert lines(out)[-1]["method"] is None and "not measured on the same images" in lines(out)[-1]["words"]


def test_a_learning_rate_is_found(core, digits):
    status, out, err = core("find-lr", "--recipe", "digits-quick", "--json")
    *points, last = lines(out)
    assert (status, err) == (0, "")
    assert all(set(point) == {"step", "lr", "loss", "smoothed"} for point in points) and len(points) > 50
    assert 1e-4 < last["suggestion"] < 0.1 and last["lowest_at"] == pytest.approx(10 * last["suggestion"], rel=0.3)
    status, out, _err = core("find-lr", "--recipe", "digits-quick", "--set", "optimizer.lr=0.5")
    assert status == 0 and f"a learning rate of {last['suggestion']:g}" in out and "These settings have 0.5" in out


def test_a_run_is_repeated(core, trained, lab, monkeypatch):
    monkeypatch.setattr("core.runs.executors.local.LocalProcesses.start_worker", lambda self: None)
    status, out, _err = core("repeat", "trained", "--seeds", "2", "--json")
    again = [lab.run(line["run"]) for line in lines(out)]
    assert status == 0 and [run.config.training.seed for run in again] == [1, 2]
    assert [run.name for run in again] == ["trained, seed 1", "trained, seed 2"]
    status, _out, err = core("repeat", "trained", "--seeds", "0")
    assert status == 2 and "1 to 100 times" in err


def test_a_run_is_trained_longer_and_forked(core, trained, lab, monkeypatch):
    monkeypatch.setattr("core.runs.executors.local.LocalProcesses.start_worker", lambda self, idle=0.0: None)
    done = trained.config.training.epochs
    status, out, err = core("continue", "trained", "--epochs", done + 2, "--json")
    (line,) = lines(out)
    assert (status, err) == (0, "") and line["epochs"] == done + 2 and line["state"] == "queued"
    assert line["name"] == f"trained, to {done + 2} epochs"
    assert line["origin"] == {"run": trained.id, "name": "trained", "epoch": done, "schedule": "rule"}
    status, out, err = core("fork", trained.id, "--epoch", 2, "--set", "optimizer.lr=0.01", "--name", "mine", "--json")
    (line,) = lines(out)
    assert (status, err) == (0, "") and lab.run(line["run"]).config.optimizer.lr == 0.01
    assert line["name"] == "mine" and line["origin"]["epoch"] == 2
    status, out, _err = core("show", "mine", "--json")
    (shown,) = lines(out)
    assert shown["origin"]["name"] == "trained" and [row["epoch"] for row in shown["epochs"]] == [0, 1, 2]
    _status, out, _err = core("show", trained.id)
    assert f"can be forked after epoch {', '.join(map(str, range(1, done + 1)))}" in out
    status, out, err = core("fork", trained.id, "--epoch", 2, "--set", "optimizer.name=sgd")
    assert status == 0 and "without a memory of its earlier steps" in err and "after epoch 2. Watch it" in out


@pytest.mark.parametrize(("arguments", "words"), [
    (["continue", "trained", "--epochs", "2"], "has trained for"),
    (["fork", "trained", "--epoch", "77"], "It can be forked after: 1, 2"),
    (["fork", "trained", "--epoch", "2", "--set", "data.name=mnist"], "data.name cannot be changed"),
    (["fork", "trained", "--epoch", "2", "--set", "model.widths=[9]"], "model.widths cannot be changed"),
    (["fork", "trained", "--epoch", "2", "--schedule", "hold", "--set", "optimizer.lr=1"], "choose one of the two"),
    (["fork", "trained", "--epoch", "two"], "allowed: a whole number"),
], ids=str)  # fmt: skip
def test_what_cannot_be_forked_is_a_sentence(core, trained, lab, arguments, words):
    status, out, err = core(*arguments)
    assert (status, out) == (2, "") and words in err and len(err.splitlines()) == 1
    assert [run.id for run in lab.runs()] == [trained.id]


@pytest.mark.parametrize("name,meant", [("training.lr", "optimizer.lr"), ("model.epochs", "training.epochs")])
def test_a_setting_of_another_part_is_named(core, name, meant):
    status, _out, err = core("train", "--recipe", "digits-quick", "--set", f"{name}=1")
    assert status == 2 and f"Did you mean {meant}?" in err


@pytest.mark.parametrize("seeds", ["abc", "1_0", "٣", "2.5", ""])
def test_a_number_of_an_option_that_is_none_is_refused_in_a_sentence(core, trained, seeds):
    status, _, err = core("repeat", trained.id, "--seeds", seeds)
    assert (status, err) == (2, f"--seeds is “{seeds}”; allowed: a whole number\n")


@pytest.mark.parametrize("command", ["compare", "evaluate", "predict", "export"])
def test_a_run_without_a_checkpoint_is_named_and_no_path_is(core, trained, tmp_path, monkeypatch, command):
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    _, out, _ = core("submit", "--recipe", "digits-quick", "--name", "still waiting", "--json")
    (run,) = lines(out)
    core("cancel", run["run"])
    more = {"compare": [trained.id], "predict": [tmp_path / "x.png"], "export": ["--to", tmp_path / "x.pt"]}
    status, out, err = core(command, run["run"], *more.get(command, []))
    assert status == 1 and not out
    assert err.startswith("“still waiting” (") and "has no checkpoint yet" in err and "last.pt" not in err


@pytest.fixture
def digit(digits, tmp_path):
    """The file of a test image, and its pixels."""
    image = digits.array[int(digits.indices("test")[0])]
    Image.fromarray(image[:, :, 0]).save(tmp_path / "digit.png")
    return tmp_path / "digit.png", image


def test_explain_writes_the_picture_beside_its_map(core, trained, digit, tmp_path):
    file, image = digit
    status, out, err = core("explain", trained.id, file, "--to", tmp_path / "map.png")
    assert (status, err) == (0, "") and out.count("\n") == 3 and "by Grad-CAM" in out
    written = np.asarray(Image.open(tmp_path / "map.png"))
    times = 336 // 8
    assert written.shape == (336, 2 * 336 + 8, 3)
    np.testing.assert_array_equal(written[::times, : 8 * times : times, 0], image[..., 0])
    right = written[::times, 336 + 8 :: times].astype(int)
    assert (right[..., 0] - right[..., 2]).max() > 100  # some of it is the colour of what speaks for the class


@pytest.mark.parametrize("method", ["grad-cam", "integrated-gradients", "occlusion", "smoothgrad"])
def test_explain_in_json_has_the_map_that_core_computes(core, trained, digit, digits, tmp_path, method, workspace):
    from core.inference import predictor
    from core.insight.attribution import ATTRIBUTIONS
    from core.insight.explanation import explain

    file, image = digit
    to = tmp_path / "map.png"
    status, out, _ = core("explain", trained.id, file, "--method", method, "--class", "4", "--to", to,
                          "--random-weights", "--json")  # fmt: skip
    (told,) = lines(out)
    assert status == 0 and told["class"] == "4" and told["method"] == method and told["files"] == [str(to)]
    answerer = predictor.load(trained, workspace)
    found = explain(answerer.model, image, answerer.spec, ATTRIBUTIONS[method].defaults(), 4)
    np.testing.assert_allclose(told["map"], found.coarse, atol=1e-5)
    assert told["label"] == answerer.classes[found.predicted]
    assert -1 <= told["correlation"] <= 1 and np.asarray(Image.open(to)).shape == (336, 3 * 336 + 16, 3)


def test_explain_reads_a_drawing_as_predict_does(core, trained, digits, tmp_path):
    drawn = tmp_path / "drawn.png"
    Image.fromarray(digits.array[0][:, :, 0]).resize((200, 200)).save(drawn)
    asked = lines(core("predict", trained.id, drawn, "--drawing", "--json")[1])[0]
    told = lines(core("explain", trained.id, drawn, "--drawing", "--to", tmp_path / "map.png", "--json")[1])[0]
    assert told["label"] == told["class"] == asked["label"]
    assert told["probability"] == pytest.approx(asked["probability"], abs=1e-5)


def test_explain_replaces_its_own_picture_and_no_other(core, trained, digit, tmp_path):
    file, _ = digit
    before, to = file.read_bytes(), tmp_path / "map.png"
    status, _, err = core("explain", trained.id, file, "--to", file)
    assert status == 2 and "is something else already" in err and file.read_bytes() == before
    assert core("explain", trained.id, file, "--to", to)[0] == 0
    assert core("explain", trained.id, file, "--to", to, "--method", "occlusion")[0] == 0


@pytest.mark.parametrize(("more", "said"), [
    (["--method", "grad"], "unknown method 'grad'; have: grad-cam, integrated-gradients, occlusion, smoothgrad"),
    (["--class", "eleven"], "unknown class 'eleven'; have: 0, 1, 2"),
    (["--set", "window=3"], "unknown setting 'window'; have: layer, shown"),
    (["--method", "occlusion", "--set", "window=3"], "window is 3; allowed: a number from 0.02 to 0.9"),
    (["--set", "layer=99"], "layer is “99”, which is no layer of this model with feature maps"),
    (["--to", "map.jpg"], "“map.jpg” ends in .jpg; allowed: .png"),
    (["--to", "nowhere/map.png"], "there is no folder nowhere"),
])  # fmt: skip
def test_explain_says_what_cannot_be(core, trained, digit, tmp_path, more, said):
    status, out, err = core("explain", trained.id, digit[0], "--to", tmp_path / "map.png", *more)
    assert status == 2 and not out and said in err and len(err.splitlines()) == 1
    assert not (tmp_path / "map.png").exists()


def test_edits_become_a_version_that_a_run_learns_from(core, workspace, tmp_path):
    file = tmp_path / "mine.csv"
    assert core("edits", "digits", "--export", file)[0] == 0
    prepared = require(DataSource("digits"), workspace)
    Draft(DataSource("digits"), prepared, workspace).exclude(prepared.indices("test")[:10])
    Draft(DataSource("digits"), prepared, workspace).relabel([0], "8")
    status, out, _ = core("edits", "digits", "--export", file, "--save", "v2")
    assert status == 0 and "11 edits change something" in out and "“v2”: 11 changes" in out
    draft = Draft(DataSource("digits"), prepared, workspace)
    draft.undo(*draft.edits)
    assert lines(core("edits", "digits", "--import", file, "--json")[1])[-1] == {
        "edits": 11, "changes": 11, "versions": [{"name": "v2", "changes": 11}]
    }  # fmt: skip
    assert core("edits", "digits", "--version", "v2", "--save", "v3")[0] == 2
    assert core("train", *QUICK, "--name", "before")[0] == 0
    status, out, _ = core("train", *QUICK, "--name", "after", "--set", "data.version=v2", "--json")
    assert status == 0 and lines(out)[-1]["test_total"] == 350
    status, out, _ = core("compare", "before", "after", "--json")
    before, after, *_more, pair = lines(out)
    assert before["total"] == 360 and before["shared"]["total"] == after["shared"]["total"] == after["total"] == 350
    assert pair["both"] + pair["only_first"] + pair["only_second"] + pair["neither"] == 350
    out = core("compare", "before", "after")[1]
    told = "350 images are in all of these versions, and are judged by the labels of “Digits (8 × 8) · v2”"
    assert told in out and "the newest of these versions" in out
    assert told in core("compare", "after", "before")[1], "the order of the names decides nothing"
    status, _, error = core("evaluate", "before", "--version", "v2")
    assert status == 2 and "--version says how --data is read" in error
    status, _, error = core("train", *QUICK, "--set", "data.version=v9")
    assert status == 2 and "unknown version 'v9'; have: v2" in error
    assert core("edits", "digits", "--delete", "v9", "--yes")[0] == 2
    status, _, error = core("edits", "digits", "--delete", "v2")
    assert status == 2 and "Give --yes" in error
    deleted = lines(core("edits", "digits", "--delete", "v2", "--yes", "--json")[1])
    assert deleted == [{"deleted": "v2", "runs": [after["run"]]}]
    status, _, error = core("evaluate", "after", "--split", "train")
    assert status == 1 and "Version “v2” of “Digits (8 × 8)” was deleted. What runs have learned" in error


def test_columns_that_are_unclear_are_refused_with_the_choices_and_the_setting(core, workspace, tmp_path):
    for number in range(4):
        Image.new("RGB", (9, 9), (60 * number, 0, 0)).save(tmp_path / f"{number}.png")
    rows = [f"{number}.png,{'ab'[number % 2]},{'cd'[number // 2]}" for number in range(4)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,species,colour", *rows]))
    status, _, error = core("prepare", tmp_path / "labels.csv")
    assert status == 2 and "no column for the label by its name (found: file, species, colour). Choose with" in error
    assert "data.columns" in error and "such as file,species. Write it as --columns NAMES here." in error
    own = ["--set", "data.name=folder", "--set", f"data.path={tmp_path / 'labels.csv'}", "--set", "data.validation=0"]
    status, _, error = core("train", *QUICK, *own, "--set", "data.columns=file,colour", "--json")
    assert status == 0, error
    assert [meta.classes for meta in imported(workspace)] == [("c", "d")]
