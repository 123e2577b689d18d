"""The registry of augmentations: the `SPECS` of every module in this package, and those of other packages; and the
settings of all of them together."""

from functools import cache
from typing import Any

from core.loading.augmentations.spec import AugmentationSpec, AugmentSettings, Images
from core.settings.fields import Settings
from core.settings.registry import Registry

__all__ = [
    "AUGMENTATIONS",
    "AugmentSettings",
    "AugmentationSpec",
    "augment_settings",
    "expressions",
    "in_use",
    "unused",
    "warnings",
]


def _off_by_default(entry: AugmentationSpec) -> None:
    if entry.on(entry.settings()):
        raise ValueError("it is on by default")


AUGMENTATIONS = Registry(
    "augmentation",
    __name__,
    AugmentationSpec,
    key=lambda entry: entry.order,
    names=lambda entry: {entry.name, *entry.settings.model_fields},  # all settings stand side by side
    check=_off_by_default,
)


def augment_settings() -> Any:
    """The class that has the settings of all augmentations, each off by default."""
    return _joined(tuple(AUGMENTATIONS.entries.values()))


@cache
def _joined(entries: tuple[AugmentationSpec, ...]) -> type[AugmentSettings]:
    # pydantic takes the fields of the last base first
    bases: tuple[type[Settings], ...] = (*(entry.settings for entry in reversed(entries)), AugmentSettings)
    return type("AugmentConfig", bases, {"__doc__": AugmentSettings.__doc__, "__module__": __name__})


def in_use(settings: Any) -> list[AugmentationSpec]:
    """The augmentations that these settings turn on, in the order in which they are applied."""
    return [entry for entry in AUGMENTATIONS.entries.values() if entry.on(settings)]


def expressions(settings: Any) -> dict[str, str]:
    """How the augmentations in use are written, each one of torchvision's transforms, by their names. Several that
    turn, enlarge and move share one, with one interpolation, as they do where they are applied."""
    used = in_use(settings)
    found = {entry.name: entry.source(settings) for entry in used}
    ways = {entry.name: entry.affine(settings) for entry in used if entry.affine}
    if len(ways) > 1:
        given = {key: value for way in ways.values() for key, value in way.items()}
        arguments = [given.pop("degrees", "0"), *(f"{key}={value}" for key, value in given.items())]
        joint = f"v2.RandomAffine({', '.join(arguments)}, interpolation=v2.InterpolationMode.BILINEAR)"
        found |= dict.fromkeys(ways, joint)
    return found


def unused(settings: Any) -> set[str]:
    """The settings of other packages' augmentations that are off."""
    theirs = [entry for entry in AUGMENTATIONS.entries.values() if not AUGMENTATIONS.is_built_in(entry.name)]
    return {key for entry in theirs if not entry.on(settings) for key in entry.settings.model_fields}


def warnings(settings: Any, images: Images) -> list[str]:
    """Sentences about augmentations that do not suit the images."""
    return [words for entry in in_use(settings) if (words := entry.warns(settings, images))]
