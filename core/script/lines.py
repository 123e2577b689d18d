"""The line of a script in which one setting stands, for whoever meets the setting and not the script.

Reading it imports no torch."""

import ast
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core.loading.augmentations import AUGMENTATIONS, expressions
from core.run_config import fields_of
from core.settings.fields import bounds, hints, no_code
from core.training.losses import LOSSES
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES

MANY = 1000  # an example of a number without an end


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


def told_line(part: str, settings: BaseModel, key: str) -> tuple[Any, str]:
    """The line of `line_of`, after `None`. Of a setting that is off, or changes nothing as it is: a value that it could
    have, and the line that this would be."""
    line = line_of(part, settings, key)
    if line and getattr(settings, key):
        return None, line
    for value in examples(fields_of(part, type(settings))[key]):
        try:
            changed = type(settings).model_validate({**settings.model_dump(), key: value})
        except ValueError:  # no value beside the others
            continue
        if (other := line_of(part, changed, key)) and other != line:
            return value, other
    return None, line


def examples(info: FieldInfo) -> list[Any]:
    """Values that are not a setting's default: the other choices, or a quarter of the way along its slider."""
    kinds = [info.annotation, *get_args(info.annotation)]
    if get_origin(info.annotation) is Literal:
        return [choice for choice in reversed(get_args(info.annotation)) if choice != info.default]
    if bool in kinds:
        return [not info.default]
    if not {int, float} & {*kinds}:
        return []
    low, high = hints(info).get("slider") or bounds(info)
    value = MANY if low is None or high is None else float(f"{low + (high - low) / 4:.1g}")
    return [max(1, int(value))] if int in kinds else [value]


@lru_cache(maxsize=256)
def statements_of(part: str, settings: BaseModel, key: str) -> list[str]:
    """Kept, as every control of a part asks at each change of the form, and the text of a class takes milliseconds."""
    return [ast.unparse(one) for one in ast.parse(source(part, settings, key)).body]


def optimizer_lines(settings: BaseModel) -> str:
    """What makes `optimizer` as a teacher writes it; `fused` is only quicker."""
    entry = OPTIMIZERS[str(getattr(settings, "name", ""))]
    return (entry.brief_source or entry.source)(settings).replace(", fused=True", "")


def schedule_lines(settings: BaseModel) -> str:
    """What makes `schedule`; "" if none. The batches of an epoch have a line of their own where they are named more
    than once."""
    text, used, batches = SCHEDULES[str(getattr(settings, "name", ""))].source(settings), "* steps", "len(train_loader)"
    if text.count(used) > 1:
        return f"steps = {batches}  # batches in one epoch\n{text}"
    return text.replace(used, f"* {batches}")


def source(part: str, settings: BaseModel, key: str) -> str:
    """The lines of the script that an entry of a part writes, the last of which makes what it is; of augmentations the
    one that has the setting `key`."""
    name = str(getattr(settings, "name", ""))
    if part == "optimizer":
        return optimizer_lines(settings)
    if part == "schedule":
        return schedule_lines(settings)
    if part == "loss":
        entry, classes = LOSSES[name], len(getattr(settings, "weights", ())) or 2
        return (entry.brief_source or entry.source)(settings, [1] * classes)
    if part == "augment":
        owners = (one.name for one in AUGMENTATIONS.entries.values() if key in one.settings.model_fields)
        return expressions(settings).get(next(owners, ""), "")
    return ""
