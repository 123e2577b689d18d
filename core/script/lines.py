"""The line of a script in which one setting stands, for whoever meets the setting and not the script.

Reading it imports no torch."""

import ast
from functools import lru_cache

from pydantic import BaseModel

from core.loading.augmentations import AUGMENTATIONS, expressions
from core.run_config import fields_of
from core.settings.fields import hints, no_code
from core.training.losses import LOSSES
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES


def line_of(part: str, settings: BaseModel, key: str) -> str:
    """What the script of a run with these settings has for `key`, a setting of the part `optimizer`, `data` …; with …
    for what other parts decide. "" where the value changes nothing."""
    own: str = hints(fields_of(part, type(settings))[key]).get("code", no_code)(settings)
    if own:
        return own
    statements = statements_of(part, settings, key if part == "augment" else "")
    if key == "backbone_lr":  # the optimizer's own line only has the two groups
        statements = [one for one in statements if "'params': backbone" in one]
    return statements[-1] if statements else ""


@lru_cache(maxsize=256)
def statements_of(part: str, settings: BaseModel, key: str) -> list[str]:
    """Kept, as every control of a part asks at each change of the form, and the text of a class takes milliseconds."""
    return [ast.unparse(one) for one in ast.parse(source(part, settings, key)).body]


def optimizer_lines(settings: BaseModel) -> str:
    """What makes `optimizer` as a teacher writes it; `fused` is only quicker."""
    entry = OPTIMIZERS[str(getattr(settings, "name", ""))]
    return (entry.brief_source or entry.source)(settings).replace(", fused=True", "")


def source(part: str, settings: BaseModel, key: str) -> str:
    """The lines of the script that an entry of a part writes, the last of which makes what it is; of augmentations the
    one that has the setting `key`."""
    name = str(getattr(settings, "name", ""))
    if part == "optimizer":
        return optimizer_lines(settings)
    if part == "schedule":
        return SCHEDULES[name].source(settings)
    if part == "loss":
        entry, classes = LOSSES[name], len(getattr(settings, "weights", ())) or 2
        return (entry.brief_source or entry.source)(settings, [1] * classes)
    if part == "augment":
        owners = (one.name for one in AUGMENTATIONS.entries.values() if key in one.settings.model_fields)
        return expressions(settings).get(next(owners, ""), "")
    return ""
