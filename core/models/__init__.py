"""The model registry: every module of this folder that exports `SPECS` is in it."""

import importlib
import pkgutil
from functools import cache

from core.errors import unknown
from core.models.spec import ModelSettings, ModelSpec

__all__ = ["ModelSettings", "ModelSpec", "model_spec", "model_specs"]


@cache
def model_specs() -> dict[str, ModelSpec]:
    """All known models by name, simplest first."""
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    found = [spec for m in modules for spec in getattr(importlib.import_module(f"{__name__}.{m}"), "SPECS", ())]
    order = {"mlp": 0, "cnn": 1}
    return {spec.name: spec for spec in sorted(found, key=lambda s: order.get(s.name, len(order)))}


def model_spec(name: str) -> ModelSpec:
    """The model of that name; `BadInput` names the choices when there is none."""
    if name not in model_specs():
        raise unknown("model", name, list(model_specs()))
    return model_specs()[name]
