"""A thousand labels of Fashion-MNIST are made wrong; those that are found are left out, and the model learns more.
Runs only where the data set lies on this computer, and where EPOCHLAB_TEST_LONG is set: it takes five minutes."""

import numpy as np
import pytest

from core.datasets.catalog import spec
from core.datasets.local_copies import locate
from core.datasets.source import DataSource
from core.insight.near_copies import near_copies
from core.insight.suspects import Suspects, find_suspects
from core.prepared.draft import Draft
from core.prepared.prepare import prepare, require
from core.run_config import RunConfig
from core.runs.foreground import train_here
from tests.conftest import LONG
from tests.generators import last

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    LONG,
]
FLIPPED = 1000
BASE = DataSource("fashion-mnist")


@pytest.fixture
def fashion(workspace):
    if locate(spec(BASE.name), workspace.data) is None:
        pytest.skip("Fashion-MNIST is not on this computer")
    list(prepare(BASE, workspace))
    return require(BASE, workspace)


def test_a_thousand_wrong_labels_are_found_and_leaving_them_out_helps(fashion, workspace, lab):
    draft, random = Draft(BASE, fashion, workspace), np.random.default_rng(0)
    wrong = random.choice(60_000, FLIPPED, replace=False)
    labels = (fashion.labels[wrong] + random.integers(1, 10, FLIPPED)) % 10
    for one, name in enumerate(fashion.meta.classes):
        draft.relabel([int(place) for place in wrong[labels == one]], name)

    def accuracy(version: str):
        source = draft.save(version).source
        list(prepare(source, workspace))
        settings = {"training.epochs": 3, "model.widths": [128], "data.validation": 0.0, **source.settings}
        run = train_here(RunConfig().replace(settings), lab, version, None, lambda event: None)
        assert run.state == "finished", run.message
        return run.summary["test_accuracy"], run, require(source, workspace)

    before, run, flipped = accuracy("wrong")
    print(f"\ntest accuracy with wrong labels {before:.4f}")
    for basis in (None, run):
        found: Suspects = last(find_suspects(flipped, "labels", basis, workspace)).of_split("train")
        first = found.rows["index"][:FLIPPED]
        precision = np.isin(first, wrong).mean()
        print(f"{'run' if basis else 'pixels'}: precision at {FLIPPED} {precision:.3f}, counted {found.count}")
    assert precision >= 0.8
    draft.exclude([int(place) for place in first])
    after = accuracy("left-out")[0]
    print(f"test accuracy without the suspects {after:.4f}")
    assert after > before


def test_near_copies_of_training_images_among_the_test_images(fashion, monkeypatch):
    def copies() -> int:
        pairs, difference = last(near_copies(fashion))
        assert difference.max() < 6
        across = (pairs[:, 0] < 60_000) & (pairs[:, 1] >= 60_000)
        return len(np.unique(pairs[across, 1]))

    assert copies() == 147
    # By the difference alone, over all pixels of every pair, there are 41 more: thin sandals and dark shirts, of which
    # two different ones differ little, too.
    monkeypatch.setattr("core.insight.near_copies.MAX_SHARE", np.inf)
    assert copies() == 188


def test_the_odd_images_of_ants_and_bees_are_named(real_data, workspace):
    source = DataSource("folder", str(real_data / "hymenoptera.zip"))
    list(prepare(source, workspace))
    prepared = require(source, workspace)
    found = last(find_suspects(prepared, "odd", None, workspace))
    files = {prepared.file(found[place].index) for place in range(len(found))}
    assert "train/ants/imageNotFound.gif" in files and len(files) <= 20
