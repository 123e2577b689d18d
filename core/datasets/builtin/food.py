"""Food-101: photographs of dishes, and lists that say which of them are for training."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import files_of, plain
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.datasets.packed import Files, opened
from core.datasets.photos import Photo, photos
from core.datasets.progress import PrepareProgress
from core.locale import _
from core.sanitize import one_line

LISTS = {"train": "food-101/meta/train.json", "test": "food-101/meta/test.json"}
NAMES = """
    apple_pie baby_back_ribs baklava beef_carpaccio beef_tartare beet_salad beignets bibimbap bread_pudding
    breakfast_burrito bruschetta caesar_salad cannoli caprese_salad carrot_cake ceviche cheese_plate cheesecake
    chicken_curry chicken_quesadilla chicken_wings chocolate_cake chocolate_mousse churros clam_chowder club_sandwich
    crab_cakes creme_brulee croque_madame cup_cakes deviled_eggs donuts dumplings edamame eggs_benedict escargots
    falafel filet_mignon fish_and_chips foie_gras french_fries french_onion_soup french_toast fried_calamari
    fried_rice frozen_yogurt garlic_bread gnocchi greek_salad grilled_cheese_sandwich grilled_salmon guacamole gyoza
    hamburger hot_and_sour_soup hot_dog huevos_rancheros hummus ice_cream lasagna lobster_bisque
    lobster_roll_sandwich macaroni_and_cheese macarons miso_soup mussels nachos omelette onion_rings oysters pad_thai
    paella pancakes panna_cotta peking_duck pho pizza pork_chop poutine prime_rib pulled_pork_sandwich ramen ravioli
    red_velvet_cake risotto samosa sashimi scallops seaweed_salad shrimp_and_grits spaghetti_bolognese
    spaghetti_carbonara spring_rolls steak strawberry_shortcake sushi tacos takoyaki tiramisu tuna_tartare waffles
"""
DISHES = tuple(NAMES.split())


def _read(paths: Mapping[str, Path], scratch: Path) -> Iterator[PrepareProgress | Block]:
    (path,) = paths.values()
    files = yield from opened(path, scratch)
    listed = [photo for split in LISTS for photo in _listed(split, files)]
    yield from photos(listed, files)


def _listed(split: str, files: Files) -> list[Photo]:
    """The photographs in a list, `{"apple_pie": ["apple_pie/1005649", …], …}`."""
    name = LISTS[split]
    try:
        dishes = json.loads(files.read(name))
        found = [(str(dish), str(image)) for dish, images in dishes.items() for image in images]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise broken(files.where(name), _("it is no list of photographs by dish")) from error
    if unknown := sorted({dish for dish, _ in found} - set(DISHES)):
        raise broken(
            files.where(name),
            _(
                "it has a dish that is none of the {dishes}, {unknown}",
                dishes=len(DISHES),
                unknown=one_line(unknown[0], 80),
            ),
        )
    if not found:
        raise broken(files.where(name), _("it is empty"))
    return [Photo(split, DISHES.index(dish), f"food-101/images/{image}.jpg") for dish, image in found]


SPECS = (
    DatasetSpec(
        name="food-101",
        title="Food-101",
        about="Photographs of 101 dishes as people took them, 750 of each to learn from, some with a wrong label. "
        "Large: the download has 5 GB, the prepared images about 25.",
        classes=tuple(dish.replace("_", " ") for dish in DISHES),
        size=None,
        channels=3,
        counts={"train": 75_750, "test": 25_250},
        drawable=False,
        flips=True,
        homepage="https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/",
        download_mb=4996,
        layouts=(("food-101.tar.gz",), ("food-101/",)),
        where="",
        folders=("",),
        read=_read,
        source=plain("Food101", 'split="train"', 'split="test"'),
        download=files_of("Food101", lambda kind: [((kind._URL,), "food-101.tar.gz", kind._MD5)]),
    ),
)
