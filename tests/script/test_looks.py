"""The lines behind the sections of Inspect run after the script of a run, and find what the script itself measures."""

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.decomposition import PCA

from core.insight.calibration import reliability
from core.prepared.arrays import Prepared
from core.program import ROOT
from core.script.looks import LOOKS_OF_SECTIONS
from core.script.plain import plain_script
from tests.script.running import run
from tests.training.contract import small


@pytest.fixture(scope="module")
def after(prepared_digits, tmp_path_factory) -> dict[str, Any]:
    """What the script of a short run leaves."""
    config = small(**{"training.epochs": 1, "data.limit": 400})
    script = plain_script(config, Prepared(prepared_digits))
    return run(script, tmp_path_factory.mktemp("script")) | {"script": script}


def looked(section: str, after: dict[str, Any]) -> tuple[dict[str, Any], str]:
    names, said = dict(after), StringIO()
    with redirect_stdout(said):
        exec(compile(LOOKS_OF_SECTIONS[section].code, section, "exec"), names)
    assert said.getvalue()  # or nobody sees that they have run
    return names, said.getvalue()


def test_every_section_has_lines_and_no_other() -> None:
    text = (ROOT / "pages" / "4_Inspect.py").read_text()  # a page is no module
    assert all(f'Section("{name}"' in text for name in LOOKS_OF_SECTIONS)
    assert text.count('Section("') == len(LOOKS_OF_SECTIONS)


def test_errors(after) -> None:
    names, said = looked("errors", after)
    _loss, accuracy = after["evaluate"](after["test_loader"])
    confusion = names["confusion"]
    assert confusion.sum() == len(after["test_set"]) and confusion.diag().sum() == round(
        accuracy * confusion.sum().item()
    )
    shares = [int(line.rpartition("(")[2].rstrip("%)")) for line in said.splitlines() if line.startswith("image ")]
    assert shares == sorted(shares, reverse=True) and shares


def test_gradient(after, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names, said = looked("looks", after)
    picture = np.asarray(Image.open("saliency.png"))
    assert picture.shape == (8, 8) and picture.max() == 255 and picture.argmax() == names["saliency"].argmax()
    assert f"the score of {names['class_names'][names['scores'].argmax()]} " in said
    assert names["saliency"].shape == (8, 8) and (names["saliency"] > 0).any()
    pixel = divmod(int(names["saliency"].argmax()), 8)
    moved = names["image"].detach().clone()
    moved[0, 0, pixel[0], pixel[1]] += 1e-2
    best = names["scores"].argmax()
    change = (after["model"](moved)[0, best] - names["scores"][best]).abs().item()
    assert change == pytest.approx(1e-2 * names["saliency"].max().item(), rel=0.2)


def test_layers(after) -> None:
    names, said = looked("layers", after)
    assert list(names["outputs"].values())[-1].shape == (1, 10)
    assert len(said.splitlines()) == len(names["outputs"]) > 3


def test_map(after) -> None:
    names, _said = looked("map", after)
    expected = PCA(2).fit_transform(names["features"].numpy())
    assert torch.allclose(names["places"].abs(), torch.tensor(expected, dtype=torch.float32).abs(), atol=1e-3)


def test_belief(after) -> None:
    names, said = looked("belief", after)
    ours = reliability(names["sure"].double().numpy(), (names["correct"] == 1).numpy())
    assert ours and names["error"].item() == pytest.approx(ours.error, abs=1e-6)
    assert f"{ours.error:.2%}" in said


def test_two(after, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(after["model"].state_dict(), "other.pt")
    names, said = looked("two", after)
    right = names["compare"](after["model"], after["model"])[0].sum()
    assert said == f"both right {right}, only the first 0, only the second 0, none {len(after['test_set']) - right}\n"
    (tmp_path / "other.pt").unlink()
    kept = {key: value.clone() for key, value in after["model"].state_dict().items()}
    names, said = looked("two", after)  # it learns on
    first, second = names["first"].state_dict(), after["model"].state_dict()
    assert "epoch 1" in said and all(torch.equal(first[key], kept[key]) for key in kept)
    assert not torch.equal(first["fc1.weight"], second["fc1.weight"]) and said.splitlines()[-1].startswith("both right")
    after["model"].load_state_dict(kept)


def test_without_its_call_of_train_the_script_loads_what_it_has_learnt(after, tmp_path) -> None:
    torch.save(after["model"].state_dict(), tmp_path / "model.pt")
    text = after["script"].text
    assert text.count("    train()\n") == 1
    names = run(after["script"], tmp_path, text=text.replace("    train()\n", "    pass\n"))
    assert names["evaluate"](names["test_loader"]) == after["evaluate"](after["test_loader"])
