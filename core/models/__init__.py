"""The model registry: the `SPECS` of every module in `core.models.families`, and those of other packages."""

from core.models.spec import ModelSettings, ModelSpec
from core.settings.registry import Registry

__all__ = ["MODELS", "ModelSettings", "ModelSpec", "model_spec", "model_specs"]

FIRST = {"mlp": 0, "cnn": 1}  # simplest first
MODELS = Registry(
    "model",
    "core.models.families",
    ModelSpec,
    key=lambda entry: FIRST.get(entry.name, len(FIRST)),
    check=ModelSpec.defaults,
)


def model_specs() -> dict[str, ModelSpec]:
    """All known models by name, simplest first."""
    return MODELS.entries


def model_spec(name: str) -> ModelSpec:
    """The model of that name; `BadInput` names the choices when there is none."""
    return MODELS[name]
