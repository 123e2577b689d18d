"""What the recipes promise, on the real data sets. Runs only where EPOCHLAB_TEST_DATA names them."""

import numpy as np
import pytest
from PIL import Image

from core.datasets.catalog import spec
from core.datasets.local_copies import locate
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.inference import predictor
from core.inference.drawing import plain_resize
from core.inference.drawing_style import drawing_style_of
from core.inference.pictures import Pictures, ReadAs
from core.prepared.prepare import require
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from tests.conftest import LONG, but_for
from tests.faults import many
from tests.inference import papers
from tests.real.drawings import drawing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LIKE_ANOTHER = (
    "squared",
    "boxed",
    "faint rules",
    "dark rules",
    "French (Seyès)",
    "underlined",
)  # a kind with some other
SHEETS = many(24)  # drawings of each kind


def settings(**changes: object) -> list[str]:
    return [part for name, value in changes.items() for part in ("--set", f"{name.replace('__', '.')}={value}")]


def test_digits_quick(core):
    end = core("train", "--recipe", "digits-quick")[-1]
    assert end["test_accuracy"] >= 0.96


@LONG
def test_mnist_mlp(core):
    epochs = core("train", "--recipe", "mnist-mlp")
    assert epochs[0]["test_accuracy"] < 0.2 and epochs[1]["test_accuracy"] >= 0.94
    assert epochs[-1]["test_accuracy"] >= 0.955


@LONG
def test_mnist_fast_on_a_part(core):
    end = core("train", "--recipe", "mnist-fast", *settings(data__limit=15000, training__epochs=2))[-1]
    assert end["test_accuracy"] >= 0.98


def test_the_trained_one_is_read_as_it_was_trained(core, mnist_fast):
    end = core("evaluate", mnist_fast, "--split", "test")[-1]
    assert end["accuracy"] == pytest.approx(0.9938, abs=0.0003)  # the bits of another processor may turn an image


@LONG
def test_mnist_fast(core):
    end = core("train", "--recipe", "mnist-fast")[-1]
    assert end["test_accuracy"] >= 0.992 and end["epochs"] <= 3


@LONG
def test_mnist_cnn_on_a_part(core):
    end = core("train", "--recipe", "mnist-cnn", *settings(training__epochs=1, data__limit=12000))[-1]
    assert end["test_accuracy"] >= 0.96


@LONG
def test_fashion_cnn(core, home):
    if locate(spec("fashion-mnist"), home / "data") is None:
        pytest.skip("Fashion-MNIST is not on this machine (Debian's package dataset-fashion-mnist has it)")
    epochs = core("train", "--recipe", "fashion-cnn")
    assert abs(epochs[1]["train_accuracy"] - 0.797) < 0.045 and abs(epochs[2]["train_accuracy"] - 0.862) < 0.03


@pytest.mark.parametrize(
    ("limit", "promised"), [pytest.param(8000, 0.25, marks=LONG), pytest.param(50000, 0.38, marks=LONG)]
)
def test_cifar10_cnn_on_an_image_folder(core, real_data, limit, promised):
    path = real_data / "cifar10-images.zip"
    changes = settings(data__name="folder", data__path=path, data__limit=limit, training__epochs=1)
    epochs = core("train", "--recipe", "cifar10-cnn", *changes)
    assert abs(epochs[1]["train_accuracy"] - promised) < 0.03


@LONG
def test_folder_resnet18_from_random_weights(core, real_data):
    changes = settings(data__name="folder", data__path=real_data / "hymenoptera.zip", model__weights="random")
    end = core("train", "--recipe", "folder-resnet18", *changes, *settings(training__epochs=1, data__limit=24))[-1]
    assert end["state"] == "finished" and end["test_total"] == 153


@pytest.mark.parametrize("pen", [pytest.param(None, marks=LONG), (0.1, 0.22)], ids=["thin", "thick"])
def test_drawings_are_read_and_plain_resizing_fails(core, home, mnist_fast, pen):
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    prepared = require(DataSource("mnist"), workspace)
    run = Lab(workspace, SqlStore(workspace.database)).run(mnist_fast)
    answerer, look = predictor.load(run, workspace), drawing_style_of(prepared)
    rng = np.random.default_rng(7)
    chosen = rng.choice(prepared.indices("test"), SHEETS, replace=False)
    sheets = [drawing(prepared.array[i][:, :, 0], rng, pen and rng.uniform(*pen)) for i in chosen]
    truth = prepared.labels[chosen]

    def shrunk(sheet, look):
        return plain_resize(sheet, look.size)[:, :, None]

    def share_right(first: int, *, normalise: bool) -> float:
        images = [
            predictor.from_drawing(sheet, look)[0] if normalise else shrunk(sheet, look) for sheet in sheets[:first]
        ]
        return float((answerer.predict(images).argmax(1) == truth[:first]).mean())

    assert share_right(SHEETS, normalise=True) >= 0.95
    assert share_right(SHEETS, normalise=False) < 0.6


