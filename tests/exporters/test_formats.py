"""Every form of export in the registry, unasked."""

import json
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from PIL import Image

from core.errors import BadInput, Problem
from core.exporters import EXPORTERS, ExporterSpec
from core.exporters.export import export_to, loading_code
from core.exporters.spec import Extra, exporter_of
from core.inference import predictor
from tests.inference.pens import TWO, sheet

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", list(EXPORTERS.entries))
def test_it_has_words_and_an_ending_of_its_own(name: str) -> None:
    spec = EXPORTERS[name]
    assert spec.title and spec.help.endswith(".") and all(ending.startswith(".") for ending in spec.endings)
    assert all(exporter_of(f"weights{ending.upper()}") is spec for ending in spec.endings)


def test_what_leaves_is_opened_without_this_project(trained, workspace, digits, tmp_path) -> None:
    """Each form answers as the app does, or has the weights that the app has, in a process that knows no `core`."""
    images = np.stack([digits.image(i) for i in digits.indices("test")[:20]])
    np.save(tmp_path / "images.npy", images)
    Image.fromarray(images[0, ..., 0]).save(tmp_path / "picture.png")
    Image.fromarray(255 - sheet(TWO)).save(tmp_path / "drawing.png")  # on paper: it is brought to their style
    for spec in EXPORTERS.entries.values():
        path = tmp_path / spec.file_name("model")
        card = [] if spec.name == "app" else [f"{path.name}.md"]  # in it
        assert [one.name for one in export_to(trained, workspace, path)] == [path.name, f"{path.name}.json", *card]
        if card:
            text = (tmp_path / f"{path.name}.md").read_text()
            front = yaml.safe_load(text.split("---\n")[1])
            assert front["pipeline_tag"] == "image-classification" and f"`{path.name}.json`" in text
            assert front["model-index"][0]["results"][0]["metrics"][0]["value"] == pytest.approx(
                trained.summary["test_accuracy"], abs=1e-6
            )
        if spec.loads:
            compile(loading_code(trained, workspace, path.name), "loading", "exec")
    lines = {spec.name: spec.lines_for(spec.file_name("model")) for spec in EXPORTERS.entries.values()}
    (tmp_path / "lines.json").write_text(json.dumps(lines))
    opening = Path(__file__).parent / "formats" / "opening.py"
    done = subprocess.run([sys.executable, "-I", opening, tmp_path], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for spec in EXPORTERS.entries.values():
        assert lines[spec.name] or spec.loads or not spec.usage
        if lines[spec.name]:
            assert lines[spec.name] in (tmp_path / f"{spec.file_name('model')}.md").read_text()
    opened, told = json.loads(done.stdout)
    assert set(opened) == {spec.endings[0] for spec in EXPORTERS.entries.values()}
    model = predictor.load(trained, workspace)
    expected, state = model.predict(images), model.model.state_dict()
    for found in opened.values():
        if "weights" in found:
            assert found["weights"] == {name: list(tensor.shape) for name, tensor in state.items()}
        else:
            assert np.abs(np.array(found["probabilities"]) - expected).max() < 1e-5
    assert len(told) == 2
    for answer, sure in map(str.split, told):
        assert (answer, float(sure)) == (str(expected[0].argmax()), pytest.approx(expected[0].max(), abs=1e-4))
    (label, probability), (drawn, _sure) = opened[".zip"]["lines"]
    assert drawn == "2"
    assert (label, float(probability)) == (str(expected[0].argmax()), pytest.approx(expected[0].max(), abs=1e-4))


def test_what_an_exporter_lacks_is_told_with_the_command(trained, workspace, monkeypatch, tmp_path) -> None:
    lacking = replace(EXPORTERS["onnx"], extra=Extra("more", ("json", "no_such_package"), 45))
    monkeypatch.setitem(EXPORTERS.__dict__, "entries", {**EXPORTERS.entries, "onnx": lacking})
    words = "ONNX needs packages that are not installed, about 45 MB: pip install json no_such_package"
    with pytest.raises(Problem, match=words):
        export_to(trained, workspace, tmp_path / "model.onnx")


def test_extras_stand_in_pyproject() -> None:
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for spec in EXPORTERS.entries.values():
        if spec.extra:
            named = {Requirement(one).name for one in optional[spec.extra.name]}
            assert named == set(spec.extra.packages) and not spec.extra.missing()


def test_a_name_or_an_ending_that_nobody_has_is_refused_with_the_choices() -> None:
    with pytest.raises(BadInput, match="unknown exporter 'onyx'; have: pt, safetensors, onnx, pt2, app"):
        EXPORTERS["onyx"]
    with pytest.raises(
        BadInput, match=r"“w\.onyx” ends in \.onyx; allowed: \.pt, \.pth, \.safetensors, \.onnx, \.pt2, \.zip$"
    ):
        exporter_of("w.onyx")


def test_another_package_brings_one(monkeypatch, trained, workspace, tmp_path) -> None:
    (tmp_path / "w.pt.md").write_text("mine")
    with pytest.raises(BadInput, match="where the model card goes, is something else"):
        export_to(trained, workspace, tmp_path / "w.pt")
    theirs = ExporterSpec("text", "Text", "Names alone.", (".txt",), write=lambda exported: exported.run.name.encode())
    monkeypatch.setitem(EXPORTERS.__dict__, "entries", {**EXPORTERS.entries, "text": theirs})
    export_to(trained, workspace, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == trained.name
