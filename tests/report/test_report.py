"""The report on one run: what it says, and the sentence for each thing that it cannot say."""

import base64
import io
import json
import re
import shlex
import shutil
from argparse import Namespace

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from core.cli.parser import main, parser
from core.cli.training import config_of
from core.datasets.source import DataSource
from core.prepared import prepare
from core.report.document import Code, Figures, Pictures, Table, Words
from core.report.errors import PICTURE_PX, small
from core.report.report import report
from core.report.settings import recipe_command
from core.runs import schema
from core.runs.lab import Lab
from core.training.verdict import interval
from tests.pages.makers import numbered
from tests.report.conftest import HOSTILE, blocks, with_classes, words

STATES = ("queued", "running", "paused", "interrupted", "failed", "cancelled", "finished")


@pytest.fixture
def run(trained, lab):
    lab.annotate(trained.id, tags=["for the class"], notes="a first try\n<b>bold</b>")
    return lab.run(trained.id)


def test_it_says_what_was_asked_and_what_came_of_it(told, run, digits):
    document = told(run)
    said, scores = words(document), run.summary
    correct, total = scores["test_correct"], scores["test_total"]
    low, high = (f"{100 * share:.2f}\u00a0%" for share in interval(correct, total))
    assert f"Test accuracy {100 * correct / total:.2f}\u00a0%" in said
    assert f"{correct} of {total} test images" in said and f"{low} to {high}" in said
    assert f"Always naming the largest class would give {100 * scores['largest_class'] / total:.2f}\u00a0%" in said
    assert "for the class" in said and "a first try\n<b>bold</b>" in said
    (data,) = blocks(document, "Data")
    rows = dict(data.rows)
    assert rows["Fingerprint"] == digits.meta.fingerprint and rows["Version"] == "as it came"
    parts = [int(re.sub(r"\D", "", rows[f"{part} images"])) for part in ("Training", "Validation", "Test")]
    assert sum(parts) == digits.meta.count and parts[2] == total
    (environment,) = blocks(document, "Where it was trained")
    assert {"PyTorch", "torchvision", "Python", "Epochlab", "Device", "Threads", "Precision"} == set(
        dict(environment.rows)
    )
    assert "cannot be shown" not in "".join(one.title for one in document.sections)


def test_the_mistakes_are_its_surest_with_their_pictures(told, run, lab, digits):
    figures, *_rest, pictures = (one for one in blocks(told(run), "Where it errs") if not isinstance(one, Words))
    matrix = np.array([[int(n) for n in row] for row in figures.figures[0].chart["data"][0]["text"]])
    assert matrix.sum() == run.summary["test_total"] and np.trace(matrix) == run.summary["test_correct"]
    shares = [float(re.search(r"([\d.]+)\u00a0%", one.caption)[1]) for one in pictures.pictures]
    assert shares == sorted(shares, reverse=True) and len(shares) == min(12, matrix.sum() - np.trace(matrix))
    for one in pictures.pictures:
        number, true = re.search(r"Test, image (\d+), which is “(\d)”", one.label).groups()
        index = digits.indices("test")[int(number)]
        assert digits.labels[int(index)] == int(true)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(one.png))), digits.image(int(index))[..., 0])


def test_large_pictures_become_small():
    photo = np.random.default_rng(0).integers(0, 256, (256, 300, 3), np.uint8)
    assert Image.open(io.BytesIO(small(photo))).size == (PICTURE_PX, 82)
    assert Image.open(io.BytesIO(small(photo[..., :1]))).mode == "L"


def test_changed_settings_stand_out_and_the_command_gives_them_back(told, lab):
    text = ["--recipe", "digits-quick", "--set", "optimizer.name=sgd", "--set", "training.epochs=3"]
    config, recipe = config_of(parser().parse_args(["submit", *text, "--set", "model.channels=[8, 8]"]))
    run = lab.store.add(config, recipe=recipe, state="cancelled")
    document = told(run)
    table = next(one for one in blocks(document, "Settings") if isinstance(one, Table))
    marked = {table.rows[place][-1]: table.rows[place][1:3] for place in table.marked}
    assert marked == {
        "model.channels": ["8, 8", "32, 64"], "optimizer.name": ["SGD", "Adam"], "training.epochs": ["3", "20"]
    }  # fmt: skip
    commands = [one.text for one in blocks(document, "How to do it again") if isinstance(one, Code)]
    given = shlex.split(commands[0])
    assert config_of(parser().parse_args(given[given.index("train") :]))[0] == config
    assert (
        commands[2].endswith(f"script {run.id} --exact --to train.py") and json.loads(commands[3]) == config.to_dict()
    )


def test_a_command_takes_words_that_a_shell_and_json_would_change(lab, tmp_path):
    folder = tmp_path / "my $HOME & pets"
    folder.mkdir()
    config, _recipe = config_of(Namespace(recipe="folder-cnn", config=None, changes=[f"data.path={folder}"]))
    run = lab.store.add(config, recipe="folder-cnn")
    given = shlex.split(recipe_command(run))
    assert config_of(parser().parse_args(given[given.index("train") :]))[0] == config


@pytest.mark.parametrize("state", STATES)
def test_whatever_became_of_a_run_no_section_is_empty(told, lab, digits, state):
    for run in (lab.store.add(numbered(lab, "x", state=state).config, "bare", state=state), lab.runs()[-1]):
        document = told(run)
        last = document.sections[-1]
        assert last.title == "What cannot be shown here" and all(one.lead and one.text for one in last.blocks)
        for section in document.sections:
            assert section.blocks
            for block in section.blocks:
                assert not isinstance(block, Table | Figures | Pictures) or any(vars(block).values())
    if state not in ("finished", "queued", "running"):
        assert "It did not come to its end, so it has no test score." in words(document)


