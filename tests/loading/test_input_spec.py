import pytest

from core.errors import BadInput
from core.loading.input_spec import IMAGENET
from core.run_config import RunConfig
from core.training.model import input_spec_of


def photos(meta):
    return meta.model_copy(update={"size": None, "channels": 3, "drawable": False})


def test_small_images_are_taken_as_they_are(digits):
    spec = input_spec_of(RunConfig(), digits.meta)
    assert (spec.channels, spec.size, spec.photos) == (1, (8, 8), False)
    assert (spec.mean, spec.std) == (digits.meta.mean, digits.meta.std)


@pytest.mark.parametrize(
    "scale,mean,std", [("zero_one", (0.0,), (1.0,)), ("half", (0.5,), (0.5,)), ("imagenet", *IMAGENET)]
)
def test_scales(digits, scale, mean, std):
    spec = input_spec_of(RunConfig().replace({"data.normalize": scale}), digits.meta)
    assert (spec.mean, spec.std) == (mean, std) and spec.channels == len(mean)


def test_photographs_take_what_suits_the_model(digits):
    assert input_spec_of(RunConfig(), photos(digits.meta)).size == (64, 64)
    spec = input_spec_of(RunConfig().replace({"model.name": "resnet18"}), photos(digits.meta))
    assert spec.size == (224, 224) and spec.resized == (256, 256) and spec.photos


def test_pretrained_weights_get_enlarged_colour(digits):
    config = RunConfig().replace({"model.name": "resnet18", "model.weights": "imagenet"})
    spec = input_spec_of(config, digits.meta)
    assert (spec.channels, spec.size) == (3, (128, 128)) and len(spec.mean) == 3


def test_a_size_of_ones_own(digits):
    assert input_spec_of(RunConfig().replace({"data.size": 16}), digits.meta).size == (16, 16)


def test_a_set_of_one_flat_colour_is_not_divided_by_zero(digits):
    flat = digits.meta.model_copy(update={"std": (0.0,)})
    assert input_spec_of(RunConfig(), flat).std == (1.0,)


def test_too_small_for_the_model(digits):
    tiny = digits.meta.model_copy(update={"size": (6, 6)})
    with pytest.raises(BadInput, match=r"data\.size is 6; allowed for resnet18: at least 8"):
        input_spec_of(RunConfig().replace({"model.name": "resnet18"}), tiny)
