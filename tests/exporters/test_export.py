import ast
import io
import json
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.exporters import export as exporting
from core.exporters import trial
from core.exporters.export import export, export_to, loading_code
from core.exporters.import_weights import import_weights, meta_from_header
from core.exporters.loading_code import reading_code
from core.exporters.picture_code import prepared_code
from core.exporters.spec import Exported
from core.inference import predictor
from core.inference.drawing_style import OWN_SYMBOLS
from core.loading.input_spec import InputSpec
from core.loading.pixels import from_images
from core.models import MODELS
from core.prepared import prepare
from core.run_config import MAX_FILE_BYTES, RunConfig
from core.runs.confidence import keep_confidence
from core.runs.trained import load_model, trained_checkpoint
from core.sandbox import weight_files
from core.training import checkpoint
from core.training.model import build_model, input_spec_of
from tests.faults import Disk
from tests.inference.pens import FIVE, TWO, sheet
from tests.models.layers.lists import EVERY_LAYER


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_plain_pytorch_loads_it_with_the_lines_given(trained, workspace, digits, tmp_path, monkeypatch, kind):
    file = tmp_path / f"weights.{kind}"
    written = export_to(trained, workspace, file)
    assert [path.name for path in written] == [file.name, f"weights.{kind}.json", f"weights.{kind}.md"]
    assert json.loads(written[1].read_text()) == trained.config.to_dict()
    monkeypatch.chdir(tmp_path)
    chosen = digits.indices("test")[:50]
    for index in chosen:
        Image.fromarray(digits.image(index)[..., 0]).save(tmp_path / f"{index}.png")
    code = loading_code(trained, workspace, file.name)
    assert code.count('["picture.png"]') == 1
    names: dict[str, Any] = {}
    exec(code.replace('["picture.png"]', repr([f"{index}.png" for index in chosen])), names)
    probabilities = predictor.load(trained, workspace).predict([digits.image(i) for i in chosen])
    assert names["answers"] == [str(label) for label in probabilities.argmax(1)]
    assert np.allclose(names["outputs"].softmax(1).numpy(), probabilities, atol=1e-5)


