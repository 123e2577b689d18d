"""What is packed on one computer is on another as it was: numbers, answers, weights, links between runs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from core.cli.parser import main
from core.datasets.drawing_style import FILE as STYLE
from core.datasets.edits import image_digest
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.exporters.export import loading_code
from core.files.checkpoint_names import take_over
from core.files.paths import Workspace
from core.inference import predictor
from core.inference.pictures import Pictures, ReadAs
from core.packing.data_sets import how_to_get
from core.packing.pack import pack, packable
from core.packing.pack_file import PackFile
from core.packing.unpack import unpack
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.prepared.draft import Draft
from core.prepared.versions import edits_of, images_folder, version_file
from core.runs import answer_history, probe_images, watched_images
from core.runs.confidence import keep_confidence, kept_confidence
from core.runs.deletion import ARRIVING
from core.runs.forks import best_epoch
from core.runs.lab import Lab
from core.runs.restore import restore
from core.runs.sql_store import SqlStore
from core.runs.store import Origin, Run
from core.runs.trained import load_model
from core.sandbox.weight_files import header_of
from core.training import checkpoint
from tests.datasets.makers import archive, folder, image, two_classes
from tests.inference.pens import TWO, sheet
from tests.packing.conftest import changed, members, packed, snapshot, unpacked

pytestmark = pytest.mark.usefixtures("in_process")


def same(one: object, other: object) -> bool:
    """Whether two values of checkpoints are equal to the last bit, also in the order of tensors in memory."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other) and (one.dtype, one.stride()) == (other.dtype, other.stride())
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return one == other and type(one) is type(other)


