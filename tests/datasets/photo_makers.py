"""Small copies of the built-in sets of image files, in the layout of the real ones."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from core.datasets.catalog import spec
from tests.datasets.makers import archive, folder, pixels, tar

Files = dict[str, bytes]


def picture(seed: int, size: tuple[int, int] = (40, 30), kind: str = "JPEG", mode: str = "RGB") -> bytes:
    """An image file of `size` (width, height): soft noise, another one for each seed."""
    coarse = pixels(1, 5, 5, len(mode) if mode == "RGB" else 1, seed=seed)[0]
    content = io.BytesIO()
    image = Image.fromarray(coarse if mode == "RGB" else coarse[..., 0]).resize(size, Image.Resampling.BILINEAR)
    image.save(content, kind)
    return content.getvalue()


def pets() -> dict[str, Files]:
    """Two photographs of each breed to learn from, one to test on, as in `images.tar.gz` and `annotations.tar.gz`."""
    images, lists = {}, {"trainval": "", "test": ""}
    for label, breed in enumerate(spec("oxford-iiit-pet").classes):
        for number, split in enumerate(("trainval", "test", "trainval")):
            name = f"{breed.replace(' ', '_') if label % 2 else breed.lower().replace(' ', '_')}_{number + 1}"
            images[f"images/{name}.jpg"] = picture(label * 3 + number, (40 + label, 30 + number))
            lists[split] += f"{name} {label + 1} 1 1\n"
    images["images/Abyssinian_100.mat"] = b"not an image, and in no list"
    return {
        "images": images,
        "annotations": {f"annotations/{split}.txt": words.encode() for split, words in lists.items()},
    }


def flowers(root: Path) -> Files:
    """Seven photographs, the MATLAB files beside them."""
    root.mkdir(parents=True)
    savemat(root / "imagelabels.mat", {"labels": np.array([[102, 1, 7, 7, 50, 2, 9]], np.uint8)})
    ids = {"trnid": [[6, 2]], "valid": [[5, 7]], "tstid": [[1, 3, 4]]}
    savemat(root / "setid.mat", {name: np.array(numbers, np.uint16) for name, numbers in ids.items()})
    return {f"jpg/image_{number:05d}.jpg": picture(number, (50 - number, 30 + number)) for number in range(1, 8)}


def food() -> Files:
    files: Files = {}
    dishes = [dish.replace(" ", "_") for dish in spec("food-101").classes]
    for part, count in (("train", 2), ("test", 1)):
        listed: dict[str, list[str]] = {}
        for label, dish in enumerate(reversed(dishes)):  # the lists have an order of their own
            listed[dish] = [f"{dish}/{part}{count - number}" for number in range(count)]
            for number, name in enumerate(listed[dish]):
                files[f"food-101/images/{name}.jpg"] = picture(label * 7 + number, (30 + number, 25 + label % 5))
        files[f"food-101/meta/{part}.json"] = json.dumps(listed).encode()
    return files


def eurosat() -> Files:
    from core.datasets.builtin.eurosat import LANDS

    return {
        f"2750/{land}/{land}_{number}.jpg": picture(label * 20 + number, (64, 64))
        for label, land in enumerate(LANDS)
        for number in range(1, 11)
    }


def gtsrb() -> dict[str, Files]:
    train = {
        f"GTSRB/Training/{label:05d}/{number:05d}_00000.ppm": picture(label * 5 + number, (20 + label, 25), "PPM")
        for label in range(43)
        for number in range(2)
    }
    train["GTSRB/Training/00000/GT-00000.csv"] = b"Filename;Width\n"
    test = {f"GTSRB/Final_Test/Images/{number:05d}.ppm": picture(900 + number, (30, 22), "PPM") for number in range(5)}
    rows = "".join(f"{number:05d}.ppm;30;22;5;5;25;17;{number * 9}\r\n" for number in (3, 1, 0, 4, 2))
    head = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n"
    return {"train": train, "test": test, "labels": {"GT-final_test.csv": (head + rows).encode()}}


def put(root: Path, name: str, packed_up: bool) -> None:
    """A small copy of a set under a data root, in its archives or unpacked."""
    if name == "oxford-iiit-pet":
        for part, files in pets().items():
            put_files(root / "oxford-iiit-pet", f"{part}.tar.gz", files, packed_up)
    elif name == "flowers-102":
        put_files(root / "flowers-102", "102flowers.tgz", flowers(root / "flowers-102"), packed_up)
    elif name == "food-101":
        put_files(root, "food-101.tar.gz", food(), packed_up)
    elif name == "eurosat":
        put_files(root / "eurosat", "EuroSAT.zip", eurosat(), packed_up)
    else:
        names = ("GTSRB-Training_fixed.zip", "GTSRB_Final_Test_Images.zip", "GTSRB_Final_Test_GT.zip")
        for zipped, files in zip(names, gtsrb().values(), strict=True):
            put_files(root / "gtsrb", zipped, files, packed_up)


def put_files(where: Path, name: str, files: Files, packed_up: bool) -> None:
    """Files in a folder, or in an archive of that name there."""
    if not packed_up:
        folder(where, files)
    elif name.endswith(".zip"):
        archive(where / name, files)
    else:
        tar(where / name, dict(sorted(files.items(), key=lambda one: one[0][::-1])))  # in no order that helps
