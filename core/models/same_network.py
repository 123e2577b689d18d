"""Whether one network can start from the weights of another, as far as their settings tell. No torch here."""

from typing import Any

from core.errors import BadInput
from core.locale import translate
from core.locale.messages import SettingName
from core.models import ModelSettings, model_spec
from core.models.spec import WEIGHTS_SETTING
from core.settings.parsing import shown

NO_SHAPE = ("weights", "trains", "dropout", "activation")  # settings on which no tensor of the weights depends


def shaping(settings: ModelSettings) -> dict[str, Any]:
    """The settings on which the shapes of the weights depend, as JSON values."""
    values = settings.model_dump(mode="json")
    return {key: value for key, value in values.items() if key not in NO_SHAPE}


def weights_of_run(run: str, settings: ModelSettings) -> str:
    """The setting `weights` of a model that starts from this run, whose model has these settings."""
    return f"run:{run}:imagenet" if settings.pretrained else f"run:{run}"


def difference(here: ModelSettings, there: ModelSettings, name: str) -> BadInput | None:
    """Why the weights of `there`, the model of a run of that name, cannot be those of `here`; None if they can be."""
    if here.name != there.name:
        return BadInput(
            "{setting} names the run {name:name}, which has the model {there}, and here it is {here}: choose {there}, "
            "or other weights",
            setting=SettingName(WEIGHTS_SETTING),
            name=name,
            there=translate(model_spec(there.name).title),
            here=translate(model_spec(here.name).title),
        )
    own, given = shaping(here), shaping(there)
    for key, value in own.items():
        if value != given.get(key):
            return BadInput(
                "{setting} is {value}, and {there} in the run {name:name}, whose weights are to be taken: set it as "
                "there, or choose other weights",
                setting=SettingName(f"model.{key}"),
                value=shown(value),
                there=shown(given.get(key)),
                name=name,
            )
    if (needed := weights_of_run(here.of_run, there)) != here.weights:
        return BadInput(
            "{setting} is {value}; allowed for the weights of {name:name}: {needed}, as its images came so",
            setting=SettingName(WEIGHTS_SETTING),
            value=here.weights,
            name=name,
            needed=needed,
        )
    return None