# What torch 2.0 and torchvision 0.15 have of what the lines may call, with the arguments that they know by name.
OLD = {
    "nn.Sequential": "", "nn.Flatten": "start_dim end_dim", "nn.Linear": "bias", "nn.Identity": "",
    "nn.Conv2d": "kernel_size stride padding dilation groups bias padding_mode",
    "nn.BatchNorm2d": "eps momentum affine track_running_stats", "nn.Dropout": "p inplace",
    "nn.MaxPool2d": "kernel_size stride padding dilation ceil_mode", "nn.LogSoftmax": "dim",
    "nn.AvgPool2d": "kernel_size stride padding ceil_mode count_include_pad", "nn.LeakyReLU": "negative_slope inplace",
    "nn.BatchNorm1d": "eps momentum affine track_running_stats", "torch.relu": "", "super": "",
    "nn.ReLU": "inplace", "nn.GELU": "approximate", "nn.Tanh": "", "nn.Sigmoid": "",
    "torch.load": "map_location weights_only", "torch.tensor": "dtype", "torch.stack": "", "torch.no_grad": "",
    "load_file": "device", "torchvision.models.get_model": "weights", "Image.open": "",
    "V.pil_to_tensor": "", "V.resize": "interpolation antialias", "V.center_crop": "", "round": "", "max": "",
    "min": "", "ImageOps.exif_transpose": "", "zip": "", "print": "file",
    # What numpy 1.20 and Pillow 9 have.
    "np.asarray": "", "np.median": "", "np.flatnonzero": "", "np.split": "", "np.diff": "", "np.uint8": "",
    "np.mean": "", "np.clip": "", "np.nonzero": "", "abs": "", "len": "", "sorted": "", "range": "",
    "Image.new": "", "Image.alpha_composite": "", "Image.fromarray": "", "ImageOps.contain": "",
    "ImageOps.expand": "",
    "ImageFilter.MinFilter": "", "ImageFilter.MaxFilter": "", "ImageFilter.GaussianBlur": "", "np.cov": "",
    "np.divide": "", "np.ptp": "", "np.sqrt": "", "drawn": "", "ValueError": "", "np.concatenate": "", "np.rint": "",
    "opened": "", "turned": "", "prepared": "", "np.nan_to_num": "", "np.ceil": "", "int": "",
}  # fmt: skip
METHODS = {"load_state_dict": "", "eval": "", "view": "", "convert": "", "argmax": "", "list": "", "repeat": "",
           "softmax": "", "max": "keepdims", "sum": "", "mean": "", "any": "", "crop": "", "getbbox": "", "point": "",
           "filter": "", "paste": "", "bit_length": "", "min": "keepdims",
           "transform": "", "var": "", "clip": "", "resize": ""}  # fmt: skip


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
@pytest.mark.parametrize("changes", [
    {"ground": (0,)},
    {"model.name": "mlp", "loss.name": "nll", "model.dropout": 0.2}, {"model.name": "whitened_cnn"},
    {"model.name": "cnn", "model.batch_norm": True, "model.activation": "gelu"}, {"model.name": "resnet18"},
    {"model.name": "mobilenet_v3_small"}, {"model.name": "efficientnet_b0"},
    {"model.name": "layers", "model.layers": EVERY_LAYER},
])  # fmt: skip
def test_the_lines_run_on_an_older_pytorch(trained, workspace, monkeypatch, kind, changes):
    """They call nothing, and name no argument, that these versions do not have."""
    loaded = load_model(checkpoint.checkpoint_path(workspace.run(trained.id), "last"))
    if "ground" in changes:
        other = replace(loaded, spec=replace(loaded.spec, ground=changes["ground"]))
    else:
        other = replace(loaded, config=trained.config.replace(changes))
    monkeypatch.setattr(exporting, "load_model", lambda path: other)
    code = loading_code(trained, workspace, f"net.{kind}")
    assert code.startswith("# Runs on torch 2.0 and torchvision 0.15, or newer.\n")
    nodes = list(ast.walk(ast.parse(code)))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    own = {"super().__init__", *(node.name for node in nodes if isinstance(node, ast.ClassDef))}
    assert len(calls) > 10
    for call in calls:
        name = ast.unparse(call.func)
        if name in own or name.startswith("self."):  # a class that stands in the lines, and its parts
            continue
        known = OLD | METHODS
        last = name.rpartition(".")[2]
        assert name in OLD or last in METHODS or name in ("model", "read", "list", "sized"), name
        arguments = known.get(name, known.get(last, "")).split()
        assert {one.arg for one in call.keywords} <= set(arguments), ast.unparse(call)


IMPORTS = """import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision.transforms.v2 import functional as V
"""


