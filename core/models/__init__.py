"""The model registry: the `SPECS` of every module in `core.models.families`."""

import importlib
import pkgutil
from functools import cache

from core.errors import unknown
from core.models import families
from core.models.spec import ModelSettings, ModelSpec

__all__ = ["ModelSettings", "ModelSpec", "model_spec", "model_specs"]


@cache
def model_specs() -> dict[str, ModelSpec]:
    """All known models by name, simplest first."""
    names = sorted(module.name for module in pkgutil.iter_modules(families.__path__))
    modules = [importlib.import_module(f"{families.__name__}.{name}") for name in names]
    found = [spec for module in modules for spec in module.SPECS]
    order = {"mlp": 0, "cnn": 1}
    return {spec.name: spec for spec in sorted(found, key=lambda s: order.get(s.name, len(order)))}


def model_spec(name: str) -> ModelSpec:
    """The model of that name; `BadInput` names the choices when there is none."""
    if name not in model_specs():
        raise unknown("model", name, list(model_specs()))
    return model_specs()[name]
