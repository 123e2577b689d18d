"""What is found out about a run before anything of it exists."""

import pytest

from core.errors import BadInput
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.training import preflight
from core.training.events import Finished
from tests.training.test_fit import run


@pytest.mark.parametrize("model", ["whitened_cnn", "mobilenet_v3_small"])
@pytest.mark.parametrize("changes,words", [
    ({"data.limit": 1}, "data.limit"), ({"training.batch_size": 1}, "training.batch_size of at least 2"),
])  # fmt: skip
def test_batch_norm_with_single_images_is_refused(digits: Prepared, model: str, changes: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        preflight.check(RunConfig().replace({"model.name": model, **changes}), digits)


@pytest.mark.parametrize("changes", [
    {"model.name": "mlp", "data.limit": 1}, {"model.name": "whitened_cnn", "data.limit": 2},
    {"model.name": "whitened_cnn", "data.limit": 1, "data.size": 16},
    {"model.name": "whitened_cnn", "data.limit": 65},
])  # fmt: skip
def test_what_is_let_through_trains_to_the_end(digits: Prepared, changes: dict) -> None:
    config = RunConfig().replace({"training.epochs": 1, **changes})
    preflight.check(config, digits)
    events, _ = run(digits, config)
    assert isinstance(events[-1], Finished)