@pytest.fixture(scope="session")
def reader(home, mnist_fast):
    """From pictures of drawings to a model's answers; and digits of the test set with their labels."""
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    prepared = require(DataSource("mnist"), workspace)
    run = Lab(workspace, SqlStore(workspace.database)).run(mnist_fast)
    answerer, style = predictor.load(run, workspace), drawing_style_of(prepared)
    assert not style.own, "digits are one sign each, without frames or lines"

    def read(pictures: list[np.ndarray]) -> np.ndarray:
        return answerer.predict([predictor.from_drawing(picture, style)[0] for picture in pictures])

    chosen = np.random.default_rng(9).choice(prepared.indices("test"), 40, replace=False)
    return read, [prepared.array[i][:, :, 0] for i in chosen], prepared.labels[chosen]


@pytest.fixture(scope="session")
def plain_hands(reader):
    """Hands that are read right on plain paper, with their digits."""
    read, digits, truth = reader
    random = np.random.default_rng(2)
    hands = [papers.hand(digit, random) for digit in digits]
    plain = read([papers.on_paper(hand, "plain", random) for hand in hands]).argmax(1) == truth
    assert plain.mean() >= 0.95
    return [hand for hand, right in zip(hands, plain, strict=True) if right], truth[plain]


@pytest.mark.parametrize("kind", but_for([kind for kind in papers.PAPERS if kind != "plain"], LIKE_ANOTHER))
def test_digits_on_paper_with_lines_are_read(reader, plain_hands, kind):
    hands, truth = plain_hands
    random = np.random.default_rng(4)
    answers = reader[0]([papers.on_paper(hand, kind, random) for hand in hands])
    right = answers.argmax(1) == truth
    assert right.mean() >= 0.94
    assert (~right & (answers.max(1) > 0.9)).mean() <= 0.03


def test_digits_cut_to_their_ink_are_read(reader):
    read, digits, truth = reader
    random = np.random.default_rng(5)
    cuts = []
    for digit in digits:
        hand = papers.hand(digit, random, pen=random.uniform(8, 30))
        rows, columns = np.nonzero(hand > 0.5)
        cuts.append(hand[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    tight, with_margin = ([(255 - 230 * np.pad(cut, room)).astype(np.uint8) for cut in cuts] for room in (0, 40))
    fine = read(with_margin).argmax(1) == truth
    assert fine.mean() >= 0.95
    assert (read(tight).argmax(1) == truth)[fine].mean() >= 0.97


@pytest.mark.parametrize("side", [28, 200])
def test_digits_on_the_opposite_ground_are_read(home, mnist_fast, reader, side):
    """Files of the set's own look, but dark on light, at its size and at a scan's: they are turned round."""
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    run = Lab(workspace, SqlStore(workspace.database)).run(mnist_fast)
    answerer = predictor.load(run, workspace)
    pictures = Pictures(workspace, run, answerer, ReadAs(image=True))
    _read, digits, truth = reader
    shown = [
        pictures.shown(np.asarray(Image.fromarray(255 - digit).resize((side, side)))[..., None]) for digit in digits
    ]
    assert all(one.other and one.other.turned for one in shown)
    right = answerer.predict([one.image for one in shown]).argmax(1) == truth
    plain = answerer.predict([digit[..., None] for digit in digits]).argmax(1) == truth
    assert right.mean() >= plain.mean() - 0.025


def test_drawings_as_files(core, home, mnist_fast, tmp_path):
    prepared = require(DataSource("mnist"), Workspace(home, home / "data", ""))
    rng = np.random.default_rng(3)
    chosen = rng.choice(prepared.indices("test"), 12, replace=False)
    files = []
    for number, index in enumerate(chosen):
        files.append(str(tmp_path / f"{number}.png"))
        Image.fromarray(drawing(prepared.array[index][:, :, 0], rng, None)).save(files[-1])
    answers = core("predict", mnist_fast, *files, "--drawing")
    assert [a["file"] for a in answers] == files
    right = sum(a["label"] == str(prepared.labels[i]) for a, i in zip(answers, chosen, strict=True))
    assert right >= 11