def test_what_became_of_a_failed_run_is_its_own_sentence(told, lab):
    run = lab.store.add(numbered(lab, "x").config, "x", state="failed")
    lab.store.change(run.id, outcome={"code": "", "text": "It went {way}.", "values": {"way": "<i>wrong</i>"}})
    assert "It went <i>wrong</i>." in words(told(run))


def test_without_its_images_it_shows_what_is_kept(told, run, lab, workspace):
    assert isinstance(blocks(told(run), "Where it errs")[-1], Pictures)  # and its answers are kept
    shutil.rmtree(workspace.cache)
    document = told(run)
    assert isinstance(blocks(document, "Where it errs")[-1], Table) and "The images are not here any more" in words(
        document
    )
    shutil.rmtree(workspace.run(run.id) / "answers")
    document = told(run)
    assert not blocks(document, "Where it errs") and "Test accuracy" in words(document)


def test_a_damaged_row_or_checkpoint_is_told(told, run, lab, workspace):
    (workspace.run(run.id) / "last.pt").write_bytes(b"PK")
    said = words(told(run))
    assert "Where it was trained. The checkpoint" in said and "Where it errs. The checkpoint" in said
    with lab.store.engine.begin() as db:
        db.execute(update(schema.runs).values(seconds=-1.0))
    document = told(run)
    assert "The row of this run in the store is damaged" in words(document) and not blocks(document, "Settings")


@pytest.mark.parametrize(
    "counts", [{"test_total": -5}, {"test_correct": 10**9}, {"test_correct": -1}, {"test_total": float("inf")},
               {"test_accuracy": float("inf"), "test_total": 0}]
)  # fmt: skip
def test_impossible_counts_are_a_damaged_row(told, run, lab, counts):
    lab.store.change(run.id, summary=run.summary | counts)
    assert "The row of this run in the store is damaged (summary)" in words(told(run))


def test_without_a_count_that_can_be_the_kept_answers_say_the_score(told, run, lab):
    lab.store.change(run.id, summary=run.summary | {"largest_class": 10**9})
    assert f"{run.summary['test_correct']} of {run.summary['test_total']} test images" in words(told(run))


def test_what_people_wrote_stays_text(run, lab, digits):
    lab.rename(run.id, HOSTILE)
    lab.annotate(run.id, tags=[HOSTILE], notes=f"{HOSTILE}\n\u202eback")
    with_classes(lab, run, HOSTILE)
    content = report([lab.run(run.id)], lab).decode()
    assert HOSTILE not in content and content.count("</script>") == 3 and "\u202e" not in content
    assert content.count("&lt;/script&gt;&lt;img src=x onerror=hit=1&gt;") >= 4  # title, name, tag, note
    charts = json.loads(re.search(r'id="given">(.*?)</script>', content, re.DOTALL)[1])["charts"]
    assert charts[-1]["data"][0]["x"][0] == HOSTILE.replace("<", "&lt;").replace(">", "&gt;")  # as plotly reads it


def test_it_needs_nothing_beside_it(run, lab, digits):
    content = report([run], lab).decode()
    own = re.sub(r"<script>.*?</script>", "", content, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)\s*=\s*"(?!data:|#)|url\(|@import|https?://', own)
    assert content.count("plotly.js v") == 1 and len(content) < 5_500_000
    (settings,) = re.findall(r'download="[^"]+\.json" href="data:application/json;base64,([^"]+)"', own)
    assert json.loads(base64.b64decode(settings)) == run.config.to_dict()


@pytest.fixture
def at_home(workspace, monkeypatch) -> None:
    """Commands are at work in the test's workspace."""
    for name, value in workspace.variables.items():
        monkeypatch.setenv(name, value)


def test_the_command_writes_it(run, digits, tmp_path, at_home, capsys):
    file = tmp_path / "report.html"
    assert main(["report", run.name, "--to", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"file": str(file), "runs": [run.id], "bytes": file.stat().st_size, "replaced": False}
    for to, said in (("report.pdf", "allowed: .html, .htm"), ("no/report.html", "there is no folder")):
        assert main(["report", run.id, "--to", str(tmp_path / to)]) == 2
        assert said in capsys.readouterr().err
    assert main(["report", "nobody", "--to", str(file)]) == 2


def test_export_writes_it_where_the_ending_asks_for_one(run, digits, tmp_path, at_home, capsys):
    file = tmp_path / "report.html"
    assert main(["export", run.id, "--to", str(file), "--checkpoint", "best"]) == 2
    assert "leave --checkpoint away" in capsys.readouterr().err and not file.exists()
    assert main(["export", run.id, "--to", str(file)]) == 0
    assert run.name in file.read_text()


def test_weights_from_elsewhere_are_measured_for_it(told, run, lab: Lab):
    """They have neither curves nor a score of their own."""
    with lab.store.engine.begin() as db:
        for table in (schema.steps, schema.epochs):
            db.execute(table.delete())
    lab.store.change(run.id, summary=None)
    prepared = prepare.require(DataSource("digits"), lab.workspace)
    document = told(run)
    assert f"of {len(prepared.indices('test'))} test images" in words(document) and not blocks(document, "Curves")
