from core.models.families.cnn import CNNSettings
from core.run_config import RunConfig
from core.training.model import summarise


def test_layers_shapes_and_counts(digits):
    config = RunConfig(model=CNNSettings(channels=(4, 8), widths=(16,)))
    table = summarise(config, digits.meta)
    assert table.input_shape == (1, 8, 8)
    by_kind = [(row.kind, row.output_shape, row.parameters) for row in table.rows]
    assert by_kind[0] == ("Conv2d", (4, 8, 8), 4 * 9 + 4)
    assert by_kind[1] == ("BatchNorm2d", (4, 8, 8), 8)
    assert by_kind[3] == ("MaxPool2d", (4, 4, 4), 0)
    assert by_kind[-1] == ("Linear", (10,), 16 * 10 + 10)
    assert table.rows[0].weights == {"0.weight": (4, 1, 3, 3), "0.bias": (4,)}
    assert table.parameters == sum(row.parameters for row in table.rows) == table.trainable


def test_frozen_layers_do_not_count_as_learning(digits):
    config = RunConfig().replace({"model.name": "resnet18", "model.trains": "head"})
    table = summarise(config, digits.meta)
    assert table.trainable == 512 * 10 + 10 < table.parameters
    assert [row.name for row in table.rows if row.trainable] == ["fc"]


def test_asks_for_no_imagenet_weights(digits, monkeypatch, tmp_path):
    monkeypatch.setenv("EPOCHLAB_DATA", str(tmp_path))
    config = RunConfig().replace({"model.name": "resnet18", "model.weights": "imagenet"})
    assert summarise(config, digits.meta).input_shape == (3, 128, 128)
