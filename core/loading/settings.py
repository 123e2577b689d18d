"""Which images a run learns from, and how they are split, sized and scaled."""

from typing import Literal

from core.datasets.catalog import catalog
from core.datasets.folder_layout import FolderLayout
from core.settings.fields import Settings, setting


def folder_line(data: "DataConfig") -> str:
    """The same where it reads class folders; "" for another data set."""
    line = source_line(data)
    return line if "ImageFolder" in line else ""


def source_line(data: "DataConfig") -> str:
    """The line of a script that reads the training images."""
    entry = catalog().get(data.name)
    if data.version or entry is None or entry.source is None:
        return "train_set = datasets.ImageFolder(…)"
    return entry.source.line or f"train_set = {entry.source.parts['train'].partition('(')[0]}(…)"


class DataConfig(Settings):
    """Which images, and how they are split, sized and scaled."""

    name: str = setting(
        "digits", title="Data set", code=lambda data: source_line(data), help="What the model learns from."
    )
    path: str | None = setting(
        None,
        title="Folder or ZIP",
        help="Where your own images lie, on the server's disk.",
        code=lambda data: folder_line(data),
        most=4096,
    )
    layout: FolderLayout = setting(
        "auto",
        title="Reading of the folders",
        help="Which folders are splits, and which are classes.",
        code=lambda data: folder_line(data),
        labels={
            "auto": "By their names",
            "inside": "The outer folders are the classes, with train and test inside each",
            "splits": "The outer folders are train and test, with the classes inside each",
            "outer": "The outer folders are the classes",
            "inner": "The folders that images lie in are the classes",
            "classes": "The outer folders are the classes, none is a split",
            "table": "A table inside says the class of each image",
        },
    )
    version: str = setting(
        "",
        title="Version of the data set",
        help="A name under which edits of the images were saved on the Data page: labels corrected, images left out.",
        code=lambda data: folder_line(data) if data.version else "",
        most=40,
        empty="as it came",
    )
    columns: str = setting(
        "",
        title="Columns of the table",
        help="Where a table says the class of each image: the columns of the image, of the label and, where there is "
        "one, of the split, separated by commas.",
        code=lambda data: folder_line(data) if data.columns else "",
        most=400,
        empty="by their names",
    )
    limit: int | None = setting(
        None,
        title="Training images",
        help="Take only so many of the training images, the same share of each class.",
        empty="all of them",
        code=lambda data: f"chosen = torch.randperm(len(train_set))[: {data.limit}]" if data.limit else "",
        low=1,
        too_high="Nothing is lost but time.",
        too_low="Quick, but validation accuracy stays low: there is too little to learn from.",
        advanced=True,
    )
    validation: float = setting(
        0.1,
        title="Validation share",
        help="Share of the training images held out to judge the model while it learns. At 0 it is judged on the "
        "test set after every epoch, as tutorials do; that judges too kindly a model chosen by this score.",
        code=lambda data: f"random_split(…, [{1 - data.validation:g}, {data.validation:g}])" if data.validation else "",
        low=0,
        high=0.5,
        step=0.05,
        too_high="Little is left to learn from.",
        too_low="The validation curve is noisy.",
    )
    shuffle: bool = setting(
        True,
        title="Shuffle",
        help="Show the images in a new order in every epoch. Without it, the model follows the order of the files.",
        code=lambda data: f"DataLoader(train_set, batch_size, shuffle={data.shuffle}…)",
        advanced=True,
    )
    size: int | None = setting(
        None,
        title="Image side",
        help="Bring images to this side in pixels.",
        empty="their own size; for photographs the model's",
        code=lambda data: f"size = ({data.size}, {data.size})" if data.size else "",
        low=8,
        high=512,
        too_high="Slow: the work grows with the square of the side.",
        too_low="Details vanish.",
        advanced=True,
    )
    normalize: Literal["dataset", "zero_one", "half", "imagenet"] = setting(
        "dataset",
        title="Pixel scale",
        help="How 0–255 becomes what the model sees. Values around 0 with a spread near 1 are learnt from fastest.",
        labels={
            "dataset": "Mean 0, spread 1 (of this data set)",
            "zero_one": "0 to 1",
            "half": "−1 to 1 (mean 0.5, std 0.5)",
            "imagenet": "ImageNet's mean and std",
        },
        code=lambda data: "" if data.normalize == "zero_one" else "v2.Normalize(…)",
        advanced=True,
    )

    @property
    def measured_on(self) -> Literal["val", "test"]:
        """The part that a run is measured on after every epoch: images that are held back for that, or the test images
        where none are. Whatever shows, writes or names such a number takes its name from here."""
        return "val" if self.validation else "test"