def weights(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """The words in the header, which come in any order, and the tensors."""
    content = path.read_bytes()
    return header_of(content), safetensors.torch.load(content)


def test_a_run_is_the_same_elsewhere(trained: Run, lab: Lab, elsewhere: Lab, digits: Prepared, tmp_path: Path) -> None:
    here, there = lab.workspace.run(trained.id), elsewhere.workspace.run(trained.id)
    lab.annotate(trained.id, tags=["good"], notes="two\nlines")
    keep_confidence(here / "last.pt", temperature=1.5, threshold=0.4)
    manifest = packed(lab, tmp_path / "runs.zip")
    (told,) = manifest.runs
    assert (told.id, told.name, told.state) == (trained.id, trained.name, "finished")
    assert told.test_accuracy == trained.summary["test_accuracy"]
    assert told.data.name == "digits" and told.data.fingerprint == digits.meta.fingerprint
    assert unpacked(tmp_path / "runs.zip", elsewhere).runs == {trained.id: trained.id}

    # What concerns one computer.
    own = {"queued": 0.0, "oom_counters": None, "attempt": 0, "place": None, "fingerprint": None}
    assert replace(elsewhere.run(trained.id), **own) == replace(lab.run(trained.id), **own)
    assert elsewhere.store.epochs(trained.id) == lab.store.epochs(trained.id)
    assert elsewhere.store.steps(trained.id) == lab.store.steps(trained.id)
    checkpoints = sorted(path.name for path in here.glob("*.pt"))
    assert sorted(path.name for path in there.glob("*.pt")) == checkpoints
    for name in checkpoints:
        assert same(checkpoint.load(there / name), {**checkpoint.load(here / name)}), name
    assert same(weights(there / "weights/last.safetensors"), weights(here / "weights/last.safetensors"))
    for name in ("metrics.csv", "config.yaml", probe_images.FILE, answer_history.FILE):
        assert (there / name).read_bytes() == (here / name).read_bytes(), name
    assert not (there / ARRIVING).exists()
    assert elsewhere.files.log(trained.id) == lab.files.log(trained.id)
    kept = kept_confidence(there / "last.pt")
    assert (kept.temperature, kept.threshold) == (1.5, 0.4)
    images = torch.rand(3, 1, 8, 8, generator=torch.manual_seed(0))
    assert torch.equal(load_model(there / "last.pt").model(images), load_model(here / "last.pt").model(images))
    _data, state = restore(elsewhere.run(trained.id), digits, elsewhere, torch.device("cpu"))
    assert same(
        state.optimizer.state_dict(), restore(trained, digits, lab, torch.device("cpu"))[1].optimizer.state_dict()
    )


def test_without_single_epochs_a_run_answers_goes_on_and_says_what_it_lacks(
    trained: Run, lab: Lab, elsewhere: Lab, digits: Prepared, tmp_path: Path
) -> None:
    best, last = best_epoch(lab.store.epochs(trained.id)), trained.summary["epochs"]
    other = next(epoch for epoch in lab.files.kept_epochs(trained.id) if epoch not in (best, last))
    packed(lab, tmp_path / "whole.zip")
    manifest = packed(lab, tmp_path / "runs.zip", epochs=False)
    saved = (tmp_path / "whole.zip").stat().st_size - (tmp_path / "runs.zip").stat().st_size
    assert 0 < lab.files.epoch_bytes(trained.id) <= saved
    assert any("The checkpoints of single epochs" in words for words in manifest.without)
    done = unpacked(tmp_path / "runs.zip", elsewhere)
    assert any("The checkpoints of single epochs" in words for words in done.told)
    shutil.copytree(lab.workspace.cache, elsewhere.workspace.cache)
    there = elsewhere.workspace.run(trained.id)
    assert {path.name for path in there.glob("*.pt")} == {"best.pt", "last.pt"}
    run = elsewhere.run(trained.id)
    assert predictor.load(run, elsewhere.workspace).predict([digits.image(0)]).shape == (1, 10)
    restore(run, digits, elsewhere, torch.device("cpu"))
    with pytest.raises(BadInput, match="left out when the run was packed"):
        elsewhere.fork(run.id, other, {})
    assert elsewhere.fork_points(run) == sorted({best, last})
    again = packed(elsewhere, tmp_path / "again.zip", epochs=False)
    assert not any("single epochs" in words for words in again.without)  # there is none left to leave out


def test_a_drawing_is_answered_elsewhere_without_the_data_set(
    trained: Run, lab: Lab, elsewhere: Lab, digits: Prepared, tmp_path: Path
) -> None:
    """The style of the training images comes along, and is packed again there."""
    picture, answers = 255 - sheet(TWO)[..., None], []
    packed(lab, tmp_path / "runs.zip")
    for place in (lab, elsewhere):
        if place is elsewhere:
            unpacked(tmp_path / "runs.zip", elsewhere)
        run, workspace = place.run(trained.id), place.workspace
        pictures = Pictures(workspace, run, predictor.load(run, workspace), ReadAs())
        answers.append(pictures.shown(picture).image)
        assert "def drawn(" in loading_code(run, workspace, "w.pt")
    assert np.array_equal(*answers)
    packed(elsewhere, tmp_path / "again.zip")
    first, second = (members(tmp_path / name)[f"runs/{trained.id}/{STYLE}"] for name in ("runs.zip", "again.zip"))
    assert first == second


def test_commands_say_the_same_elsewhere(
    trained: Run, lab: Lab, elsewhere: Lab, digits: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    shutil.copytree(lab.workspace.cache, elsewhere.workspace.cache)

    def printed(at: Workspace, *arguments: object) -> str:
        for name, value in (("HOME", at.home), ("DATA", at.data), ("DB", at.database)):
            monkeypatch.setenv(f"EPOCHLAB_{name}", str(value))
        assert main([str(one) for one in arguments]) == 0
        return capsys.readouterr().out

    file = tmp_path / "runs.zip"
    told = json.loads(printed(lab.workspace, "pack", trained.id[:5], "--to", file, "--json"))
    assert told["runs"] == [trained.id] and told["bytes"] == file.stat().st_size
    assert "1 run is new here" in printed(elsewhere.workspace, "unpack", file)
    Image.fromarray(digits.image(3)[..., 0]).save(tmp_path / "digit.png")
    for command in (["show", trained.id], ["evaluate", trained.id], ["predict", trained.id, tmp_path / "digit.png"]):
        here, there = (json.loads(printed(at, *command, "--json")) for at in (lab.workspace, elsewhere.workspace))
        own = {"checkpoint_version": "", "place": None}  # of the file, and of the computer that trained it
        assert here | own == there | own
    for at in (lab.workspace, elsewhere.workspace):
        printed(at, "export", trained.id, "--to", at.home / "weights.safetensors")
    here, there = (weights(at.workspace.home / "weights.safetensors") for at in (lab, elsewhere))
    assert same(here, there)
    assert "1 run was here already" in printed(elsewhere.workspace, "unpack", file)


def test_links_follow_where_an_id_is_taken(trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path) -> None:
    begun = lab.store.add(
        trained.config.replace({"model.weights": f"run:{trained.id}"}), "begun", state="paused",
        origin=Origin(trained.id, trained.name, 1),
    )  # fmt: skip
    lab.workspace.run(begun.id).mkdir()
    shutil.copy(lab.workspace.run(trained.id) / "last.pt", lab.workspace.run(begun.id) / "start.pt")
    path = tmp_path / "runs.zip"
    packed(lab, path)
    other = lab.store.rows(trained.id)
    elsewhere.store.add_rows([replace(other, columns=other.columns | {"created": 1.0, "name": "theirs"})])
    done = unpacked(path, elsewhere)
    new = done.runs[trained.id]
    assert new != trained.id and done.runs[begun.id] == begun.id
    assert elsewhere.run(trained.id).name == "theirs" and elsewhere.run(new).name == trained.name
    found = elsewhere.run(begun.id)
    assert found.config.model.of_run == new and found.origin.run == new and found.state == "paused"
    assert elsewhere.files.has_checkpoint(begun.id, "start")
    # Once more: all are there, under whichever id, also where a person has named them otherwise since.
    elsewhere.rename(new, "mine")
    before = snapshot(elsewhere)
    assert unpacked(path, elsewhere).here == done.runs
    assert snapshot(elsewhere) == before


def test_what_trains_is_refused_or_left_out(trained: Run, lab: Lab) -> None:
    waits = lab.store.add(trained.config, "waits")
    with pytest.raises(Problem, match=r"“waits” .* trains or waits, so its files still change"):
        packable([waits], chosen=True)
    found, without = packable([trained, waits], chosen=False)
    assert found == [trained] and "“waits”" in without[0]


def test_one_run_that_cannot_be_read_keeps_no_other_back(
    trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path
) -> None:
    broken = lab.store.add(trained.config, "broken", state="cancelled")
    damaged, path = lab.workspace.run(broken.id) / "last.pt", tmp_path / "runs.zip"
    shutil.copytree(lab.workspace.run(trained.id), damaged.parent, dirs_exist_ok=True)
    packed(lab, path)
    content = members(path)
    damaged.write_bytes(b"PK")
    manifest = packed(lab, tmp_path / "fewer.zip")
    assert [run.id for run in manifest.runs] == [trained.id]
    assert manifest.left_out[0].startswith(f"“broken” ({broken.id}) was left out: ")
    assert not any(broken.id in name for name in members(tmp_path / "fewer.zip"))

    for harm in ({f"runs/{broken.id}/last.pt": b"PK"}, {f"runs/{broken.id}/steps.jsonl": b"none"}):
        done = unpacked(archive(path, content | harm), elsewhere)
        assert set(done.runs) | set(done.here) == {trained.id}
        (words,) = done.left_out
        assert words.startswith(f"“broken” ({broken.id}) was left out: ")
        assert not elsewhere.workspace.run(broken.id).exists()
    assert unpacked(archive(path, content), elsewhere).runs == {broken.id: broken.id}


def test_what_belongs_to_no_run_is_left_out_and_told(trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path) -> None:
    run = lab.workspace.run(trained.id)
    (run / "diary.txt").write_text("mine")
    (run / "answers").mkdir(exist_ok=True)
    (run / "answers" / "last.test.bin").write_bytes(b"x")
    for own in ("evaluation-last-test.json", "answers-last-test.npz"):  # computed again there: not worth a word
        (run / own).write_bytes(b"x")
    path = tmp_path / "runs.zip"
    manifest = packed(lab, path)
    assert [words for words in manifest.without if "is no file of a run" in words] == [
        f"“{trained.name}”: diary.txt is no file of a run: left out."
    ]
    assert not any(name.endswith((".txt", ".bin.lock", "test.bin")) for name in members(path))
    archive(path, members(path) | {f"runs/{trained.id}/evil.sh": b"rm", "autorun.inf": b"x"})
    done = unpacked(path, elsewhere)
    assert sum("is no file of a run" in words for words in done.told) == 3
    assert not list(elsewhere.workspace.home.rglob("evil.sh"))


def test_pictures_of_ones_own_come_along(trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path) -> None:
    image = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    kept = watched_images.keep(image, DataSource("digits"), lab.workspace)
    assert kept.exists()
    watched_images.take_over(DataSource("digits"), lab.workspace, lab.workspace.run(trained.id))
    packed(lab, tmp_path / "runs.zip")
    unpacked(tmp_path / "runs.zip", elsewhere)
    (found,) = watched_images.read(elsewhere.files.watched_images(trained.id)).values()
    assert np.array_equal(found[..., :1], image)


def test_versions_come_along_and_replace_none(
    trained: Run, lab: Lab, elsewhere: Lab, digits: Prepared, tmp_path: Path
) -> None:
    draft = Draft(DataSource("digits"), digits, lab.workspace)
    draft.exclude([5])
    added = np.full((8, 8, 1), 200, np.uint8)
    draft.add([added], "3", "train")
    version = draft.save("v2").source
    lab.store.add(trained.config.replace({"data.version": "v2"}), "on v2", state="cancelled")
    path = tmp_path / "runs.zip"
    packed(lab, path)
    unpacked(path, elsewhere)
    assert edits_of(version, elsewhere.workspace) == edits_of(version, lab.workspace)
    assert (images_folder(version, elsewhere.workspace) / f"{image_digest(added)}.png").exists()
    mine = version_file(version, elsewhere.workspace)
    mine.write_text(mine.read_text().replace("exclude", "keep"))
    text = mine.read_text()
    assert any(
        "“v2” of “Digits (8 × 8)” already, with other edits" in words for words in unpacked(path, elsewhere).told
    )
    assert mine.read_text() == text


@pytest.mark.parametrize("sizes", [[(8, 8)], [(8, 8), (20, 12)]], ids=["one size", "many sizes"])
def test_images_of_ones_own_come_along_where_they_are_asked_for(
    trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path, sizes: list[tuple[int, int]]
) -> None:
    images = two_classes()
    if len(sizes) > 1:
        images |= {f"ants/wide{n}.png": image(size=sizes[1], seed=n) for n in range(3)}
    own = DataSource("folder", str(folder(tmp_path / "pets", images)))
    list(prepare.prepare(own, lab.workspace))
    lab.store.add(trained.config.replace(own.settings), "on pets", state="cancelled")
    path = tmp_path / "runs.zip"
    assert any("pack them with --data" in words for words in packed(lab, path).without)
    gone = DataSource("folder", "/nowhere/pets")
    assert "as they are not prepared here" in how_to_get(gone, asked=True)
    assert "--data" not in how_to_get(gone, asked=True)
    assert not any(name.startswith("data/") for name in members(path))
    packed(lab, path, data=True)
    shutil.rmtree(tmp_path / "pets")
    assert "The images of “pets” are here now." in unpacked(path, elsewhere).told
    here, there = (prepare.require(own, at.workspace) for at in (lab, elsewhere))
    there.require_whole()
    assert there.meta == here.meta and np.array_equal(there.labels, here.labels) and there.files == here.files
    assert not list(prepare.prepare(own, elsewhere.workspace))  # nothing is left to do
    assert "The images of “pets” are here already." in unpacked(path, elsewhere).told
    # Other pixels than the description says are refused, and the runs are taken all the same.
    shutil.rmtree(there.folder)
    content = members(path)
    (name,) = (name for name in content if name.endswith("images.npy"))
    content[name] = content[name][:-1] + bytes([content[name][-1] ^ 1])
    told = unpacked(archive(path, content), elsewhere).told
    assert any("images.npy” in" in words and "is damaged" in words for words in told)
    assert prepare.find(own, elsewhere.workspace) is None


def test_older_packs_are_read_and_newer_ones_are_not(trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path) -> None:
    path = tmp_path / "runs.zip"
    packed(lab, path)
    content = members(path)
    later = ("origin", "attempt", "place", "fingerprint")
    third = changed(changed(content, "manifest.json", lambda it: it.update(store=3)), "run.json",
                    lambda it: [it["row"].pop(name) for name in later] and None)  # fmt: skip
    unpacked(archive(path, third), elsewhere)
    assert elsewhere.store.epochs(trained.id) == lab.store.epochs(trained.id)
    assert elsewhere.store.steps(trained.id) == lab.store.steps(trained.id)
    assert elsewhere.run(trained.id).summary == trained.summary
    for newer in ({"format": 2}, {"store": 99}):
        told = {**newer, "epochlab": "9.0"}
        archive(path, changed(content, "manifest.json", lambda it, told=told: it.update(told)))
        with pytest.raises(Problem, match=r"packed by a newer version of Epochlab \(9.0\)"):
            PackFile(path)


def test_a_later_attempts_checkpoints_are_packed_under_plain_names(
    trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path
) -> None:
    here, there = lab.workspace.run(trained.id), elsewhere.workspace.run(trained.id)
    names = sorted(path.name for path in here.glob("*.pt"))
    take_over(here, here / "last.pt", 2)
    (here / "last.pt").write_bytes(b"of an attempt that was superseded")
    manifest = packed(lab, tmp_path / "runs.zip")
    assert not [words for words in manifest.without if "left out" in words]
    assert unpacked(tmp_path / "runs.zip", elsewhere).runs == {trained.id: trained.id}
    assert sorted(path.name for path in there.glob("*.pt")) == names
    assert same(checkpoint.load(there / "last.pt"), {**checkpoint.load(here / "last.2.pt")})


def test_a_process_that_is_killed_leaves_no_half_run(trained: Run, lab: Lab, elsewhere: Lab, tmp_path: Path) -> None:
    path = tmp_path / "runs.zip"
    packed(lab, path)
    work = unpack(path, elsewhere)
    run = elsewhere.workspace.run(trained.id)
    while not (run / "last.pt").exists() and not (run / "best.pt").exists():
        next(work)
    elsewhere.deletion.tidy()
    assert run.exists() and not elsewhere.store.ids()  # it is on its way, and nobody sees it
    # What a kill would leave now: the files, without a process that holds the lock.
    for name in ("first", "second"):
        home = tmp_path / name
        shutil.copytree(elsewhere.workspace.home, home)
        database = f"sqlite:///{home}/epochlab.db"
        killed = Lab(Workspace(home, home / "data", database), SqlStore(database))
        assert killed.runs() == [] and killed.workspace.run(trained.id).exists()
        if name == "first":
            killed.deletion.tidy()
            assert not killed.workspace.run(trained.id).exists()
        assert unpacked(path, killed).runs == {trained.id: trained.id}
    # And one that is stopped takes all of it back.
    work.close()
    assert not run.exists() and not elsewhere.store.ids()


def test_a_pack_that_is_stopped_leaves_no_file(trained: Run, lab: Lab, tmp_path: Path) -> None:
    work = pack([trained], lab, tmp_path / "out" / "runs.zip")
    next(work)
    assert list((tmp_path / "out").iterdir())
    work.close()
    assert not list((tmp_path / "out").iterdir())