@pytest.mark.parametrize("photos,ground", [(False, None), (True, None), (False, (0,)), (False, (251,))])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_lines_read_a_picture_as_the_model_saw_its_training_images(tmp_path, photos, ground, channels):
    spec = InputSpec(channels, (56, 56), (0.4,) * channels, (0.2,) * channels, photos=photos, reflect=True,
                     ground=ground)  # fmt: skip
    names: dict[str, Any] = {}
    exec(IMPORTS + reading_code(prepared_code(None, None, None), spec), names)
    random = np.random.default_rng(0)
    for number, shape in enumerate([(64, 64), (56, 56), (120, 61), (30, 41), (200, 300), (90, 3)]):
        pixels = random.integers(0, 256, (*shape, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        expected = from_images([pixels], spec, torch.device("cpu"))[0]
        assert torch.allclose(names["read"](tmp_path / f"{number}.png"), expected, atol=0.05), (
            shape
        )  # two levels of 255


# Torchvision's larger ones are written as its smaller ones are.
FAMILIES = [name for name in MODELS.entries if name not in ("resnet34", "resnet50", "efficientnet_b0")]


@pytest.mark.parametrize("photos", [False, True], ids=["drawings", "photographs"])
@pytest.mark.parametrize("name", FAMILIES)
def test_the_lines_answer_pictures_as_every_family_does(
    trained, workspace, tmp_path, monkeypatch, capsys, name, photos
):
    """A photograph with the app's own numbers; a drawing on paper is drawn again, a little otherwise than the app."""
    channels, ground = (3, None) if photos else (1, (0,))
    spec = InputSpec(channels, (32, 32), (0.4,) * channels, (0.2,) * channels, photos, reflect=photos, ground=ground)
    loaded = load_model(checkpoint.checkpoint_path(workspace.run(trained.id), "last"))
    config = RunConfig().replace({"model.name": name})
    torch.manual_seed(0)
    model = build_model(config, spec, len(loaded.meta.classes), weights=False).eval()
    other = replace(loaded, config=config, spec=spec, model=model)
    style = None if photos else OWN_SYMBOLS
    monkeypatch.setattr(exporting, "load_model", lambda path: other)
    monkeypatch.setattr(Exported, "style", style)
    monkeypatch.chdir(tmp_path)
    torch.save(model.state_dict(), "net.pt")
    if style:
        pictures = [np.repeat(255 - sheet(strokes)[..., None], 3, 2) for strokes in (TWO, FIVE)]
        shown = [predictor.from_drawing(picture, style)[0] for picture in pictures]
    else:
        pictures = [np.random.default_rng(side).integers(0, 256, (side, 40, 3), np.uint8) for side in (32, 50)]
        shown = pictures
    for number, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(f"{number}.png")
    names: dict[str, Any] = {}
    code = loading_code(trained, workspace, "net.pt")
    exec(code.replace('["picture.png"]', '["0.png", "1.png"]'), names)
    inputs = from_images(shown, spec, torch.device("cpu"))
    assert (names["images"] - inputs).abs().mean() < (0.3 if style else 1e-5)  # standard deviations
    with torch.inference_mode():
        expected = model(names["images"])
    assert torch.allclose(names["outputs"], expected, atol=1e-5)
    probabilities = expected.softmax(1).max(1)
    assert names["answers"] == [loaded.meta.classes[i] for i in probabilities.indices]
    told = zip(names["answers"], probabilities.values, strict=True)
    assert capsys.readouterr().out.splitlines() == [
        f"{number}.png: {answer} ({share:.1%})" for number, (answer, share) in enumerate(told)
    ]


def test_the_lines_take_a_photograph_as_its_camera_was_held(tmp_path):
    spec = InputSpec(3, (32, 32), (0.4,) * 3, (0.2,) * 3, photos=True, reflect=True)
    names: dict[str, Any] = {}
    exec(IMPORTS + reading_code(prepared_code(None, None, None), spec), names)
    upright = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    upright.save(tmp_path / "upright.png")
    tag = Image.Exif()
    tag[0x0112] = 6  # it has to be turned by 90° to the right
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=tag)
    assert torch.equal(names["read"](tmp_path / "upright.png"), names["read"](tmp_path / "turned.png"))


def test_a_file_that_was_not_named_is_replaced_only_by_its_like(trained, workspace, tmp_path):
    export_to(trained, workspace, tmp_path / "package.pt")
    export_to(trained, workspace, tmp_path / "package.safetensors")
    assert {"package.pt.json", "package.safetensors.json"} <= {file.name for file in tmp_path.iterdir()}
    (tmp_path / "other.pt.json").write_text('{"name": "my project"}')
    (tmp_path / "folder.pt.json").mkdir()
    before = sorted(tmp_path.glob("*.*"))
    for name in ("other", "folder"):
        with pytest.raises(BadInput, match=f"{name}.pt.json, where the settings go, is something else already"):
            export_to(trained, workspace, tmp_path / f"{name}.pt")
    assert sorted(tmp_path.glob("*.*")) == before


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_it_comes_back_as_a_run_of_its_own(request, trained, lab, digits, kind):
    if kind == "safetensors":  # those that read and try them are the same processes for both
        request.getfixturevalue("here")
    content = export(trained, lab.workspace, kind)
    run = import_weights(content, f"w.{kind}", lab, trained.config if kind == "pt" else None, "again")
    assert run.id != trained.id and run.state == "finished" and run.name == "again" and run.config == trained.config
    images = [digits.image(i) for i in range(20)]
    first, second = (predictor.load(one, lab.workspace).predict(images) for one in (trained, run))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("kind,name", [("pt", "w"), ("safetensors", "trained 2")])
def test_its_name_is_that_in_the_file_or_that_of_the_file(here, trained, lab, kind, name):
    content = export(trained, lab.workspace, kind)
    assert import_weights(content, f"w.{kind}", lab, trained.config).name == name


def test_safetensors_with_own_layer_names_are_matched_by_shapes(here, trained, lab, digits):
    state = safetensors.torch.load(export(trained, lab.workspace, "safetensors"))
    own = {layer: f"z{99 - place}" for place, layer in enumerate(dict.fromkeys(n.rpartition(".")[0] for n in state))}
    theirs = {f"{own[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": tensor for name, tensor in state.items()}
    run = import_weights(safetensors.torch.save(theirs), "theirs.safetensors", lab, trained.config)
    assert "matched by their shapes" in run.message
    before, after = (predictor.load(one, lab.workspace).predict([digits.array[0]]) for one in (trained, run))
    assert np.array_equal(before, after)


def test_safetensors_whose_layers_cannot_be_told_apart_are_refused(here, trained, lab):
    config = trained.config.replace({"model.name": "mlp", "model.widths": [16, 16, 16]})
    meta = prepare.require(DataSource.of(config.data), lab.workspace).meta
    state = build_model(config, input_spec_of(config, meta), 10, weights=False).state_dict()
    own = {layer: f"z{99 - place}" for place, layer in enumerate(dict.fromkeys(n.rpartition(".")[0] for n in state))}
    theirs = {f"{own[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": tensor for name, tensor in state.items()}
    with pytest.raises(BadInput, match="keeps no order: which is which cannot be told"):
        import_weights(safetensors.torch.save(theirs), "theirs.safetensors", lab, config)


def test_safetensors_bring_their_data_sets_description_along(here, trained, lab, digits, tmp_path):
    content = export(trained, lab.workspace, "safetensors")
    other = content.replace(b'\\"0\\",\\"1\\"', b'\\"1\\",\\"0\\"')  # as if that data set were another here
    assert predictor.load(import_weights(other, "w.safetensors", lab), lab.workspace).classes == tuple("1023456789")
    shutil.rmtree(lab.workspace.cache)
    run = import_weights(content, "w.safetensors", lab)
    assert predictor.load(run, lab.workspace).classes == tuple("0123456789")


def broken(state, change):
    weights = {name: tensor.clone() for name, tensor in state.items()}
    change(weights)
    return safetensors.torch.save(weights)


@pytest.mark.parametrize(
    "change,words",
    [
        (lambda w: w.pop("0.weight"), "lacks 0.weight"),
        (lambda w: w.update(extra=torch.zeros(1)), "also has extra"),
        (lambda w: w.update({"0.weight": torch.zeros(2, 1, 3, 3)}), r"0.weight is \(2, 1, 3, 3\)"),
        (lambda w: w.update({"0.weight": w["0.weight"].long()}), "int64"),
        (lambda w: w["0.weight"].fill_(float("nan")), "not finite in 0.weight"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(here, trained, lab, change, words):
    state = safetensors.torch.load(export(trained, lab.workspace, "safetensors"))
    with pytest.raises(BadInput, match=words):
        import_weights(broken(state, change), "w.safetensors", lab, trained.config)
    assert len(lab.runs()) == 1


def test_weights_of_a_training_script_are_taken_with_a_word(here, trained, lab):
    state = safetensors.torch.load(export(trained, lab.workspace, "safetensors"))
    buffer = io.BytesIO()
    torch.save(
        {
            "epoch": 2,
            "state_dict": {
                f"module.{name}": one.double() if one.is_floating_point() else one for name, one in state.items()
            },
        },
        buffer,
    )
    run = import_weights(buffer.getvalue(), "mine.pt", lab, trained.config)
    assert "common beginning was taken off, its numbers were converted" in lab.run(run.id).message
    again = safetensors.torch.load(export(run, lab.workspace, "safetensors"))
    assert all(torch.equal(again[name], one) for name, one in state.items())


@pytest.mark.parametrize(
    "changes,words",
    [
        ({"config": None}, "Give the RunConfig"),
        ({"config": "[" * 10**5}, "nested too deeply"),
        ({"config": "{" + " " * MAX_FILE_BYTES + "}"}, "w.safetensors: it is larger than any settings"),
        (
            {"config": '{"model": {"name": "cnn", "channels": [2048, 2048], "widths": [8192, 8192, 8192]}}'},
            "does not fit",
        ),
        ({"config": '{"data": {"name": "folder"}}'}, "path"),
        ({"meta": None}, "is not prepared yet"),
        ({"meta": "{"}, "describes its data set in a way"),
        ({"meta": '{"version": 99}'}, "describes its data set in a way"),
        ({"meta": ('"channels":1', '"channels":1000000000')}, "describes impossible images"),
        ({"meta": ('"size":[8,8]', '"size":[1000000000,8]')}, "describes impossible images"),
        ({"meta": ('"mean":[', '"mean":[0.1,')}, "describes impossible images"),
        ({"meta": ('"size":[8,8]', '"size":[512,512]')}, "does not fit"),
        ({"meta": ('"size":[8,8]', '"size":[513,512]')}, "describes impossible images"),
        ({"meta": ('"mean":[0', '"mean":[1')}, "describes impossible images"),
        ({"meta": ('"std":[0', '"std":[-0')}, "describes impossible images"),
        ({"meta": ('"ground":null', '"ground":[256]')}, "describes impossible images"),
        ({"meta": ('"ground":null', '"ground":[0,0]')}, "describes impossible images"),
        ({"meta": ('"std":[0', '"std":[1')}, "describes impossible images"),
    ],
)
def test_a_header_that_lies_is_refused(here, trained, lab, changes, words):
    content = export(trained, lab.workspace, "safetensors")
    header = weight_files.header_of(content)
    for name, value in changes.items():
        header[name] = header[name].replace(*value) if isinstance(value, tuple) else value
    shutil.rmtree(lab.workspace.cache)  # or a file without a description would be taken for one of these digits
    kept = {name: value for name, value in header.items() if value is not None}
    with pytest.raises(Problem, match=words):
        import_weights(safetensors.torch.save(safetensors.torch.load(content), kept), "w.safetensors", lab)
    assert len(lab.runs()) == 1


@pytest.mark.parametrize("mean,std", [("1e308", "0.4"), ("0.3", "1e-320"), ("0.3", "1e308")])
def test_a_scale_that_no_images_have_is_refused(trained, workspace, mean, std):
    header = weight_files.header_of(export(trained, workspace, "safetensors"))
    meta = json.loads(header["meta"])
    with pytest.raises(BadInput, match="describes impossible images"):
        meta_from_header(json.dumps({**meta, "mean": [float(mean)], "std": [float(std)]}), "w.safetensors")


@pytest.mark.parametrize(
    "change",
    [
        lambda w: [tensor.fill_(3e38) for tensor in w.values() if tensor.is_floating_point()],
        lambda w: [tensor.fill_(-1) for name, tensor in w.items() if name.endswith("running_var")],
    ],
)
def test_weights_that_cannot_answer_are_refused(here, trained, lab, change):
    state = safetensors.torch.load(export(trained, lab.workspace, "safetensors"))
    with pytest.raises(BadInput, match="numbers that are not finite"):
        import_weights(broken(state, change), "w.safetensors", lab, trained.config)
    assert len(lab.runs()) == 1


def test_a_model_that_takes_too_much_to_answer_is_refused(trained, lab, monkeypatch):
    content = export(trained, lab.workspace, "safetensors")
    monkeypatch.setattr(trial, "ANSWER_BYTES", -weight_files.MEMORY_BYTES + 10**8)
    monkeypatch.setattr(trial, "MEMORY_PER_FILE_BYTE", 0)
    state = safetensors.torch.load(content)
    meta = load_model(checkpoint.checkpoint_path(lab.workspace.run(trained.id), checkpoint.LAST)).meta
    with pytest.raises(BadInput, match="far too much memory or time"):
        trial.require_answers(state, trained.config, meta, "w.safetensors")


def test_what_is_kept_of_names_in_the_file_can_be_seen(here, trained, lab):
    content = export(trained, lab.workspace, "safetensors")
    header = {**weight_files.header_of(content), "name": "a\x1b[31m\nb" + "x" * 10**4}
    run = import_weights(safetensors.torch.save(safetensors.torch.load(content), header), "\x07w.safetensors", lab)
    assert run.name.startswith("a\N{REPLACEMENT CHARACTER}[31m bxxx") and len(run.name) == 200
    assert "\x07" not in run.message


def test_classes_that_read_alike_in_the_file_can_be_told_apart(here, trained, lab):
    content = export(trained, lab.workspace, "safetensors")
    header = weight_files.header_of(content)
    header["meta"] = header["meta"].replace('"3","4"', '"3","3 "')
    shutil.rmtree(lab.workspace.cache)
    run = import_weights(safetensors.torch.save(safetensors.torch.load(content), header), "w.safetensors", lab)
    assert predictor.load(run, lab.workspace).classes == (*"0123", "3 2", *"56789")


@pytest.mark.parametrize("call", range(5))
def test_a_disk_that_takes_no_weights_keeps_no_run_of_them(here, trained, lab, monkeypatch, call):
    content = export(trained, lab.workspace, "safetensors")
    with monkeypatch.context() as patch, pytest.raises(Problem, match="could not be written"):
        Disk(lab.workspace.runs, patch, call)
        import_weights(content, "w.safetensors", lab)
    assert [run.id for run in lab.runs()] == [path.name for path in lab.workspace.runs.iterdir()] == [trained.id]


@pytest.mark.parametrize("content,filename,words", [
    (b"nothing", "w.pt", "is not a pt file"), (b"", "w.safetensors", "is not a safetensors file"),
    (b"x", "w.onnx", "allowed: .safetensors"), (b"x", "w", "allowed: .safetensors"),
])  # fmt: skip
def test_other_files_are_refused(here, trained, lab, content, filename, words):
    with pytest.raises(BadInput, match=words):
        import_weights(content, filename, lab, trained.config)


def test_a_pickle_that_would_run_something_is_not_run(trained, lab, tmp_path):
    import pickle

    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return marker.write_text, ("x",)

    with pytest.raises(BadInput, match="is a whole pickled model"):
        import_weights(pickle.dumps(Evil()), "w.pt", lab, trained.config)
    assert not marker.exists()


def test_weights_without_settings_ask_for_them(here, trained, lab):
    with pytest.raises(BadInput, match="Give the RunConfig"):
        import_weights(export(trained, lab.workspace, "pt"), "w.pt", lab)


def test_the_code_answers_at_the_temperature_and_the_threshold_that_were_kept(
    trained, workspace, tmp_path, digits, monkeypatch
):
    keep_confidence(trained_checkpoint(trained, workspace), temperature=2.0, threshold=0.999)
    export_to(trained, workspace, tmp_path / "net.pt")
    code = loading_code(trained, workspace, "net.pt")
    Image.fromarray(digits.image(3)[..., 0]).save(tmp_path / "picture.png")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    likely = predictor.load(trained, workspace).predict([digits.image(3)])
    assert names["answers"] == ["none of these"]
    assert np.allclose(names["probabilities"].numpy(), likely, atol=1e-5)
